"""`tagwire publish`: write the feeds from the items."""

from __future__ import annotations

import click

from aggregator.cli.options import Options, command, pass_options, wait_option

WOULD_CHANGE = 4


@command(
    "publish",
    examples={
        "tagwire publish": "after an edit",
        "tagwire publish --check": "exit 4 if a file would change",
    },
)
@click.option("--check", is_flag=True, help="Write nothing; exit 4 if something would change.")
@wait_option
@pass_options
def publish(options: Options, *, check: bool, wait: float) -> int:
    """Write the feeds from the items.

    Only files whose bytes differ are written, and only files that tagwire wrote are removed.
    """
    from aggregator.cli.output import counted, emit, err, out, safe

    with options.app(write=not check, dry_run=check, wait=wait, command="publish") as app:
        published = app.publish()
    for problem in published.problems:
        err(f"tagwire: {safe(str(problem))}")
    if options.json:
        changed = {"written": list(published.written), "removed": list(published.removed)}
        emit({"feeds": published.feeds, **changed, "check": check})
    elif not options.quiet:
        told = [("write", path) for path in published.written] + [("remove", path) for path in published.removed]
        if check or options.verbose:
            for verb, path in told:
                out(f"{'would ' if check else ''}{verb} {safe(path)}")
        written, removed = ("to write", "to remove") if check else ("written", "removed")
        files = counted(len(published.written), "file")
        out(f"{counted(published.feeds, 'feed')}, {files} {written}, {len(published.removed)} {removed}")
    return WOULD_CHANGE if check and (published.written or published.removed) else 0


command = publish
