"""`tagwire search`: items by the words in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Options, command, pass_options

if TYPE_CHECKING:
    from aggregator.model.search import Found, Hit, Query


@command(
    "search",
    examples={
        "tagwire search 'green tea' tag:tea since:7d": "words, within a tag and a week",
        "tagwire search '\"green tea\"'": "a phrase",
        "tagwire search -- -tea lang:zh": "without a word",
    },
)
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", "-n", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@pass_options
def search(options: Options, query: tuple[str, ...], limit: int) -> None:
    """Find items by the words in them.

    Titles and texts are searched, the best hits come first. QUERY holds words, "phrases", -exclusions, tag:, source:,
    lang: and since: (7d, 2026-11-01); all have to hold. Put `--` before a query that begins with an exclusion.
    """
    from aggregator.cli.output import counted, emit, err, safe
    from aggregator.finding import open_finder

    with options.app() as app:
        finder = open_finder(app.settings)
        indexed = finder.update(app.store)
        asked, found = finder.find(" ".join(query), app.clock.now(), limit=limit)
        finder.close()
    if indexed.busy and not options.quiet:
        err(f"tagwire: {indexed.busy}")
    if indexed.problems:
        told = counted(len(indexed.problems), "item file is", "item files are")
        err(f"{told} found by title and summary only; the first: {safe(str(indexed.problems[0]), 1000)}")
    if options.json:
        emit({"query": " ".join(query), "total": found.total, "more": found.more, "ignored": list(asked.ignored),
              "items": [document(hit) for hit in found.hits]})  # fmt: skip
    else:
        _print(asked, found, options)


def document(hit: Hit) -> dict[str, Any]:
    """Return a hit as JSON shows it; `marks` are the places of what was searched for in `excerpt`."""
    from aggregator.cli.output import rfc3339

    marks, at = [], 0
    for piece, marked in hit.excerpt:
        marks += [[at, at + len(piece)]] if marked else []
        at += len(piece)
    return {
        "key": hit.key,
        "source": hit.source,
        "title": hit.title,
        "link": hit.link,
        "path": hit.path,
        "published": rfc3339(hit.published),
        "lang": hit.lang,
        "excerpt": "".join(piece for piece, _ in hit.excerpt),
        "marks": marks,
    }


def _print(asked: Query, found: Found, options: Options) -> None:
    import sys

    from aggregator.cli.output import colored, err, out, paint, safe, safe_text

    if asked.ignored:
        err(f"not understood: {', '.join(safe(part) for part in asked.ignored)}")
    bold = "bold" if colored(sys.stdout, options.color) else ""
    for hit in found.hits:
        out(f"{hit.published:%Y-%m-%d}  {safe(hit.source)}  {hit.key}  {safe(hit.title, 120)}")
        pieces = ((safe_text(piece).replace("\n", " "), marked) for piece, marked in hit.excerpt)
        if shown := "".join(paint(piece, bold if marked else "") for piece, marked in pieces):
            out(f"    {shown}")
    if not found.hits:
        err("no items")
    elif found.total > len(found.hits):
        err(f"{len(found.hits)} of {found.total}{' and more' if found.more else ''}")


command = search
