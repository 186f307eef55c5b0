"""A site in a directory of its own, and the command line called in this process as `main` calls it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli.init import templates
from aggregator.cli.runner import run


@dataclass(frozen=True)
class Result:
    """What a command did: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No variable of the machine changes what is printed; programs started by tests find this package."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    for name in ("NO_COLOR", "FORCE_COLOR", "TAGWIRE_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tagwire(capsys):
    """Call a command line; returns its `Result`."""

    def call(*args):
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A fresh site, which is the working directory; two items in its seeds folder."""
    for path, data in templates():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def add_source(site):
    """Append a [[sources]] table to the site's sources.toml."""

    def add(text):
        with (site / "config" / "sources.toml").open("a") as file:
            file.write(f"\n[[sources]]\n{text}\n")

    return add
