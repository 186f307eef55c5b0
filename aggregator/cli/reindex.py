"""`tagwire reindex`: rebuild the index from the item files."""

from __future__ import annotations

import click

from aggregator.cli.options import Options, command, pass_options, wait_option


@command(
    "reindex",
    examples={
        "tagwire reindex": "after var/ was lost",
        "tagwire reindex --accept-deletions": "after most files were deleted",
    },
)
@click.option(
    "--accept-deletions", is_flag=True, help="Over half of the files are gone, and that was meant: they stay deleted."
)
@wait_option
@pass_options
def reindex(options: Options, *, accept_deletions: bool, wait: float) -> None:
    """Rebuild the index from the item files.

    The files are the truth: nothing is announced again, and entry ids stay. A damaged index is put aside.
    """
    from aggregator.cli.output import emit, err, out, safe

    with options.app(write=True, rebuild=True, wait=wait, command="reindex") as app:
        found = app.reindex(accept_deletions=accept_deletions)
    for problem in found.problems:
        err(f"tagwire: {safe(str(problem))}")
    if options.json:
        problems = [str(problem) for problem in found.problems]
        emit({"added": found.added, "edited": found.edited, "deleted": found.deleted, "problems": problems})
    elif not options.quiet:
        out(f"{found.added} added, {found.edited} read again, {found.deleted} gone, {len(found.problems)} set aside")


command = reindex
