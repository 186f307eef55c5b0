"""`tagwire refresh`: fetch sources now and publish what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Options, command, pass_options, wait_option

if TYPE_CHECKING:
    import asyncio

    from aggregator.model import Summary


@command(
    "refresh",
    examples={
        "tagwire refresh": "every source, now",
        "tagwire refresh --due -q --wait 60s": "for cron",
        "tagwire refresh --dry-run example": "try one source",
    },
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option("--due", is_flag=True, help="Only sources whose time has come.")
@click.option("--dry-run", is_flag=True, help="Fetch and tell what would change, but change nothing.")
@click.option(
    "--fail",
    type=click.Choice(["on-any", "persistent", "never"]),
    default="persistent",
    show_default=True,
    help="When failing sources make the exit code 3: any failure, the third in a row, or never.",
)
@click.option("--no-near", is_flag=True, help="Look for no copies under other URLs; the next refresh does.")
@click.option("--publish/--no-publish", default=True, help="Write the feeds that changed, or only items.")
@wait_option
@pass_options
def refresh(
    options: Options,
    sources: tuple[str, ...],
    *,
    due: bool,
    dry_run: bool,
    fail: str,
    no_near: bool,
    publish: bool,
    wait: float,
) -> int:
    """Fetch sources now and publish what changed.

    Without SOURCE every enabled source is asked; servers that said to wait are left alone.
    """
    from aggregator import memory
    from aggregator.cli.reporting import Reporter
    from aggregator.cli.signals import run_until_signal

    memory.keep_little()
    reporter = Reporter(options, fail=fail, dry_run=dry_run)
    with options.app(write=not dry_run, dry_run=dry_run, wait=wait, command="refresh") as app:
        total = 0 if due else len(sources) or sum(source.enabled for source in app.settings.sources)

        async def work(stop: asyncio.Event) -> Summary:
            return await app.refresh(
                sources,
                when="due" if due else "now",
                publish=publish,
                near=not no_near,
                on_outcome=reporter.tell,
                stop=stop,
            )

        with reporter.progress(total):
            summary, stopped = run_until_signal(work)
    return reporter.finish(summary, stopped=stopped)


command = refresh
