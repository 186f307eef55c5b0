"""`tagwire merge`: items of one story, for good."""

from __future__ import annotations

import click

from aggregator.cli.options import Options, command, pass_options, wait_option
from aggregator.cli.split import override


@command(
    "merge",
    examples={
        "tagwire merge 7020bd 5d48e7": "one article under two URLs",
    },
)
@click.argument("references", metavar="ITEM ITEM...", nargs=-1, required=True)
@wait_option
@pass_options
def merge(options: Options, references: tuple[str, ...], *, wait: float) -> None:
    """Put items into one story.

    It is published so, whatever the rules say. The decision is kept beside the items; `split` takes it back.
    """
    from aggregator.operations import bonds

    override(options, references, bonds.merge, command="merge", wait=wait)


command = merge
