"""Web pages whose main text is found by itself, by trafilatura (extra `fulltext`). Nothing is fetched here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.errors import ParseError
from aggregator.model import Entry, Parsed
from aggregator.steps import decode, plain, sniff

if TYPE_CHECKING:
    from aggregator.model import Document


def recognizes(document: Document) -> bool:
    """Whether the document was declared to be a page with a main text."""
    return document.declared is not None and document.declared.kind == "auto"


def parse(document: Document) -> Parsed:
    """Return the page's main text as the content of one entry.

    Raises `errors.ParseError` if no text is found, or without the extra.
    """
    try:
        import trafilatura  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        message = "full_text = \"auto\" needs the extra: pip install 'tagwire[fulltext]'"
        raise ParseError(message, url=document.name) from error
    text = plain.sound(decode.decode(document.body, document.charset))
    found = trafilatura.extract(
        text,
        url=document.name,
        output_format="html",
        include_images=True,
        include_links=True,
        include_formatting=True,
        include_comments=False,
        with_metadata=False,
    )
    if not found:
        message = f"full_text: no main text found; this is {sniff.looks_like(document.body)}"
        raise ParseError(message, url=document.name)
    return Parsed(entries=(Entry(content=found, base=document.name),))
