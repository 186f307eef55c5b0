"""`tagwire reindex`: rebuild the index from the item files."""

from __future__ import annotations


from aggregator.cli.options import Options, command, pass_options, wait_option


@command("reindex")
@click.option(
    "--wait", type=duration, default="0s", metavar="DURATION", help="Wait this long for another process to finish."
)
@pass_options
def reindex(options: Options, *, wait: float) -> None:
    """Rebuild the index from the item files.

    The files are the truth: nothing is announced again, and entry ids stay.
    """
    from aggregator.cli.output import emit, err, out, safe

    with options.app(write=True, wait=wait, command="reindex") as app:
        found = app.reindex()
    for problem in found.problems:
        err(f"tagwire: {safe(str(problem))}")
    if options.json:
        problems = [str(problem) for problem in found.problems]
        emit({"added": found.added, "edited": found.edited, "deleted": found.deleted, "problems": problems})
    elif not options.quiet:
        out(f"{found.added} added, {found.edited} read again, {found.deleted} gone, {len(found.problems)} set aside")


command = reindex
