"""`tagwire explain`: why an item is, or is not, a copy of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aggregator.cli import show
from aggregator.cli.options import Options, command, pass_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Record
    from aggregator.operations.explain import Reason


@command(
    "explain",
    examples={
        "tagwire explain 7020bd": "its story and what is near it",
        "tagwire explain 7020bd 5d48e7": "these two",
    },
)
@click.argument("item", metavar="ITEM")
@click.argument("others", metavar="[OTHER]...", nargs=-1)
@pass_options
def explain(options: Options, item: str, others: tuple[str, ...]) -> None:
    """Tell why an item is, or is not, a copy of another.

    Rule, score and evidence are told. Without OTHER the items of its story, related items and the nearest others are
    told; items are given as for `show`.
    """
    from aggregator.cli.output import emit
    from aggregator.operations.explain import explain as reasons_for

    with options.app() as app:
        record = show.find(app, item)
        found = reasons_for(app.store, app.tree, record, [show.find(app, other) for other in others])
    if options.json:
        emit({"item": _face(record), "story": record.story or None, "reasons": [document(one) for one in found]})
    else:
        _print(record, found)


def document(reason: Reason) -> dict[str, Any]:
    """Return a reason as JSON shows it."""
    from aggregator.operations.explain import CLAUSES

    return {
        **_face(reason.other),
        "rule": reason.rule or None,
        "score": reason.score,
        "evidence": reason.evidence,
        "failed": reason.failed or None,
        "because": CLAUSES.get(reason.failed),
    }


def _face(record: Record) -> dict[str, Any]:
    return {
        "key": record.key,
        "source": record.source,
        "title": record.title,
        "link": record.link,
        "duplicate_of": record.duplicate_of or None,
    }


_HEADINGS = {
    "url": "the same article",
    "near": "a copy",
    "merged": "a copy, since you said so",
    "chain": "a copy",
    "related": "related",
    "": "no copy",
}


def _print(record: Record, found: Sequence[Reason]) -> None:
    from aggregator.cli.output import counted, out, safe
    from aggregator.operations.explain import CLAUSES

    aside = sum(one.other.duplicate_of == record.key for one in found)
    out(f"{record.key}  {safe(record.source)}  {safe(record.title, 120)}")
    if record.duplicate_of:
        out(f"set aside, as a copy of {record.duplicate_of}")
    if record.story not in {"", record.duplicate_of}:
        head = "owns its story" if record.story == record.key else f"belongs to the story of {record.story}"
        out(f"{head}; {counted(len(record.copies), 'other')}")
    elif not (record.duplicate_of or aside):
        out("has no copies")
    if aside:
        out(f"{counted(aside, 'copy', 'copies')} of it set aside")
    if record.alone:
        out("you split it: it stands alone")
    for one in found:
        out()
        out(f"{_HEADINGS[one.rule]}: {one.other.key}  {safe(one.other.source)}  {safe(one.other.title, 120)}")
        out(f"  {f'score {one.score:.2f}: ' if one.rule not in {'url', 'merged'} else ''}{one.evidence}")
        if one.failed:
            out(f"  {one.failed}: {CLAUSES[one.failed]}")


command = explain
