"""The command line: one module per command, found by the table in `root`, imported when it is run.

Results go to stdout; messages and the progress bar to stderr. This package holds no rules of its own: it calls
`aggregator.app` and `aggregator.config` and tells what came of it.
"""

from __future__ import annotations

import sys

from aggregator.cli import encoding
from aggregator.cli.runner import run


def main() -> None:
    """Run the command that the process was started with and exit with its code (docs/cli.md)."""
    encoding.settle()
    sys.exit(run(sys.argv[1:]))
