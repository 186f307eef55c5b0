"""`tagwire run`: the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Options, command, pass_options

if TYPE_CHECKING:
    import asyncio


@command(
    "run",
    examples={
        "tagwire run": "refresh, publish and serve",
        "tagwire -C /srv/news run --no-serve": "behind another web server",
    },
)
@click.option("--no-serve", is_flag=True, help="Do not serve the published directory.")
@pass_options
def run(options: Options, *, no_serve: bool) -> None:
    """Refresh and publish on schedule, and serve, until stopped.

    Serves if the extra `server` is installed. Changed configuration files hold from the next look on; on SIGHUP they
    are read, and mistakes told, at once. One with mistakes is not used. SIGTERM and SIGINT end the work under way
    within ten seconds, with exit code 0. With --json the log on stderr is JSON Lines.
    """
    from aggregator.cli.serve import can_serve
    from aggregator.cli.signals import run_until_signal

    async def work(stop: asyncio.Event) -> None:
        import asyncio
        import signal

        from aggregator import memory
        from aggregator.config.watching import Watch
        from aggregator.service import run_daemon

        memory.keep_little()
        watch = Watch(options.place())
        options.start_logging(talkative=True, structured=options.json)
        serve = can_serve() and not no_serve

        hangup = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hangup.set)
        await run_daemon(watch, serve=serve, stop=stop, hangup=hangup)

    run_until_signal(work)


command = run
