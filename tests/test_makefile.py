"""What `make run` sets up: once, and anew whenever the last set-up did not come to its end or stands elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parent.parent / "Makefile"
PYTHON = r"""#!/bin/sh
echo "$@" >> log
case "$2" in
  venv) rm -rf .venv && mkdir -p .venv/bin && cp python .venv/bin/ && [ ! -e broken ] ;;
  pip) [ ! -e offline ] && cp runs .venv/bin/tagwire ;;
esac
"""
"""Stands in for a Python: notes what it is asked, and fails in the middle if there is an obstacle."""
SET_UP = ["-m venv --clear .venv", "-m pip install --quiet --disable-pip-version-check --editable .", "C.UTF-8"]

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone, but for what is set up."""
    folder = tmp_path / "文 章"
    folder.mkdir()
    shutil.copy(MAKEFILE, folder)
    (folder / "pyproject.toml").touch()
    for name, script in (("python", PYTHON), ("runs", "#!/bin/sh\necho $LC_ALL >> log\n")):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return folder


def make_run(folder: Path) -> tuple[int, list[str]]:
    """Run `make run`; return its exit code and what the Pythons were asked."""
    log = folder / "log"
    log.write_text("")
    environ = {**os.environ, "LC_ALL": "C", "MAKEFLAGS": ""}
    done = subprocess.run(["make", "run", "PYTHON=./python"], cwd=folder, env=environ, capture_output=True, check=False)
    return done.returncode, log.read_text().splitlines()


def test_it_is_set_up_once_and_runs_in_utf_8(clone: Path) -> None:
    assert make_run(clone) == (0, SET_UP)
    assert make_run(clone) == (0, SET_UP[2:])


@pytest.mark.parametrize("obstacle", ["broken", "offline"])
def test_what_did_not_come_to_its_end_is_set_up_from_nothing(clone: Path, obstacle: str) -> None:
    (clone / obstacle).touch()
    assert make_run(clone)[0] == 2
    (clone / obstacle).unlink()
    assert make_run(clone) == (0, SET_UP)


def test_a_clone_that_was_moved_is_set_up_anew(clone: Path) -> None:
    make_run(clone)
    moved = clone.rename(clone.with_name("moved"))
    assert make_run(moved) == (0, SET_UP)


def test_new_requirements_go_into_the_environment_that_is_there(clone: Path) -> None:
    make_run(clone)
    os.utime(clone / "pyproject.toml", (2**31, 2**31))
    assert make_run(clone)[1][:1] == SET_UP[1:2]


def test_an_environment_whose_python_is_gone_is_set_up_anew(clone: Path) -> None:
    """As after an upgrade of the system: the link in it leads nowhere."""
    make_run(clone)
    python = clone / ".venv/bin/python"
    python.unlink()
    python.symlink_to("gone")
    assert make_run(clone) == (0, SET_UP)
    assert make_run(clone) == (0, SET_UP[2:])
