"""Web pages whose main text is found by itself, by trafilatura (extra `fulltext`). Nothing is fetched here.

trafilatura says which text is the article; how it is marked up the page says itself (`steps.webpages.mainpart`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregator.errors import ParseError
from aggregator.model import Entry, Parsed
from aggregator.steps.bodies import sniff
from aggregator.steps.html import nodes
from aggregator.steps.webpages import mainpart, pages

if TYPE_CHECKING:
    from aggregator.model import Document

_WANTED: dict[str, Any] = {
    "include_images": True,
    "include_links": True,
    "include_formatting": True,
    "include_comments": False,
    "with_metadata": False,
}


def recognizes(document: Document) -> bool:
    """Whether the document was declared to be a page with a main text."""
    return document.declared is not None and document.declared.kind == "auto"


def parse(document: Document) -> Parsed:
    """Return the page's main text as the content of one entry, in the page's own HTML.

    Raises `errors.ParseError` if no text is found, or without the extra.
    """
    try:
        import trafilatura  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        message = "full_text = \"auto\" needs the extra: pip install 'tagwire[fulltext]'"
        raise ParseError(message, url=document.name) from error
    text = pages.text_of(document)
    found: Any = trafilatura.bare_extraction(text, **_WANTED)
    if not found or not (found.text or "").strip():
        message = f"full_text: no main text found; this is {sniff.looks_like(document.body)}"
        raise ParseError(message, url=document.name)
    root = pages.tree_of(document)
    base = pages.base_of(root, document.name)
    article = mainpart.find(root, found.body.itertext())
    content = pages.inside(article) if article is not None else _rewritten(text)
    return Parsed(entries=(Entry(content=content, base=base),))


def _rewritten(text: str) -> str:
    """The main text in trafilatura's own HTML, where all code is `pre`: `code` in lines, and no `pre` in another."""
    import trafilatura  # noqa: PLC0415 - an extra, and slow to load

    root: Any = nodes.parse(trafilatura.extract(text, output_format="html", **_WANTED) or "")
    for block in list(root.iter("pre")):
        parent = block.getparent()
        if parent.tag == "pre":
            nodes.unwrap(block)
        elif parent.tag not in {"div", "html", "body", "blockquote"}:
            block.tag = "code"
    return nodes.serialize(root)
