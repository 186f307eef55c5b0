"""A hundredth of the adversarial benchmarks: hostile strings through a site, random ones through files and feeds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        ("xss.py", ("--mutations", "60", "--every", "40"), "0 nodes that run, load or submit; in 62 of the strings"),
        ("fuzz.py", ("--strings", "1500", "--tags", "10000"), "10000 tags: 0 collide or escape"),
    ],
)
def test_nothing_runs_and_nothing_is_lost(script: str, arguments: tuple[str, ...], said: str) -> None:
    """The scripts end with 1 where anything fails, and say of what they judged that it is dangerous as it is."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(ROOT / "benchmarks" / script), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout
