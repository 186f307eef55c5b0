"""`tagwire split`: items that are nobody's copies, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aggregator.cli import items, show
from aggregator.cli.options import Options, command, pass_options, wait_option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aggregator.model import Record
    from aggregator.operations.stories import Review


@command(
    "split",
    examples={
        "tagwire split 7020bd": "this one is an article of its own",
        "tagwire split 7020bd 5d48e7": "both of them are",
    },
)
@click.argument("references", metavar="ITEM...", nargs=-1, required=True)
@wait_option
@pass_options
def split(options: Options, references: tuple[str, ...], *, wait: float) -> None:
    """Make items stand alone: they are nobody's copies.

    They are published so. Copies that were set aside, they or others for them, come back among the items; what is left
    of their stories stays a story. The decision is kept beside the items; `merge` takes it back.
    """
    from aggregator.operations import bonds

    override(options, references, bonds.split, command="split", wait=wait)


def override(
    options: Options,
    references: Sequence[str],
    change: Callable[[Review, Sequence[Record]], list[Record]],
    *,
    command: str,
    wait: float,
) -> None:
    """Carry out what the owner says about items, publish, and tell what they are now."""
    from aggregator.app import review_of
    from aggregator.cli.output import emit, out, safe

    with options.app(write=True, wait=wait, command=command) as app:
        records = [show.find(app, reference) for reference in references]
        changed = change(review_of(app), records)
        published = app.publish_changed()
    if options.json:
        documents = [items.document(record) for record in changed]
        emit({"items": documents, "feeds_written": list(published.written)})
    elif not options.quiet:
        for record in changed:
            now = f"in the story of {record.story}" if record.story else "alone"
            out(f"{record.key}  {safe(record.source)}  {safe(record.title, 80)}: {now}")


command = split
