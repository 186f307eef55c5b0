"""HTML to Markdown in the seeds' style, and Markdown back to HTML so that it shows the same.

HTML comes prepared (`steps.html.prepare`): this module does not repair what Markdown cannot express.
"""

from __future__ import annotations

import re

import comrak
import markdownify_rs

from aggregator.steps import text
from aggregator.steps.html import indents, plain, sanitize

_FENCE = re.compile(r" {0,3}(?:>[ >]*)?(`{3,}|~{3,})")
_SPAN_OR_SEAM = re.compile(r"(?<![\\`])(`+)(?!`).{1,2000}?(?<!`)\1(?!`)|(?<=[^\\\s*])\*{4}(?=[^\s*])")
_CODE_BLOCK = re.compile(r"<pre>.*?</pre>", re.DOTALL)
_HIDDEN = "\x01"  # stands in no HTML that was sanitised
_HIDDEN_RUN = re.compile(f"{_HIDDEN}+")
_FENCE_ALONE = re.compile(r"[\s>*+.\d-]*```")
_ANEW = re.compile(rf"(?<=\d)\.( +){text.UNHEARD}")
_BOM = "\ufeff"
_SIGNS = "<>&*_`[]!\\"
"""Characters at which a renderer begins a new piece of a tree: 220 bytes each."""
_STORM = 100_000
_WIDE = 200
_WIDE_TABLE = re.compile(rf"^[ \t>]*\|?(?:[ \t]*:?-+:?[ \t]*\|){{{_WIDE}}}", re.MULTILINE)


def _extensions(*, table: bool) -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.cjk_friendly_emphasis = True  # else `**字。**字` stays literal (CommonMark §6.2 knows no CJK punctuation)
    options.table = table
    return options  # no strikethrough: it would take "3~5天，10~20%" for one


def _rendering() -> comrak.RenderOptions:
    options = comrak.RenderOptions()
    options.escape = True  # literal <x> is shown; without this it would be deleted
    return options


_EXTENSIONS, _EXTENSIONS_WITHOUT_TABLES, _RENDERING = _extensions(table=True), _extensions(table=False), _rendering()


def to_markdown(html: str) -> str:
    """Return prepared HTML as Markdown in markdownify's default style: setext headings, `*` bullets, `**`.

    Wide spaces (U+3000, U+2002, U+2003) indent the first line of a block, whatever block or markup that begins with:
    there markdownify loses some. A fence is longer than three signs where the code holds as many (CommonMark §4.5).
    """
    hidden = indents.hide(html)
    written = _separated(_converted(hidden))
    return written if hidden is html else indents.show(written)


def _converted(html: str) -> str:
    if "```" in html and _CODE_BLOCK.search(html):
        hidden = _CODE_BLOCK.sub(lambda block: block[0].replace("`", _HIDDEN), html)
        return _fenced(str(markdownify_rs.markdownify(hidden))).strip("\n")
    return str(markdownify_rs.markdownify(html)).strip("\n")


def _separated(markdown: str) -> str:
    """Markdown in which lists that `steps.html.lists` marked have a delimiter of their own."""
    return _ANEW.sub(r")\1", markdown).replace(text.UNHEARD, "") if text.UNHEARD in markdown else markdown


def _fenced(markdown: str) -> str:
    """Markdown with fences that are longer than what is hidden between them, which is shown."""
    lines = markdown.split("\n")
    opening, longest = -1, 0
    for number, line in enumerate(lines):
        if not _FENCE_ALONE.fullmatch(line):
            longest = max(longest, *map(len, _HIDDEN_RUN.findall(line)), 0)
        elif opening < 0:
            opening, longest = number, 0
        else:
            more = "`" * (longest - 2)
            lines[opening], lines[number], opening = lines[opening] + more, line + more, -1
    return "\n".join(lines).replace(_HIDDEN, "`")


def to_html(markdown: str) -> str:
    """Return sanitised HTML for Markdown: CommonMark with tables and emphasis that CJK punctuation does not break.

    Raw HTML is shown, not rendered. `**a****b**`, as older converters wrote it, is one bold run. A text of over 100,000
    of Markdown's signs is shown as it is written. Never raises.
    """
    merged = _merged(text.clean(markdown))
    if merged.startswith(_BOM):
        merged = _BOM + merged  # comrak takes the first one for a byte order mark
    # comrak is quadratic in a table's width; nothing that people read is as wide.
    wide = merged.count("|") >= _WIDE and _WIDE_TABLE.search(merged)
    extensions = _EXTENSIONS_WITHOUT_TABLES if wide else _EXTENSIONS
    rendered = (
        plain.to_html(merged)
        if _is_storm(merged)
        else comrak.render_markdown(merged, extension_options=extensions, render_options=_RENDERING)
    )
    if not sanitize.is_plain(rendered):
        return sanitize.scrub(rendered)
    return rendered.replace(" />", ">").replace("\xa0", "&nbsp;")  # as the sanitiser writes it; ">" in text is escaped


def _is_storm(markdown: str) -> bool:
    """Whether a text has so many signs that a tree of it would take hundreds of megabytes; nothing that people read."""
    return len(markdown) > _STORM and sum(map(markdown.count, _SIGNS)) > _STORM


def _merged(markdown: str) -> str:
    """Markdown without the seams between two bold runs, code left alone."""
    if "****" not in markdown:
        return markdown
    lines = markdown.split("\n")
    fence = ""
    for number, line in enumerate(lines):
        if match := _FENCE.match(line):
            if not fence:
                fence = match[1]
            elif match[1].startswith(fence):
                fence = ""
        elif not fence and not line.startswith(("    ", "\t")):
            lines[number] = _SPAN_OR_SEAM.sub(lambda found: found[0] if found[1] else "", line)
    return "\n".join(lines)
