"""Bold and italic as Markdown can say them: runs of text within one block, closed where CommonMark sees it.

Changes which characters are bold only at edges, where punctuation or blanks would keep Markdown from seeing the run
(CommonMark §6.2, with the CJK-friendly amendment). Works on lxml trees; does not write Markdown.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from aggregator.steps.html import nodes
from aggregator.steps.html.nodes import BLOCKS, CODE, EMPHASIS

if TYPE_CHECKING:
    from aggregator.steps.html.nodes import Element, Node

_BREAKS = BLOCKS | {"br"}
_ATOMS = CODE | {"img"}
# Where a neighbour's markup begins or ends, Markdown has punctuation.
_PUNCTUATION = "!"
_BLANK = " "
_CJK = re.compile("[\u1100-\u11ff\u2e80-\uffef\U00020000-\U0003ffff]")


def mend(root: nodes.Element) -> bool:
    """Mend all emphasis below `root`; return whether anything changed."""
    changed = False
    for element in list(root.iter(*EMPHASIS)):
        if element.getparent() is not None:
            changed |= _shape(element)
    for element in list(root.iter(*EMPHASIS)):
        if element.getparent() is not None:
            changed |= _merge(element)
    for element in reversed(list(root.iter(*EMPHASIS))):  # inner ones first: what leaves them may have to go on
        changed |= _trim(element)
    return changed


def _shape(element: Element) -> bool:
    """One block, once, not empty, not around code alone."""
    kind = EMPHASIS[element.tag]
    nested = any(EMPHASIS.get(around.tag) == kind for around in element.iterancestors())
    if nested or not (nodes.text_of(element).strip() or nodes.has(element, ["img"])):
        nodes.unwrap(element)
        return True
    if nodes.has(element, BLOCKS) or _has_blank_line(element):
        nodes.replace(element, _distributed(element.tag, nodes.contents(element)))
        return True
    return False


def _has_blank_line(element: Element) -> bool:
    return any(
        (following := line_break.getnext()) is not None
        and following.tag == "br"
        and not (line_break.tail or "").strip(" \t\r\n")
        for line_break in element.iterdescendants("br")
    )


def _distributed(tag: str, content: list[Node]) -> list[Node]:
    """The content with each run between blocks and line breaks emphasised by itself."""
    result: list[Node] = []
    run: list[Node] = []
    for node in content:
        if isinstance(node, str) or not (node.tag in _BREAKS or nodes.has(node, _BREAKS)):
            run.append(node)
            continue
        result += nodes.wrapped(tag, run)
        run = []
        if node.tag != "br":
            nodes.fill(node, _distributed(tag, nodes.contents(node)))
        result.append(node)
    return result + nodes.wrapped(tag, run)


def _merge(element: Element) -> bool:
    """Take in what follows directly and means the same."""
    changed = False
    while (
        not element.tail
        and (following := element.getnext()) is not None
        and EMPHASIS.get(following.tag) == EMPHASIS[element.tag]
    ):
        element.tail, following.tail = following.tail, None
        nodes.fill(element, nodes.contents(following))
        parent = following.getparent()
        assert parent is not None
        parent.remove(following)
        changed = True
    return changed


def _trim(element: Element) -> bool:
    """Move out at both ends what would keep Markdown from seeing the run."""
    content = nodes.contents(element)
    before, content = _split_head(content, _outer(element, forward=False))
    reversed_after, reversed_content = _split_head(_mirrored(content), _outer(element, forward=True))
    after, content = _mirrored(reversed_after), _mirrored(reversed_content)
    nodes.fill(element, content)
    if not before and not after:
        return False
    # A link at an edge keeps its emphasis: inside its brackets nothing stands in the way.
    outside = [_inward(element.tag, node) for node in before], [_inward(element.tag, node) for node in after]
    nodes.replace(element, [*outside[0], *([element] if content else []), *outside[1]])
    return True


def _mirrored(content: list[Node]) -> list[Node]:
    return [node[::-1] if isinstance(node, str) else node for node in reversed(content)]


def _split_head(content: list[Node], outer: str) -> tuple[list[Node], list[Node]]:
    """Nodes to move out at the start of `content`, and the others; `outer` is the character before."""
    moved: list[Node] = []
    while content:
        head = content[0]
        if isinstance(head, str):
            count = _movable(head, outer)
            moved += [head[:count]] if count else []
            if count < len(head):
                return moved, [head[count:], *content[1:]]
        elif not _must_leave(head, outer):
            return moved, content
        else:
            moved.append(head)
        outer = moved[-1][-1] if isinstance(moved[-1], str) else _edge_after(moved[-1], outer)
        content = content[1:]
    return moved, content


def _edge_after(node: Node, outer: str) -> str:
    return outer if isinstance(node, str) else _BLANK if node.tag == "br" else _PUNCTUATION


def _movable(text: str, outer: str) -> int:
    """How many characters at the start cannot begin a run after `outer`."""
    count = 0
    while count < len(text) and (text[count].isspace() or _blocks(text[count], outer)):
        outer = text[count]
        count += 1
    # Plain spaces are markdownify's business, but those beside something that moves go along.
    return 0 if not text[:count].strip(" \t\n") and count < len(text) else count


def _blocks(inner: str, outer: str) -> bool:
    """Whether asterisks between the two open nothing: punctuation inside, a letter outside, neither of them CJK."""
    return _is_punctuation(inner) and _is_letter(outer) and not (_CJK.match(inner) or _CJK.match(outer))


def _must_leave(node: Element, outer: str) -> bool:
    if node.tag == "br":
        return True
    return (node.tag in _ATOMS or node.tag == "a") and _blocks(_PUNCTUATION, outer)


def _inward(tag: str, node: Node) -> Node:
    if not isinstance(node, str) and node.tag == "a":
        nodes.fill(node, nodes.wrapped(tag, nodes.contents(node)))
    return node


def _outer(element: Element, *, forward: bool) -> str:
    """The character beside `element` in Markdown; a blank at the border of a block."""
    if forward:
        text, sibling = element.tail or "", element.getnext()
    else:
        sibling = element.getprevious()
        parent = element.getparent()
        text = (sibling.tail if sibling is not None else parent.text if parent is not None else "") or ""
    if text:
        return text[0] if forward else text[-1]
    if sibling is not None:
        return _edge(sibling, forward=forward)
    around = element.getparent()
    if around is None or around.tag in BLOCKS:
        return _BLANK
    return _PUNCTUATION if around.tag == "a" else _outer(around, forward=forward)


def _edge(element: Element, *, forward: bool) -> str:
    """The first or last character that `element` shows in Markdown."""
    if element.tag in _BREAKS:
        return _BLANK
    if element.tag in _ATOMS or element.tag == "a":
        return _PUNCTUATION
    text = nodes.text_of(element)
    return (text[0] if forward else text[-1]) if text else _PUNCTUATION


def _is_letter(character: str) -> bool:
    return not character.isspace() and not _is_punctuation(character)


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
