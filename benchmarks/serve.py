"""The server on loopback: answers a second with wrk, time to the first answer, memory, and readers during publication.

    python benchmarks/serve.py [--seconds 5] [--connections 32] [--readers 100]

The server runs on one core and wrk on another, if there are two. wrk (https://github.com/wg/wrk) must be installed. The
feed is as large as real ones are: 500 kB of Chinese text. Readers poll a feed without pause while it is published anew
again and again, in all codings, and parse what they get.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import brotli
from lxml import etree

from aggregator import files

PATH = "/tags/news.xml"


def feed(number: int, size: int = 500_000) -> bytes:
    """Return an Atom feed of about `size` bytes that says its number at both ends."""
    rng = random.Random(number)
    signs = [chr(point) for point in range(0x4E00, 0x5800)]
    words = ["".join(rng.choices(signs, k=rng.choice((2, 4, 8, 12)))) for _ in range(3000)]
    weights = [1 / (rank + 2) for rank in range(len(words))]
    entries, length = [], 0
    while length < size:
        text = "".join(rng.choices(words, weights, k=110))
        entries.append(
            f"<entry><id>tag:x,2026:{len(entries)}</id><title>{text[:20]}</title><content>{text}</content></entry>"
        )
        length += len(entries[-1].encode())
    body = "\n".join(entries)
    return f'<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom" first="{number}">{body}<rights>{number}</rights></feed>'.encode()  # noqa: E501


class Server:
    """`tagwire serve` in a directory, on a core of its own."""

    def __init__(self, root: Path) -> None:
        self.started = time.perf_counter()
        command = [sys.executable, "-m", "aggregator", "-C", str(root), "serve", "--port", "0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: pin(0))  # noqa: PLW1509
        line = self.process.stderr.readline()
        self.port = int(re.search(r"port (\d+)", line)[1])

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()

    def memory(self) -> float:
        """Return the resident megabytes."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return round(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024, 1)

    def cpu(self) -> float:
        """Return the CPU seconds used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pin(core: int) -> None:
    """Keep this process on a core."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


def wrk(server: Server, path: str, options: argparse.Namespace, **headers: str) -> dict[str, float]:
    """Return what wrk measured, and the server's CPU time for one answer."""
    wanted = [part for name, value in headers.items() for part in ("-H", f"{name.replace('_', '-')}: {value}")]
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", "--latency", *wanted]
    before = server.cpu()
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}{path}"],
        capture_output=True, text=True, check=True, preexec_fn=lambda: pin(1),
    )  # fmt: skip
    spent = server.cpu() - before
    count = int(re.search(r"(\d+) requests in", done.stdout)[1])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    errors = re.search(r"Socket errors: (.*)", done.stdout)
    return {
        "per_second": round(float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])),
        "per_cpu_second": round(count / spent) if spent else 0,
        "p99": re.search(r"99%\s+(\S+)", done.stdout)[1],
        "bad": int(bad[1]) if bad else 0,
        "errors": errors[1] if errors else "",
    }


async def poll(server: Server, coding: str, until: float, told: list[str]) -> int:
    """Read the feed again and again, and tell what is broken; return how often."""
    undo = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[coding]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    count, etag = 0, ""
    while time.perf_counter() < until:
        conditional = f"If-None-Match: {etag}\r\n" if count % 2 else ""
        writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {coding}\r\n{conditional}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        etag = re.search(r"etag: (.*)\r", head)[1]
        count += 1
        if head.startswith("HTTP/1.1 304"):
            continue
        body = await reader.readexactly(int(re.search(r"content-length: (\d+)", head)[1]))
        try:
            root = etree.fromstring(undo(body))
            if root.get("first") != root[-1].text:
                told.append("two publications in one answer")
        except (etree.XMLSyntaxError, brotli.error, OSError) as error:
            told.append(repr(error))
    writer.close()
    return count


async def readers(server: Server, root: Path, options: argparse.Namespace) -> dict[str, object]:
    """Let readers poll while the feed is published anew."""
    told: list[str] = []
    until = time.perf_counter() + options.seconds
    tasks = [
        asyncio.create_task(poll(server, ("", "gzip", "br")[number % 3], until, told))
        for number in range(options.readers)
    ]
    editions = [feed(number, 60_000) for number in range(20)]
    published = 0
    while time.perf_counter() < until:
        await asyncio.to_thread(files.write, root / "feeds" / PATH.lstrip("/"), editions[published % 20])
        published += 1
        await asyncio.sleep(0.02)
    polls = sum(await asyncio.gather(*tasks))
    return {
        "readers": options.readers,
        "polls": polls,
        "publications": published,
        "broken": len(told),
        "first": told[:3],
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--readers", type=int, default=100)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp())
    (root / "config").mkdir()
    (root / "config/tagwire.toml").write_text("")
    files.write(root / "feeds" / PATH.lstrip("/"), feed(0))
    starts = []
    for _ in range(5):
        server = Server(root)
        assert server.get("/healthz")[0] == 200
        starts.append((time.perf_counter() - server.started, server.cpu()))
        server.process.terminate()
        server.process.wait()
    server = Server(root)
    status, headers, body = server.get(PATH, **{"Accept-Encoding": "br"})
    assert (status, headers["content-encoding"]) == (200, "br")
    report = {
        "start_to_first_answer_s": round(statistics.median(wall for wall, _ in starts), 2),
        "of_which_cpu_s": round(statistics.median(cpu for _, cpu in starts), 2),
        "feed_bytes": len(feed(0)),
        "br_bytes": len(body),
        "memory_before_mb": server.memory(),
        "304": wrk(server, PATH, options, Accept_Encoding="br", If_None_Match=headers["etag"]),
        "200_br": wrk(server, PATH, options, Accept_Encoding="br"),
        "200_plain": wrk(server, PATH, options),
        "healthz": wrk(server, "/healthz", options),
        "publication": asyncio.run(readers(server, root, options)),
        "memory_after_mb": server.memory(),
    }
    server.process.terminate()
    server.process.wait()
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
