"""`tagwire config`: check, show, find and describe the configuration."""

from __future__ import annotations

import json

import click

from aggregator.cli.options import CommandGroup, Options, pass_options
from aggregator.errors import ConfigError


@click.group(
    "config",
    cls=CommandGroup,
    examples={
        "tagwire config check": "before a restart",
        "tagwire config show": "what is in force",
    },
)
def config() -> None:
    """Check and show the configuration."""


@config.command(
    "check",
    examples={
        "tagwire config check": "before a restart",
        "tagwire config check -C /srv/news --json": "mistakes for a script",
    },
)
@pass_options
def check(options: Options) -> int:
    """Tell every mistake in the configuration; exit 78 if there is one."""
    from aggregator.cli.output import counted, emit, out

    try:
        settings = options.settings()
    except ConfigError as error:
        if not options.json:
            raise
        emit({"ok": False, "mistakes": list(error.mistakes)})
        return error.exit_code
    if options.json:
        emit({"ok": True, "mistakes": [], "sources": len(settings.sources), "tags": len(settings.tags)})
    elif not options.quiet:
        out(f"ok: {counted(len(settings.sources), 'source')}, {counted(len(settings.tags), 'tag')}")
    return 0


@config.command(
    "show",
    examples={
        "tagwire config show": "what is in force",
        "tagwire config show --json | jq .http": "one section",
    },
)
@pass_options
def show(options: Options) -> None:
    """Print the configuration in force, defaults and overrides included; secrets are masked."""
    from aggregator.cli.output import emit, out
    from aggregator.config import showing

    tables = showing.plain(options.settings())
    if options.json:
        emit(tables)
    else:
        out(showing.toml(tables).rstrip("\n"))


@config.command(
    "path",
    examples={
        "tagwire config path": "which files are read",
    },
)
@pass_options
def path(options: Options) -> None:
    """Print the configuration files, the main one first."""
    from aggregator.cli.output import emit, out
    from aggregator.config.schema import FILES

    place = options.place()
    beside = (place.file.with_name(name) for name in FILES[1:])
    found = [str(file) for file in (place.file, *beside) if file == place.file or file.exists()]
    if options.json:
        emit({"root": str(place.root), "files": found})
    else:
        out("\n".join(found))


@config.command(
    "schema",
    examples={
        "tagwire config schema > tagwire.schema.json": "for an editor",
    },
)
@pass_options
def schema(_: Options) -> None:
    """Print a JSON Schema of the configuration, for editors."""
    from aggregator.cli.output import out
    from aggregator.config.schema import json_schema

    out(json.dumps(json_schema(), ensure_ascii=False, indent=2))


command = config
