"""A refresh of a directory of captured feeds, served from loopback: what is kept and told, what a second run costs.

    python benchmarks/corpus.py DIRECTORY [--site DIR]

Every `*.xml` and `*.json` of DIRECTORY becomes one source. Entries found are counted by feedparser as it comes (for
JSON by `items`), entries kept are items, copies and entries that were told as problems.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import feedparser

from aggregator.testing import LoopbackSite


def entries(body: bytes, name: str) -> int:
    """Return the number of entries in a document, by somebody else's count."""
    if name.endswith(".json"):
        return len(json.loads(body).get("items", []))
    return len(feedparser.parse(io.BytesIO(body)).entries)


def refresh(site: Path) -> tuple[dict[str, dict], dict, str]:
    """Run one refresh and return its events by source, its summary and its messages."""
    command = [sys.executable, "-m", "aggregator", "-C", str(site), "--json", "refresh", "--fail", "never"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return {event["source"]: event for event in events if event["event"] == "source"}, events[-1], done.stderr


def tree(directory: Path) -> dict[str, int]:
    """Return the modification time of every file."""
    return {str(path): path.stat().st_mtime_ns for path in directory.rglob("*") if path.is_file()}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--site", type=Path, default=None)
    options = parser.parse_args()
    site = options.site or Path(tempfile.mkdtemp())
    files = sorted(path for path in options.directory.iterdir() if path.suffix in {".xml", ".json"})
    (site / "config").mkdir(parents=True, exist_ok=True)
    config = '[http]\nallow_hosts = ["127.0.0.1"]\nper_host_delay = "0s"\n'
    (site / "config/tagwire.toml").write_text(config, encoding="utf-8")
    with LoopbackSite() as server:
        found, lines = {}, []
        for path in files:
            body = path.read_bytes()
            server.page(f"/{path.name}", body, media_type="application/xml")
            name = path.stem.lower()
            found[name] = entries(body, path.name)
            lines.append(f'[[sources]]\nid = "{name}"\nurl = "{server.url("/" + path.name)}"\n')
        (site / "config/sources.toml").write_text("".join(lines), encoding="utf-8")
        first, summary, messages = refresh(site)
        before = tree(site / "items") | tree(site / "feeds")
        second, again, _ = refresh(site)
        after = tree(site / "items") | tree(site / "feeds")
    places = (line.split(" entry ")[0] for line in messages.splitlines() if " entry " in line)
    told = Counter(place.rsplit("/", 1)[-1].split(".")[0].lower() for place in places)
    short = {
        name: {"found": count, "told": told[name], "event": first[name]}
        for name, count in found.items()
        if count != first[name]["new"] + first[name]["duplicates"] + told[name]
    }
    report = {
        "sources": len(files),
        "results": dict(Counter(event["result"] for event in first.values())),
        "errors": {name: event["error"] for name, event in first.items() if event["error"]},
        "entries_found": sum(found.values()),
        "items": summary["new"],
        "duplicates": summary["duplicates"],
        "told": sum(told.values()),
        "differences": short,
        "seconds": summary["seconds"],
        "exit": summary["exit"],
        "feeds": sum(1 for _ in (site / "feeds").rglob("*.xml")),
        "second_run": {
            "results": dict(Counter(event["result"] for event in second.values())),
            "new": again["new"],
            "updated": again["updated"],
            "files_rewritten": sorted(path for path in after if before.get(path) != after[path])[:20],
        },
        "site": str(site),
    }
    json.dump(report, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
