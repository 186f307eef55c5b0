"""A site in a directory of its own, for the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.cli.init import templates
from aggregator.testing import LoopbackSite


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch, inline_workers):
    """No variable of the machine changes what is printed; programs started by tests find this package.

    What is called in this process reads documents in it; what is started as a program has its workers.
    """
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    for name in ("NO_COLOR", "FORCE_COLOR", "TAGWIRE_CONFIG"):
        monkeypatch.delenv(name, raising=False)


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


@pytest.fixture
def web(site):
    """A loopback site that this site may fetch from."""
    (site / "config" / "tagwire.toml").write_text(
        '[http]\nallow_private_networks = true\ntimeout = "5s"\nper_host_delay = "0s"\n'
    )
    with LoopbackSite() as loopback:
        yield loopback
