"""Code in HTML as Markdown can hold it: text alone, in which lines end where they ended, links and pictures outside.

Works on lxml trees, like the other cures of `steps.html.prepare`. How code is fenced is not its business
(`steps.html.markdown`).
"""

from __future__ import annotations

import re

from lxml import etree

from aggregator.steps.html import nodes

_BLOCK = re.compile(r"(<pre>)(.*?)(</pre>)", re.DOTALL)
_EDGES = re.compile(rf"\n?(?:</?(?:{'|'.join(sorted(nodes.BLOCKS - {'pre'}, reverse=True))})(?: [^<>]*)?>)+\n?")
_INLINE = ("code", "kbd", "samp")
_SPLITTING = frozenset({"a", "img", "br"}) | nodes.BLOCKS
"""What Markdown would show as text, or lose, in inline code."""


def lines(html: str) -> str:
    """Return sanitised HTML with ends of lines for line breaks, and for blocks that stand for lines, in blocks of code.

    On text and not on the tree, where joining thousands of lines to one text would take quadratic time.
    """
    return _BLOCK.sub(_flat, html) if _BLOCK.search(html) else html


def _flat(match: re.Match[str]) -> str:
    start, inside, end = match.groups()
    if "<" not in inside:
        return match[0]
    return start + _EDGES.sub("\n", inside.replace("<br>", "\n")).strip("\n") + end


def mend(root: nodes.Element) -> bool:
    """Mend all code below `root`; return whether anything changed."""
    changed = False
    for block in list(root.iter("pre")):
        changed |= _pictures(block) | _merged(block)
    for code in list(root.iter(*_INLINE)):
        if nodes.has(code, _SPLITTING) and not any(code.iterancestors("pre", *_INLINE)):
            nodes.replace(code, _split(code))
            changed = True
    for code in list(root.iter(*_INLINE)):
        changed |= _join(code)
    return changed


def _merged(block: nodes.Element) -> bool:
    """Make one block of code of those within it, text alone: fences do not nest."""
    inner = list(block.iterdescendants("pre"))
    for one in inner:
        one.text = f"\n{one.text or ''}"
        one.tail = f"\n{one.tail}" if (one.tail or "").strip() else None
    if inner:
        text = nodes.text_of(block).strip("\n")
        del block[:]
        block.text = text
    return bool(inner)


def _pictures(block: nodes.Element) -> bool:
    """Pictures of a block of code stand behind it, or instead of it where it holds nothing else."""
    pictures = list(block.iter("img"))
    for picture in pictures:
        nodes.replace(picture, [])
    if not pictures:
        return False
    shown = etree.Element("p")
    nodes.fill(shown, pictures)
    nodes.replace(block, [block, shown] if nodes.text_of(block).strip() else [shown])
    return True


def _split(element: nodes.Element) -> list[nodes.Node]:
    """The code with links and blocks around pieces of it, and pictures and line breaks between them."""
    result: list[nodes.Node] = []
    run: list[nodes.Node] = []
    for node in nodes.contents(element):
        if isinstance(node, str) or not (node.tag in _SPLITTING or nodes.has(node, _SPLITTING)):
            run.append(node)
            continue
        result += nodes.wrapped(element.tag, run)
        run = []
        if node.tag == "pre":
            result.append(node)
        elif node.tag == "a" or node.tag in nodes.BLOCKS:
            wrapper = etree.Element(element.tag)
            nodes.fill(wrapper, nodes.contents(node))
            nodes.fill(node, _split(wrapper))
            result.append(node)
        else:
            result += [node] if node.tag in _SPLITTING else _split(_renamed(node, element.tag))
    return result + nodes.wrapped(element.tag, run)


def _renamed(element: nodes.Element, tag: str) -> nodes.Element:
    element.tag = tag
    return element


def _join(code: nodes.Element) -> bool:
    """Join code that touches, for the backticks between would be one sign."""
    previous = code.getprevious()
    if previous is None or previous.tag not in _INLINE or previous.tail:
        return False
    previous.tail, code.tail = code.tail, None
    nodes.fill(previous, nodes.contents(code))
    nodes.replace(code, [])
    return True
