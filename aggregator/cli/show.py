"""`tagwire show`: one item, or one source."""

from __future__ import annotations

import os.path
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli import items
from aggregator.cli.options import Options, command, pass_options
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aggregator.app import App
    from aggregator.model import FetchState, Record, Source


@command(
    "show",
    examples={
        "tagwire show 7020bd": "the item whose key begins so",
        "tagwire show example": "a source: its error, its next fetch",
        "tagwire show --history 7020bd": "what the item said before",
    },
)
@click.argument("what", metavar="ITEM|SOURCE")
@click.option("--history", is_flag=True, help="Print what the item's file said before, and what was held back.")
@click.option("--raw", is_flag=True, help="Print the item's file exactly as it is, or what --history has last.")
@pass_options
def show(options: Options, what: str, *, history: bool, raw: bool) -> None:
    """Show an item or a source.

    ITEM is a key, six or more of its first digits, a path, a link or an entry id; SOURCE a source's id.
    """
    with options.app() as app:
        states = {source.id: (source, state) for source, state in app.states()}
        if history:
            _show_history(options, app, what, raw=raw)
        elif what in states and not raw:
            _show_source(options, *states[what], states.values())
        else:
            _show_item(options, app, what, raw=raw)


def _show_source(
    options: Options, source: Source, state: FetchState, known: Iterable[tuple[Source, FetchState]]
) -> None:
    from aggregator.cli import health
    from aggregator.cli.output import emit
    from aggregator.clock import SystemClock

    now = SystemClock().now()
    if options.json:
        emit({"source": health.document(source, state, now)})
    else:
        _print(list(health.lines(source, state, known, now)))


def _show_item(options: Options, app: App, what: str, *, raw: bool) -> None:
    from aggregator.cli.output import emit, out, safe_text

    record = find(app, what)
    text = app.text(record)
    if options.json:
        emit({"item": {**items.document(record), "text": text}})
    elif raw:
        _print_raw(text)
    else:
        _print(list(_lines({**items.document(record), "path": str(Path(app.settings.storage.items, record.path))})))
        out()
        out(safe_text(text).rstrip("\n"))


def _print_raw(text: str) -> None:
    """Print a file's text: exactly, unless a person looks at it."""
    from aggregator.cli.output import out, safe_text

    if sys.stdout.isatty():
        out(safe_text(text).rstrip("\n"))
    else:
        sys.stdout.write(text)


def _show_history(options: Options, app: App, what: str, *, raw: bool) -> None:
    from difflib import unified_diff

    from aggregator.cli.output import emit, err, out, rfc3339, safe_text

    record = find(app, what)
    kept = app.store.revisions.of(record.key)
    if options.json:
        told = [{"at": rfc3339(one.at), "held_back": one.held, "text": one.text} for one in kept]
        emit({"item": items.document(record), "revisions": told})
        return
    if not kept:
        err("nothing is kept of what it said before")
    elif raw:
        _print_raw(kept[-1].text)
        return
    texts = [one.text for one in kept if not one.held]
    after = iter([*texts[1:], app.text(record)])
    for one in kept:
        old, new = (app.text(record), one.text) if one.held else (one.text, next(after))
        out(f"{rfc3339(one.at)}  {'held back from your file' if one.held else 'changed'}")
        lines = unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm="")
        out("\n".join(f"  {safe_text(line)}" for line in list(lines)[2:]))


def find(app: App, what: str) -> Record:
    """Return the item that is meant; a path is looked up in the site first, then from the current directory."""
    try:
        return app.find(what)
    except UsageError:
        if not os.path.lexists(what):
            raise
        return app.find(str(Path(what).absolute()))


def _lines(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return an item's fields for people."""
    from aggregator.cli.output import safe

    for key, value in document.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        yield key.replace("_", " "), safe(str(shown)) if shown else ""


def _print(lines: Sequence[tuple[str, str]]) -> None:
    from aggregator.cli.output import out

    width = max(len(label) for label, _ in lines)
    for label, text in lines:
        if text:
            out(f"{label:<{width}}  {text}")


command = show
