"""Configuration files are changed by one command at a time, so nobody's change is lost, and links stay links."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aggregator.cli.runner import run
from aggregator.config import changing, load, locate
from aggregator.config.editing import Editor
from aggregator.errors import Locked
from aggregator.locks import lock

SOURCES = '[[sources]]\nid = "a"\npath = "a.xml"\n'
AT_ONCE = 8


@pytest.fixture
def site(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/tagwire.toml").write_text("")
    (tmp_path / "config/sources.toml").write_text(SOURCES)
    (tmp_path / "config/tags.toml").write_text('[[tags]]\nname = "x"\n[[tags]]\nname = "y"\n')
    (tmp_path / "list.txt").write_text("https://new.example/feed\n")
    return tmp_path


def ids(site):
    return {source.id for source in load(str(site), environ={}).sources}


def test_changes_made_at_once_are_all_made(site):
    place = locate(str(site), "", {})

    def add(number):
        with changing.alone(place, "add"):
            Editor(place, load(str(site), environ={}), {}).add({"url": f"https://n{number}.example/"}).write()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(add, range(AT_ONCE)))
    assert ids(site) == {"a", *(f"n{number}.example" for number in range(AT_ONCE))}


def test_programs_that_add_at_once_lose_nothing(site):
    command = [sys.executable, "-m", "aggregator", "-C", str(site), "-q", "add", "--no-discover"]
    programs = [subprocess.Popen([*command, f"http://par{number}.example/feed"]) for number in range(4)]
    assert [program.wait(60) for program in programs] == [0, 0, 0, 0]
    assert ids(site) == {"a", *(f"par{number}.example" for number in range(4))}


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "--no-discover", "https://b.example/"),
        ("remove", "a"),
        ("remove", "--purge", "a"),
        ("pause", "a"),
        ("resume", "a"),
        ("import", "list.txt"),
        ("tags", "rename", "x", "z"),
        ("tags", "merge", "x", "y"),
    ],
    ids=" ".join,
)
def test_every_command_that_changes_the_configuration_waits_for_its_turn(site, monkeypatch, capsys, arguments):
    monkeypatch.chdir(site)
    monkeypatch.setattr(changing, "PATIENCE", 0.05)
    before = {path.name: path.read_bytes() for path in (site / "config").iterdir()}
    with lock(site / changing.LOCK, who="tagwire import"):
        assert run(arguments) == Locked.exit_code
        assert "config.lock is held by pid" in (told := capsys.readouterr().err)
        assert "(tagwire import)" in told
        assert {path.name: path.read_bytes() for path in (site / "config").iterdir()} == before
    assert run(arguments) == 0
    assert {path.name: path.read_bytes() for path in (site / "config").iterdir()} != before or "resume" in arguments


def test_a_file_that_is_a_link_stays_one(site):
    real = site / "elsewhere.toml"
    Path(site / "config/sources.toml").rename(real)
    (site / "config/sources.toml").symlink_to("../elsewhere.toml")
    assert run(["-C", str(site), "add", "--no-discover", "https://b.example/"]) == 0
    assert (site / "config/sources.toml").is_symlink()
    assert real.read_text().startswith(SOURCES)
    assert ids(site) == {"a", "b.example"}
