"""Names of files, as other systems leave them: one that is not UTF-8 costs itself only, and locales change none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ODD = os.fsdecode(b"caf\xe9")
TOLD = "caf\ufffd.md: the name is not UTF-8, so it is left out; rename it"
NOTE = '---\ntitle: "{0}"\ndate: "2025-03-03 08:00:00"\ntags: ["铁路"]\n---\n\nText of {0}.\n'
LEGACY = {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}


@pytest.fixture
def site(tmp_path: Path, tagwire, inline_workers) -> Path:
    root = tmp_path / "site"
    (root / "config").mkdir(parents=True)
    (root / "notes").mkdir()
    (root / "config/tagwire.toml").write_text("", "utf-8")
    (root / "config/sources.toml").write_text('[[sources]]\nid = "notes"\nkind = "folder"\npath = "notes"\n', "utf-8")
    (root / "notes/a.md").write_text(NOTE.format("Tunnel"), "utf-8")
    assert tagwire("-C", root, "refresh").code == 0
    return root


def test_a_name_that_is_not_utf8_stops_nothing(site, tagwire) -> None:
    """Among items, among feeds and in a folder: the others go on, and doctor says what to rename."""
    (site / f"items/{ODD}.md").write_text(NOTE.format("Bridge"), "utf-8")
    (site / f"items/{ODD}").mkdir()
    (site / f"items/{ODD}/x.md").write_text(NOTE.format("Harbour"), "utf-8")
    (site / f"feeds/{ODD}.xml").write_text("<nothing", "utf-8")
    (site / "items/mine.md").write_text(NOTE.format("Lighthouse"), "utf-8")
    for command in ("refresh", "publish", "reindex", "refresh"):
        done = tagwire("-C", site, command)
        assert done.code == 0, done
        assert f"tagwire: {site}/items/{TOLD}\n" in done.err
        assert f"tagwire: {site}/items/caf\ufffd: the name is not UTF-8" in done.err
    assert "Lighthouse" in (site / "feeds/all.xml").read_text("utf-8")
    found = tagwire("-C", site, "doctor", "--json").json["findings"]
    wrong = {one["message"]: one["fix"] for one in found if one["level"] == "error"}
    assert wrong[f"{site}/items/caf\ufffd.md: the name is not UTF-8, so it is no item"] == "rename it, in UTF-8"
    assert any(message.startswith(f"caf\ufffd.xml in {site}/feeds: not well-formed") for message in wrong)


def test_such_a_name_in_a_folder_that_was_read_before_is_told(site, tagwire) -> None:
    """At every refresh, until it is renamed; nothing else in the folder has to change for that."""
    odd = site / f"notes/{ODD}.md"
    odd.write_text(NOTE.format("Bridge"), "utf-8")
    for _ in range(2):
        assert f"notes: {TOLD}" in tagwire("-C", site, "refresh").err
    assert "notes: caf\ufffd.md" in tagwire("-C", site, "doctor").out
    odd.rename(site / "notes/café.md")
    done = tagwire("-C", site, "refresh")
    assert "1 new" in done.out
    assert "UTF-8" not in done.err


def test_a_site_below_such_a_name_is_refused_in_a_line(site, tagwire) -> None:
    """Nothing that keeps paths could hold it."""
    moved = site.rename(site.with_name(ODD))
    done = tagwire("-C", moved, "refresh")
    where = moved.with_name("caf\ufffd")
    assert (done.code, done.err) == (78, f"tagwire: {where}: the path is not UTF-8; rename {where}\n")


def started(*command: str | bytes, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    environ = {**os.environ, **LEGACY}
    return subprocess.run([sys.executable, *command], cwd=cwd, env=environ, capture_output=True, check=False)


def test_file_names_are_utf8_in_any_locale(site) -> None:
    """The program begins anew, with what was typed; what it prints stays in the locale's encoding."""
    (site / "notes/b.md").write_text(NOTE.format("渡轮"), "utf-8")
    done = started("-m", "aggregator", "refresh", cwd=site)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (site / "feeds/tags/铁路.xml").exists()
    done = started("-m", "aggregator", "items", "--tag", "铁路".encode(), cwd=site)
    assert done.returncode == 0
    assert rb"\u6e21\u8f6e" in done.stdout


def test_where_that_does_not_help_a_line_says_so(site) -> None:
    done = started("-I", "-X", "utf8=0", "-m", "aggregator", "refresh", cwd=site)
    line = b"tagwire: file names are in ascii here; start Python without -E, -I and -X utf8=0\n"
    assert (done.returncode, done.stderr) == (78, line)
