"""The daemon for long: start, idle cost, stopping at random moments, and a soak with time pressed together.

    python benchmarks/daemon.py start [--sources 1000]
    python benchmarks/daemon.py stop [--times 200]
    python benchmarks/daemon.py soak [--sources 1000] [--minutes 14.4]

`soak` runs a day in 14.4 minutes: intervals are a hundredth of the default ones. One source in ten misbehaves: it
drips, answers 500, cuts its body, is no feed, or asks to be left alone. Everything is on loopback; the server runs in a
process of its own. Memory is in MiB, of the daemon's process tree where nothing else is said.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTS = 250
"""Loopback addresses that the sources are spread over."""
PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20
TICKS = os.sysconf("SC_CLK_TCK")


def serve(ready: multiprocessing.Queue[int], log: str) -> None:
    """Serve a feed under every path until killed; notes overlapping requests of a host in the file `log`."""
    open_now: dict[str, int] = {}
    overlaps = Path(log).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - for the life of the process

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                open_now[host] = open_now.get(host, 0) + 1
                if open_now[host] > 1:
                    overlaps.write(f"{host} {open_now[host]}\n")
                try:
                    await answer(request.decode("latin-1"), reader, writer)
                finally:
                    open_now[host] -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(client, "0.0.0.0", 0)  # all of 127.0.0.0/8
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


async def answer(request: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request: most sources have news once in a while, one in ten misbehaves."""
    number = int(request.split()[1].strip("/").split(".")[0])
    edition = int(perf_counter() // 30)
    etag = f'"{number}-{edition}"'
    if number % 10 == 0:
        await misbehave(number // 10 % 5, reader, writer)
    elif f"If-None-Match: {etag}".lower() in request.lower():
        writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode())
    else:
        body = feed(number, edition)
        writer.write(f"HTTP/1.1 200 OK\r\nETag: {etag}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


async def misbehave(how: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Drip, fail, cut short, be no feed, or ask to be left alone."""
    if how == 0:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.5)
                return  # the client has hung up, and may come back
    elif how == 1:
        writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
    elif how == 2:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n<rss><channel>")
        writer.close()
    elif how == 3:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n<html>no feed</html>")
    else:
        writer.write(b"HTTP/1.1 429 Slow down\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n")


def feed(number: int, edition: int) -> bytes:
    """Return a feed of ten entries, of which each edition brings one new."""
    entries = "".join(
        f"<item><guid>urn:x:{number}:{one}</guid><title>News {number} {one}</title><category>c{one % 50}</category>"
        f"<link>http://127.0.0.1/{number}/{one}</link><description>{text(number, one)}</description></item>"
        for one in range(edition - 9, edition + 1)
    )
    return f"<rss version='2.0'><channel><title>{number}</title>{entries}</channel></rss>".encode()


def text(number: int, one: int) -> str:
    """Return 240 characters of chance: were all entries of one text, all of them would be one story."""
    return "".join(map(chr, random.Random(f"{number} {one}").choices(range(0x4E00, 0x5E00), k=240)))


def site(directory: Path, port: int, sources: int, *, divisor: int = 1, served: int = 0, meek: bool = False) -> Path:
    """Make a site whose sources are spread over loopback hosts; intervals are divided by `divisor`.

    None of the sources misbehaves if they are `meek`.
    """
    (directory / "config").mkdir(parents=True)
    seconds = {"base": 3600 // divisor, "min": 1800 // divisor, "max": 86400 // divisor}
    schedule = "".join(f'{key} = "{value}s"\n' for key, value in seconds.items())
    (directory / "config/tagwire.toml").write_text(
        f'[http]\nallow_private_networks = true\nper_host_delay = "{1 / divisor:g}s"\ntimeout = "10s"\n'
        f"[schedule]\n{schedule}[server]\nport = {served}\n",
        encoding="utf-8",
    )
    hosts = (f"127.0.{one // HOSTS % 2 + 1}.{one % HOSTS + 1}" for one in range(sources))
    numbers = (one for one in range(2 * sources) if one % 10 or not meek)
    text = "".join(
        f'[[sources]]\nid = "s{n}"\nurl = "http://{host}:{port}/{n}.xml"\n'
        for n, host in zip(numbers, hosts, strict=False)
    )
    (directory / "config/sources.toml").write_text(text, encoding="utf-8")
    return directory


PRESSED = """
from aggregator import daemon
daemon.BEAT = {beat}
if __name__ == "__main__":
    from aggregator.cli import main
    main()
"""


def daemon(place: Path, *options: str, log: str, beat: float = 15.0) -> subprocess.Popen[bytes]:
    """Start the daemon with this many seconds between its beats; its log goes to the file `log` in the site."""
    script = place / "daemon.py"
    script.write_text(PRESSED.format(beat=beat), encoding="utf-8")
    command = [sys.executable, str(script), "-C", str(place), "--json", "run", *options]
    with (place / log).open("wb") as file:
        return subprocess.Popen(command, stderr=file)


def tree(pid: int) -> Iterator[int]:
    """Give a process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from tree(int(child))


def memory(pid: int) -> float:
    """Return the resident MiB of a process tree."""
    total = 0.0
    for one in tree(pid):
        total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * PAGE
    return round(total, 1)


def descriptors(pid: int) -> tuple[int, int]:
    """Return how many sockets a process has open, and how many other descriptors."""
    kinds = []
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            kinds.append(str(one.readlink()).startswith("socket:"))
    return sum(kinds), len(kinds) - sum(kinds)


def catches(pid: int, signum: int) -> bool:
    """Whether a process has a handler for the signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> signum - 1 & 1)


def cpu(pid: int) -> float:
    """Return the CPU seconds that a process and its ended children have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def messages(place: Path, log: str) -> list[dict[str, str]]:
    """Return the daemon's log."""
    return [json.loads(line) for line in (place / log).read_text(encoding="utf-8").splitlines() if line.startswith("{")]


def idle_from(place: Path, log: str) -> bool:
    """Whether the first round is through."""
    return any("sources:" in line["message"] for line in messages(place, log))


def start(port: int, sources: int) -> dict[str, object]:
    """Measure the time until the first request is served, and what doing nothing costs afterwards."""
    with tempfile.TemporaryDirectory() as name:
        place = site(Path(name) / "site", port, sources, served=(served := port + 1), meek=True)
        subprocess.run(
            [sys.executable, "-m", "aggregator", "-C", str(place), "-q", "refresh", "--fail", "never"], check=True
        )
        began = perf_counter()
        running = daemon(place, log="log")
        while True:
            try:
                urlopen(f"http://127.0.0.1:{served}/all.xml").close()
                break
            except OSError:
                sleep(0.01)
        first = perf_counter() - began
        sleep(20)
        before, since = cpu(running.pid), perf_counter()
        sleep(60)
        used = (cpu(running.pid) - before) / (perf_counter() - since)
        figures = {
            "first_request_s": round(first, 2),
            "idle_cpu_percent": round(100 * used, 3),
            "mib": memory(running.pid),
        }
        running.terminate()
        return {**figures, "exit": running.wait(20)}


def stop(port: int, times: int) -> dict[str, object]:
    """Stop a working daemon at random moments; every exit is clean, in time, and leaves whole files."""
    rng = random.Random(1)
    slowest, codes, torn = 0.0, set(), 0
    with tempfile.TemporaryDirectory() as name:
        place = site(Path(name) / "site", port, 60)
        for number in range(times):
            running = daemon(place, "--no-serve", log="log")
            while not catches(running.pid, signal.SIGTERM):  # before that it is Python that starts, not we
                sleep(0.001)
            sleep(rng.uniform(0, 3))
            began = perf_counter()
            running.send_signal(signal.SIGTERM)
            codes.add(running.wait(30))
            slowest = max(slowest, perf_counter() - began)
            if number % 20 == 19 or number == times - 1:
                doctor = subprocess.run(
                    [sys.executable, "-m", "aggregator", "-C", str(place), "doctor", "--json"],
                    capture_output=True,
                    check=False,
                )
                torn += sum(one["level"] == "error" for one in json.loads(doctor.stdout)["findings"])
    return {"times": times, "exit_codes": sorted(codes), "slowest_s": round(slowest, 2), "errors_found": torn}


def soak(port: int, sources: int, minutes: float, overlaps: Path) -> dict[str, object]:
    """Run a pressed day; watch memory, descriptors, beats and overlapping requests."""
    samples: list[tuple[float, float, int, int]] = []
    with tempfile.TemporaryDirectory() as name:
        place = site(Path(name) / "site", port, sources, divisor=100)
        running = daemon(place, "--no-serve", log="log", beat=0.15)
        end = perf_counter() + 60 * minutes
        while perf_counter() < end:
            sleep(min(60 * minutes / 100, 5))
            own = int(Path(f"/proc/{running.pid}/statm").read_text().split()[1]) * PAGE
            samples.append((own, memory(running.pid) - own, *descriptors(running.pid)))
        running.terminate()
        code = running.wait(30)
        log = messages(place, "log")
        items = sum(1 for _ in (place / "items").rglob("*.md"))
    tenths = [samples[len(samples) * one // 10 : len(samples) * (one + 1) // 10] for one in range(10)]
    return {
        "exit": code,
        "items": items,
        "mib_by_tenths": [round(median(one[0] for one in part), 1) for part in tenths],
        "mib_at_most_by_tenths": [round(max(one[0] for one in part), 1) for part in tenths],
        "mib_of_workers_by_tenths": [round(median(one[1] for one in part), 1) for part in tenths],
        "sockets_by_tenths": [median(one[2] for one in part) for part in tenths],
        "sockets_at_most_by_tenths": [max(one[2] for one in part) for part in tenths],
        "other_descriptors_by_tenths": [(min(one[3] for one in part), max(one[3] for one in part)) for part in tenths],
        "beats_failed": sum(line["level"] == "error" for line in log),
        "beats": sum("sources:" in line["message"] for line in log),
        "overlaps": len(overlaps.read_text().splitlines()) if overlaps.exists() else 0,
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("start", "stop", "soak"))
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=14.4)
    options = parser.parse_args()
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parents[1]))
    with tempfile.TemporaryDirectory() as name:
        overlaps = Path(name) / "overlaps"
        ready: multiprocessing.Queue[int] = multiprocessing.Queue()
        server = multiprocessing.Process(target=serve, args=(ready, str(overlaps)), daemon=True)
        server.start()
        port = ready.get()
        work = {
            "start": lambda: start(port, options.sources),
            "stop": lambda: stop(port, options.times),
            "soak": lambda: soak(port, options.sources, options.minutes, overlaps),
        }
        json.dump(work[options.what](), sys.stdout, indent=2)
        server.terminate()
    print()


if __name__ == "__main__":
    main()
