"""Tables as Markdown can hold them: one header row, as many cells in every row, and in each cell one line.

A table that only lays out a page becomes the blocks that its cells hold. A table of data has a header, two rows and
two columns that show something, and short cells: no `h1` to `h3`, at most three blocks, and no more than 500 characters
in several blocks. All others are layouts where they are nested, show one cell, are a row or a column with a block in
it, or hold lists, code, tables or a cell that is not short. Works on lxml trees, like the other cures of
`steps.html.prepare`; writes no Markdown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aggregator.steps.html import lists, nodes, sanitize
from aggregator.steps.html.nodes import BLOCKS, HEADINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.steps.html.nodes import Element, Node

MAX_COLUMNS = 100
"""Wider tables become paragraphs."""

_SECTIONS = ("thead", "tbody", "tfoot")
_PLAIN: Final[tuple[list[str], ...]] = ([], ["thead"], ["tbody"], ["thead", "tbody"])
"""Sections that Markdown has."""
_CELLS = ("td", "th")
_SEVERAL_LINES = ("ul", "ol", "pre", "table")
_INDENT = re.compile("^[ \t]+")
_MAX_BLOCKS, _MAX_PROSE = 3, 500
"""Blocks of a short cell, and characters if it has several."""
_BIG = ("h1", "h2", "h3")
_WHOLE = HEADINGS | {"blockquote", "ol", "p", "pre", "table", "ul"}
"""Blocks that count as one whatever is in them."""
_GLUED = HEADINGS | {"hr"}
"""Blocks that converters glue to their neighbours in a cell, or show as signs."""


def mend(root: Element) -> bool:
    """Mend all tables below `root`, inner ones first; return whether anything changed."""
    changed = False
    for table in reversed(list(root.iter("table"))):
        cells = [cell for row in _rows(table) for cell in row.iterchildren(*_CELLS)]
        if not cells:
            continue
        if _is_layout(table, cells):
            _linearize(table)
            changed = True
        if table.tag == "table":
            changed |= _squeeze(cells)
            changed |= _fill_rows(table)
            changed |= _join_sections(table)
            changed |= _unhead(table)
            changed |= _fit(table)
    return changed


def _unhead(table: Element) -> bool:
    """Make heads within the table plain cells: converters rule a line below those."""
    inner = [cell for row in _rows(table)[1:] if _is_head(row) for cell in row]
    for cell in inner:
        cell.tag = "td"
    return bool(inner)


def _is_head(row: Element) -> bool:
    return all(cell.tag == "th" for cell in row.iterchildren(*_CELLS))


def _rows(table: Element) -> list[Element]:
    return [row for part in table for row in ([part] if part.tag == "tr" else part.iterchildren("tr"))]


def _heads(row: Element) -> bool:
    return next(row.iterchildren("th"), None) is not None


def _is_layout(table: Element, cells: list[Element]) -> bool:
    """Whether a table only lays out a page, by the rule at the head of this module."""
    rows, columns = _shown(table)
    long = any(_is_long(cell) for cell in cells)
    headed = any(part.tag == "thead" for part in table) or any(_heads(row) for row in _rows(table))
    if headed and rows > 1 and columns > 1 and not long:
        return False
    nested = next(table.iterancestors("table"), None) is not None
    if nested or long or rows * columns <= 1 or any(nodes.has(cell, _SEVERAL_LINES) for cell in cells):
        return True
    return (rows == 1 or columns == 1) and any(_blocks(cell) for cell in cells)


def _shown(table: Element) -> tuple[int, int]:
    """How many rows and columns begin with anything, or hold anything, that is seen."""
    rows, columns = 0, set()
    for row in _rows(table):
        column, seen = 0, False
        for cell in row.iterchildren(*_CELLS):
            if _is_seen(cell):
                columns.add(column)
                seen = True
            column += _span(cell)
        rows += seen
    return rows, len(columns)


def _is_seen(element: Element) -> bool:
    return any(text.strip() for text in element.itertext()) or nodes.has(element, ["img"])


def _is_long(cell: Element) -> bool:
    blocks = _blocks(cell)
    prose = sum(len(text) for text in cell.itertext()) if blocks > 1 else 0
    return blocks > _MAX_BLOCKS or prose > _MAX_PROSE or nodes.has(cell, _BIG)


def _blocks(element: Element) -> int:
    """How many blocks stand in it side by side, less those that show nothing."""
    found, within = 0, list(element)
    while within:
        child = within.pop()
        if child.tag in _WHOLE or not nodes.has(child, BLOCKS):
            found += child.tag in BLOCKS and _is_seen(child)
        else:
            within += child
    return found


def _linearize(table: Element) -> None:
    rows = _rows(table)
    for cell in [cell for row in rows for cell in row.iterchildren(*_CELLS)]:
        cell.tag = "div"
    for part in [*rows, *table.iterchildren("caption", *_SECTIONS), table]:
        part.tag = "div"
    for group in list(table.iterchildren("col", "colgroup")):
        nodes.replace(group, [])


def _squeeze(cells: list[Element]) -> bool:
    """Make what stands in cells one line: items of lists behind a sign, lines of code by themselves, no rules."""
    changed = False
    for cell in cells:
        for block in reversed(list(cell.iterdescendants(*_SEVERAL_LINES, *_GLUED))):
            nodes.replace(block, ["\n", *_lines(block), "\n"])
            changed = True
    return changed


def _lines(block: Element) -> Iterator[Node]:
    if block.tag in {"ul", "ol"}:
        yield from _items(block)
    elif block.tag == "pre":
        yield from _code(block)
    elif block.tag == "table":
        for row in _rows(block):
            for cell in row.iterchildren(*_CELLS):
                yield from [*nodes.contents(cell), " "]
            yield row.makeelement("br")
    elif block.tag != "hr":
        yield from [*nodes.contents(block), block.makeelement("br")]


def _items(listing: Element) -> Iterator[Node]:
    number = lists.said(listing.get("start"), 1)
    for node in nodes.contents(listing):
        if isinstance(node, str) or node.tag != "li":
            yield node
            continue
        number = lists.said(node.get("value"), number)
        sign = f"{number}. " if listing.tag == "ol" else "• "
        yield from [node.makeelement("br"), sign, *nodes.contents(node)]
        number += 1
    yield listing.makeelement("br")


def _code(block: Element) -> Iterator[Node]:
    for line in filter(str.strip, nodes.text_of(block).split("\n")):
        code = block.makeelement("code")
        code.text = _INDENT.sub(lambda indent: "\xa0" * len(indent[0].expandtabs(4)), line)
        yield from [code, block.makeelement("br")]


def _join_sections(table: Element) -> bool:
    """Make a head of one row and one body of what there is, as browsers show it: the first head first, feet last."""
    sections = list(table.iterchildren(*_SECTIONS))
    head = next((section for section in sections if section.tag == "thead" and len(section)), None)
    shown = sorted(sections, key=lambda one: 0 if one is head else 2 if one.tag == "tfoot" else 1)
    rows = [row for section in shown for row in section]
    plain = [section.tag for section in sections] in _PLAIN and (head is None or len(head) == 1)
    if plain or not rows:
        return False
    for section in sections:
        nodes.replace(section, [])
    if head is not None:
        for cell in rows[0].iterchildren("td"):
            cell.tag = "th"
    headed = _is_head(rows[0])
    for name, part in (("thead", rows[:headed]), ("tbody", rows[headed:])):
        if part:
            section = table.makeelement(name)
            nodes.fill(section, part)
            table.append(section)
    return True


def _fit(table: Element) -> bool:
    """Widen the first row to the widest, for Markdown drops cells beyond the header's; give up absurd widths."""
    rows = _rows(table)
    widths = [sum(_span(cell) for cell in row.iterchildren(*_CELLS)) for row in rows]
    if max(widths) > MAX_COLUMNS:
        _linearize(table)
        return True
    for _ in range(max(widths) - widths[0]):
        rows[0].append(rows[0].makeelement("th" if _heads(rows[0]) else "td"))
    return max(widths) > widths[0]


def _fill_rows(table: Element) -> bool:
    """Put an empty cell below each that reaches over several rows, so that what follows keeps its column.

    Rows that are still empty go, for Markdown has none.
    """
    changed = False
    reaching: dict[int, int] = {}  # column → rows still to come
    for row in _rows(table):
        column, below = 0, reaching
        reaching = {at: left - 1 for at, left in below.items() if left > 1}
        for cell in [*row.iterchildren(*_CELLS), None]:
            while column in below:
                empty = row.makeelement("td")
                row.append(empty) if cell is None else cell.addprevious(empty)
                column, changed = column + 1, True
            if cell is not None and column < MAX_COLUMNS:
                width = _span(cell)
                if (height := _span(cell, "rowspan")) > 1:
                    reaching |= dict.fromkeys(range(column, column + width), height - 1)
                column += width
        if not len(row):
            nodes.replace(row, [])
            changed = True
    return changed


def _span(cell: Element, attribute: str = "colspan") -> int:
    span = cell.get(attribute, "")
    return int(span) if span in sanitize.SPANS else 1
