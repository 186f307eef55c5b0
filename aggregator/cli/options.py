"""The options that stand before or after any command, and the opened site that they mean.

This module imports nothing heavy: what a command needs is loaded when it runs.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from aggregator.app import App
    from aggregator.config import Place
    from aggregator.ports import Clock
    from aggregator.settings import Settings


@dataclass(slots=True)
class Options:
    """What was said before or after the command."""

    directory: str = ""
    config_file: str = ""
    quiet: bool = False
    verbose: int = 0
    json: bool = False
    color: str = "auto"

    def place(self) -> Place:
        """Return the site that is meant. Raises `errors.ConfigError` if there is none."""
        from aggregator.config import locate

        return locate(self.directory, self.config_file, os.environ)

    def settings(self) -> Settings:
        """Return the checked configuration. Raises `errors.ConfigError` with every mistake."""
        from aggregator.config import load

        place = self.place()
        return load(str(place.root), str(place.file))

    @contextmanager
    def app(self, settings: Settings | None = None, **arguments: Any) -> Iterator[App]:
        """Open the site as `App.open` does, for the time of a `with` block.

        Then, when the lock is given back, the hub hears of what was published in the block; what goes wrong is told.
        """
        settings = settings or self.settings()
        self.start_logging()
        from aggregator.app import App

        with App.open(settings, **arguments) as app:
            yield app
        if app.topics and settings.publish.hub:
            _announce(settings, app.clock)

    @contextmanager
    def editing(self, command: str) -> Iterator[tuple[Place, Settings]]:
        """Yield site and configuration as they are while no other command changes the configuration's files.

        Raises `errors.Locked`, `errors.ConfigError`.
        """
        from aggregator.config.changing import alone

        place = self.place()
        with alone(place, command):
            yield place, self.settings()

    def start_logging(self, *, talkative: bool = False, structured: bool = False) -> None:
        """Send log lines to stderr: warnings, with -v or `talkative` also what happens, with -vv everything."""
        from aggregator.cli import logs

        logs.start(-1 if self.quiet else self.verbose + talkative, structured=structured)


def _announce(settings: Settings, clock: Clock) -> None:
    import asyncio

    from aggregator.cli.output import err, safe
    from aggregator.operations.announce import announce

    for problem in asyncio.run(announce(settings, clock)):
        err(f"tagwire: {safe(str(problem))}")


class GlobalOption(click.Option):
    """An option that every command has; its value goes into `Options`, the last one given wins."""

    def __init__(self, *names: str, **attributes: Any) -> None:
        super().__init__(names, expose_value=False, callback=_remember, **attributes)


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    options = ctx.find_root().ensure_object(Options)
    if not value or param.name is None:
        return
    setattr(options, param.name, options.verbose + value if param.name == "verbose" else value)


def global_options() -> list[click.Parameter]:
    """Return the options that every command has."""
    return [
        GlobalOption("-C", "directory", metavar="DIR", help="Work in DIR instead of the current directory."),
        GlobalOption("-c", "config_file", metavar="FILE", help="Read FILE instead of config/tagwire.toml."),
        GlobalOption("-q", "--quiet", "quiet", is_flag=True, help="Say nothing but errors."),
        GlobalOption("-v", "--verbose", "verbose", count=True, help="Say more; twice: everything."),
        GlobalOption("--json", "json", is_flag=True, help="Print JSON."),
        GlobalOption(
            "--color",
            "color",
            type=click.Choice(["auto", "always", "never"]),
            help="Use colours; auto: on terminals, unless NO_COLOR is set.",
        ),
    ]


class _Sections:
    """Shows the global options, and examples, in sections of their own."""

    examples: Mapping[str, str]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each with its purpose as a shell's comment, and then what else there is to say."""
        assert isinstance(self, click.Command)
        width = max(map(len, self.examples), default=0)
        with formatter.section("Examples"):
            for line, purpose in self.examples.items():
                formatter.write(f"{'':{formatter.current_indent}}{line:<{width}}  # {purpose}\n")
        click.Command.format_epilog(self, ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then those of all commands."""
        assert isinstance(self, click.Command)
        params = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        for title, wanted in (("Options", False), ("Global options, before or after the command", True)):
            records = [param.get_help_record(ctx) for param in params if isinstance(param, GlobalOption) is wanted]
            if rows := [record for record in records if record]:
                with formatter.section(title):
                    formatter.write_dl(rows)


class Command(_Sections, click.Command):
    """A command with the global options; `examples` maps command lines to what they are for."""

    def __init__(self, *arguments: Any, examples: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.examples = examples
        self.params += global_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; raises `click.UsageError` for what should be text and is not UTF-8. Names of files may be anything."""
        rest = super().parse_args(ctx, args)
        for param in self.get_params(ctx):
            value = ctx.params.get(param.name or "") if isinstance(param.type, click.types.StringParamType) else None
            for one in value if isinstance(value, tuple) else (value,):
                if one and not _is_text(one):
                    ctx.fail(f"{_readable(one)!r} is not UTF-8")
        return rest


class CommandGroup(_Sections, click.Group):
    """A group of commands with the global options; `examples` as for `Command`."""

    command_class = Command

    def __init__(self, *arguments: Any, examples: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.examples = examples
        self.params += global_options()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


def _is_text(argument: str) -> bool:
    """Whether an argument came as UTF-8: other bytes come as lone surrogates (PEP 383)."""
    return not any("\ud800" <= char <= "\udfff" for char in argument)


def _readable(argument: str) -> str:
    """The argument with U+FFFD for every byte that is no UTF-8."""
    return argument.encode(errors="surrogateescape").decode(errors="replace")


def command(name: str, *, examples: Mapping[str, str]) -> Callable[[Callable[..., Any]], click.Command]:
    """Return a decorator that makes a function a command; its docstring is the help.

    `examples` maps command lines to what they are for.
    """
    return click.command(name, cls=Command, examples=examples)


pass_options = click.make_pass_decorator(Options, ensure=True)


def duration(value: str) -> float:
    """Return the seconds of a duration as in the configuration. Raises `click.BadParameter`."""
    from aggregator.config import kinds

    kind = kinds.duration()
    try:
        return float(kind.read(value))
    except ValueError as error:
        raise click.BadParameter(str(error) or f"expected {kind.expected}") from None


def since(value: str) -> datetime:
    """Return an instant: a duration before now, or a date or time, UTC if it says no zone.

    Raises `click.BadParameter`.
    """
    from datetime import timedelta

    from aggregator.clock import SystemClock
    from aggregator.steps import dates

    with suppress(click.BadParameter):
        return SystemClock().now() - timedelta(seconds=duration(value))
    instant = dates.typed(value)
    if instant is None:
        raise click.BadParameter('expected a duration such as "7d" or a date such as "2026-11-01"')
    return instant


wait_option = click.option(
    "--wait",
    type=duration,
    default="0s",
    metavar="DURATION",
    help="Wait this long for another process to finish.",
)
