"""`tagwire serve`: the published directory over HTTP."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Options, command, pass_options
from aggregator.errors import TagwireError

if TYPE_CHECKING:
    import asyncio


def _host(value: str) -> str:
    """Return an address to listen on, as the configuration takes it. Raises `click.BadParameter`."""
    from aggregator.config import formats

    kind = formats.listen_host()
    try:
        return str(kind.read(value))
    except ValueError:
        raise click.BadParameter(f"expected {kind.expected}") from None


@command(
    "serve",
    examples={
        "tagwire serve": "where [server] says",
        "tagwire serve --host 127.0.0.1 --port 8080": "somewhere else",
    },
)
@click.option("--host", type=_host, metavar="HOST", help="Address to listen on instead of the configured one.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on instead of the configured one.")
@pass_options
def serve(options: Options, *, host: str | None, port: int | None) -> None:
    """Serve the published directory over HTTP.

    Needs the extra `server`. SIGTERM and SIGINT end it with exit code 0.
    """
    from aggregator.cli.output import err
    from aggregator.cli.signals import run_until_signal

    settings = options.settings()
    if not can_serve():
        raise TagwireError("serving needs more packages: pip install 'tagwire[server]'")
    server = replace(
        settings.server,
        host=settings.server.host if host is None else host,
        port=settings.server.port if port is None else port,
    )
    options.start_logging(talkative=True)

    async def work(stop: asyncio.Event) -> None:
        from aggregator.service import serve_feeds

        def tell(port: int) -> None:
            if not options.quiet:
                err(f"serving {settings.publish.dir} on {server.host} port {port}; Ctrl-C ends it")

        await serve_feeds(replace(settings, server=server), stop, tell)

    run_until_signal(work)


def can_serve() -> bool:
    """Whether the extra `server` is installed."""
    return all(find_spec(name) for name in ("starlette", "uvicorn", "httptools", "prometheus_client"))


command = serve
