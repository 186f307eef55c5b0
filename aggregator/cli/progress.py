"""The progress bar on stderr. Imported only when stderr is a terminal, since rich takes its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from aggregator.cli.output import safe

if TYPE_CHECKING:
    from types import TracebackType

    from aggregator.model import Outcome


class Bar:
    """A bar that shows how many of `total` sources are done (0: not known); gone when its block ends."""

    def __init__(self, total: int, *, color: bool) -> None:
        columns = (
            MofNCompleteColumn(),
            BarColumn(20),
            TimeElapsedColumn(),
            TextColumn("{task.fields[told]}", markup=False),
        )
        console = Console(stderr=True, no_color=not color)
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("", total=total or None, told="")
        self._new = self._failed = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def advance(self, outcome: Outcome) -> None:
        """Count one source as done."""
        self._new += outcome.new
        self._failed += outcome.result == "failed"
        told = f"{self._new} new, {self._failed} failed  {safe(outcome.source, 40)}"
        self._progress.update(self._task, advance=1, told=told)
