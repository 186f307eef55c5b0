"""One refresh of a hostile server's feeds beside good ones: crashes, error kinds, memory, time, lag of the event loop.

    python benchmarks/hostile.py SERVER [--variants 3] [--good 50] [--expect FILE] [--all]

SERVER is a Python program that takes `--port 0 --hosts 50`, listens on 127.0.0.1 to 127.0.0.50 and prints `PORT n`. It
answers `/` with a JSON list of `{"path": …}`, `/__log` with a list of `{"target": …}` of what it was asked for, and
`/ok` with a feed of three items. Every path is asked `--variants` times, and with the queries of FILE, which also says
what must come of each (hostile.toml beside this script). A small set of this kind runs with the tests (tests/journeys).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import tomllib
import urllib.request
from collections import Counter
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from aggregator.model import Outcome

HOSTS = 50
PULSE = 0.005
SETTINGS = '[http]\nallow_private_networks = true\nper_host_delay = "0s"\nconcurrency = 20\ntimeout = "10s"\n'
TRAPS = ("/xxe-hit",)
"""Paths that only what is followed in a document leads to: asked for by nobody."""


async def child(site: str) -> dict[str, Any]:
    """Refresh the site in this process, then publish; return outcomes, lags of the refresh, times and peak memory."""
    from aggregator import memory
    from aggregator.app import App
    from aggregator.config import load
    from aggregator.errors import TagwireError

    memory.keep_little()  # as `tagwire refresh` does
    lags: list[float] = []
    outcomes: list[dict[str, Any]] = []

    async def pulse() -> None:
        while True:
            started = perf_counter()
            await asyncio.sleep(PULSE)
            lags.append(perf_counter() - started - PULSE)

    with App.open(load(site), write=True) as app:
        beating = asyncio.create_task(pulse())
        started = perf_counter()
        await app.refresh(publish=False, on_outcome=lambda one: outcomes.append(told(one)))
        seconds, peak = perf_counter() - started, peak_memory()
        beating.cancel()
        trouble = ""
        try:
            app.publish_changed()
        except TagwireError as error:
            trouble = str(error)
    return {
        "publishing failed": trouble,
        "outcomes": outcomes,
        "lags": lags,
        "seconds": {"refresh": seconds, "with publishing": perf_counter() - started},
        "main MiB": {"refresh": peak, "with publishing": peak_memory()},
    }


def told(one: Outcome) -> dict[str, Any]:
    """Return what counts of an outcome."""
    return {
        "source": one.source,
        "result": one.result,
        "items": one.new + one.updated + one.unchanged + one.duplicates,
        "kind": one.error.kind if one.error else "",
        "message": one.error.message if one.error else "",
        "seconds": one.seconds,
    }


def peak_memory() -> int:
    """Return the most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def tree_memory(root: int) -> int:
    """Return the resident memory of a process and its descendants now, in MiB."""
    parents: dict[int, int] = {}
    pages: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                pages[int(entry.name)] = int((entry / "statm").read_text().split()[1])
            except OSError:
                continue
            parents[int(entry.name)] = int(stat[1])
    total, queue = 0, [root]
    while queue:
        pid = queue.pop()
        total += pages.get(pid, 0)
        queue += [child for child, parent in parents.items() if parent == pid]
    return total * os.sysconf("SC_PAGE_SIZE") // (1 << 20)


def sources(targets: list[str], port: int, variants: int, good: int) -> tuple[str, dict[str, str]]:
    """Return sources.toml, and the target that stands behind each id."""
    where = {f"bad-{n}-{again}": target for n, target in enumerate(targets) for again in range(variants)}
    parts = []
    for number, (name, target) in enumerate(where.items()):
        path, _, query = target.partition("?")
        asked = f"{path}?id={name}{'&' * bool(query)}{quote(query, safe='=&:/[]')}"
        parts.append(f'[[sources]]\nid = "{name}"\nurl = "http://127.0.0.{number % HOSTS + 1}:{port}{asked}"\n')
    for number in range(good):
        url = f"http://127.0.0.{number % HOSTS + 1}:{port}/ok?good={number}"
        parts.append(f'[[sources]]\nid = "good-{number}"\nurl = "{url}"\n')
    return "".join(parts), where


def get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return json.load(answer)


def run(site: Path) -> tuple[dict[str, Any], int, str]:
    """Run the refresh in a process of its own; return its results, the peak of the process tree, and what it wrote."""
    results = site / "results.json"
    command = [sys.executable, __file__, "--child", str(site), str(results)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.is_set():
            peak = max(peak, tree_memory(process.pid))
            sleep(0.1)

    watching = threading.Thread(target=watch)
    watching.start()
    _, told = process.communicate()
    done.set()
    watching.join()
    if process.returncode:
        sys.exit(f"the refresh ended with {process.returncode}:\n{told[-3000:]}")
    return json.loads(results.read_text(encoding="utf-8")), peak, told


def judge(outcomes: list[dict[str, Any]], where: dict[str, str], expected: dict[str, str | list[str]]) -> list[str]:
    """Return a line for every result that is not the expected one."""
    wrong = set()
    for one in outcomes:
        target = where.get(one["source"], one["source"])
        kinds = expected.get(target, expected.get(target.partition("?")[0], []))
        allowed = [kinds] if isinstance(kinds, str) else kinds or [""]
        if one["kind"] not in allowed:
            wrong.add(f"{target}: {one['kind'] or 'read'}, not {kinds or 'read'}: {one['message'][:200]}")
    return sorted(wrong)


def main() -> None:
    """Print the figures."""
    if sys.argv[1] == "--child":
        Path(sys.argv[3]).write_text(json.dumps(asyncio.run(child(sys.argv[2]))), encoding="utf-8")
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server")
    parser.add_argument("--variants", type=int, default=3)
    parser.add_argument("--good", type=int, default=50)
    parser.add_argument("--expect", default=str(Path(__file__).with_name("hostile.toml")))
    parser.add_argument("--all", action="store_true", help="print every outcome")
    options = parser.parse_args()
    table = tomllib.loads(Path(options.expect).read_text(encoding="utf-8"))
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parents[1]))
    server = subprocess.Popen(
        [sys.executable, options.server, "--port", "0", "--hosts", str(HOSTS)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().split()[1])
        paths = [one["path"] for one in get(port, "/") if one["path"] not in ("/ok", *TRAPS)]
        targets = [*paths, *(f"{path}?{query}" for path in paths for query in table["queries"].get(path, ()))]
        with tempfile.TemporaryDirectory() as name:
            site = Path(name)
            (site / "config").mkdir()
            text, where = sources(targets, port, options.variants, options.good)
            (site / "config/tagwire.toml").write_text(SETTINGS, encoding="utf-8")
            (site / "config/sources.toml").write_text(text, encoding="utf-8")
            results, tree, told = run(site)
            asked = [entry["target"] for entry in get(port, "/__log")]
    finally:
        server.terminate()
        server.wait()
    outcomes = results["outcomes"]
    good = [one for one in outcomes if one["source"].startswith("good-")]
    lags = sorted(results["lags"])
    if options.all:
        for one in sorted(outcomes, key=lambda one: where.get(one["source"], "")):
            print(
                where.get(one["source"], one["source"]),
                one["kind"] or one["result"],
                one["items"],
                f"{one['seconds']:.1f}s",
                one["message"][:150],
            )
    figures = {
        "sources": len(outcomes),
        "results": dict(Counter(one["kind"] or one["result"] for one in outcomes).most_common()),
        "good exact": sum(one["result"] == "ok" and one["items"] == 3 for one in good),
        "not as expected": judge(outcomes, where, table["expected"]),
        "tracebacks": told.count("Traceback"),
        "never to be asked for": [target for target in asked if target.startswith(TRAPS)],
        "publishing failed": results["publishing failed"],
        "main MiB": results["main MiB"],
        "tree MiB": tree,
        "seconds": {name: round(value, 1) for name, value in results["seconds"].items()},
        "lag ms": {
            f"p{p:g}": round(1000 * lags[min(len(lags) - 1, int(len(lags) * p / 100))], 1) for p in (50, 99, 99.9, 100)
        },
    }
    json.dump(figures, sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
