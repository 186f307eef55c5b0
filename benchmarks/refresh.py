"""CPU of a cold and a warm refresh of many feeds from loopback, beside `reader` (PyPI) in the same run.

    python benchmarks/refresh.py --reader-python PATH [--feeds 1000] [--entries 30]

PATH is the python of an environment that has `reader` installed; without it only tagwire is measured. CPU is user +
system of the whole process tree. The server runs in a process of its own and is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

READER = """
import sys
from reader import make_reader
database, command, *urls = sys.argv[1:]
reader = make_reader(database)
if command == "add":
    for url in open(urls[0]).read().split():
        reader.add_feed(url)
else:
    reader.update_feeds(workers=10, scheduled=False)
"""
DECLARATION = "<?xml version='1.0' encoding='utf-8'?>"
ZH = "今年春天，山里的小图书馆终于开门了，来的人比座位多，大家便在走廊上读书。管理员说，明年要再添两排书架和一盏灯。"
EN = "The small library in the hills opened this spring, and more people came than there were chairs to sit on. "


def article(rng: random.Random, text: str, number: int) -> str:
    """Return 1 to 6 KB of HTML with about as many elements as 828 captured articles of 60 sources had.

    Those had per article of 5 KB: 14 paragraphs, 3.4 links, 3.4 spans, 2.4 bold or italic runs, 1 heading, 1 list item,
    and an image in every second one.
    """
    size = rng.randint(1_000, 6_000)
    parts = [f"<p><img src='http://127.0.0.1/i/{number}.jpg' alt='{text[:4]}'></p>"] if rng.random() < 0.5 else []
    while sum(len(part.encode()) for part in parts) < size:
        words = f"{text * rng.randint(1, 3)}{rng.random()}"
        for chance, tag in ((0.24, f"a href='http://127.0.0.1/x/{number}'"), (0.24, "span"), (0.17, "strong")):
            if rng.random() < chance:
                words += f"<{tag}>{text[:9]}</{tag.split()[0]}>{text}"
        shape = rng.choice(("<p>{}</p>",) * 14 + ("<h2>{}</h2>", "<ul><li>{}</li></ul>"))
        parts.append(shape.format(words))
    return "".join(parts)


ATOM_ALONE = 'formats = ["atom"]\narchive = "off"\n'
"""One Atom feed a tag, a source and for all; no copies are looked for in that run either."""


def feed(number: int, entries: int) -> bytes:
    """Return one feed: RSS 2.0 and Atom 1.0 by turns, half of the bodies Chinese."""
    rng = random.Random(number)
    atom = number % 2
    parts = []
    for index in range(entries):
        text = ZH if (number // 2 + index) % 2 else EN
        body = article(rng, text, number).replace("&", "&amp;").replace("<", "&lt;")
        link = f"http://127.0.0.1/{number}/{index}"
        day = 1 + index % 28
        title = f"{'山里的消息' if text is ZH else 'News from the hills'} {number}-{index}"
        if atom:
            parts.append(
                f"<entry><id>urn:x:{number}:{index}</id><title>{title}</title><link href='{link}'/>"
                f"<updated>2025-02-{day:02}T08:00:00Z</updated><category term='hills'/>"
                f"<content type='html'>{body}</content></entry>"
            )
        else:
            parts.append(
                f"<item><guid isPermaLink='false'>{number}-{index}</guid><title>{title}</title><link>{link}</link>"
                f"<pubDate>{day:02} Feb 2025 08:00:00 GMT</pubDate><category>hills</category>"
                f"<description>{body}</description></item>"
            )
    if atom:
        head = (
            f"<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:x:{number}</id><title>Feed {number}</title>"
            "<updated>2025-02-28T08:00:00Z</updated>"
        )
        return f"{DECLARATION}{head}{''.join(parts)}</feed>".encode()
    head = f"<rss version='2.0'><channel><title>Feed {number}</title><link>http://127.0.0.1/{number}</link>"
    return f"{DECLARATION}{head}<description>d</description>{''.join(parts)}</channel></rss>".encode()


def serve(count: int, entries: int, ready: multiprocessing.Queue[int]) -> None:
    """Serve the feeds with ETag and gzip on a free port of loopback until killed."""
    pages = {}
    for number in range(count):
        body = gzip.compress(feed(number, entries))
        pages[f"/{number}.xml"] = (f'"{hashlib.sha256(body).hexdigest()[:16]}"', body)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                lines = request.decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
                etag, body = pages[lines[0].split()[1]]
                if headers.get("if-none-match") == etag:
                    writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode())
                else:
                    kind = "Content-Type: application/xml\r\nContent-Encoding: gzip"
                    head = f"HTTP/1.1 200 OK\r\nETag: {etag}\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                    writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(client, "127.0.0.1", 0)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def measure(command: list[str], cwd: Path) -> dict[str, float]:
    """Run a command and return CPU seconds of its process tree and wall seconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{command} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": round(cpu, 2), "wall": round(perf_counter() - started, 2)}


def tagwire(site: Path, urls: list[str], *options: str, publish: str = "") -> dict[str, dict[str, float]]:
    """Measure tagwire in a fresh site, `options` being its refresh's, `publish` lines of its configuration."""
    (site / "config").mkdir(parents=True)
    (site / "config/tagwire.toml").write_text(
        f'[http]\nallow_private_networks = true\nper_host_delay = "0s"\n[publish]\n{publish}', encoding="utf-8"
    )
    sources = "".join(f'[[sources]]\nid = "f{n}"\nurl = "{url}"\n' for n, url in enumerate(urls))
    (site / "config/sources.toml").write_text(sources, encoding="utf-8")
    command = [sys.executable, "-m", "aggregator", "-C", str(site), "-q", "refresh", *options]
    figures = {"cold": measure(command, Path.cwd()), "warm": measure(command, Path.cwd())}
    items = sum(1 for _ in (site / "items").rglob("*.md"))
    feeds = sum(1 for _ in (site / "feeds").rglob("*.xml"))
    return {**figures, "kept": {"items": items, "feeds": feeds}}


def compile_modules(directory: Path, url: str, reader_python: str) -> None:
    """Refresh one feed with each program, unmeasured: their modules are compiled when they are installed."""
    directory.mkdir()
    tagwire(directory / "site", [url])
    if reader_python:
        reader(reader_python, directory, [url])


def copies(directory: Path, urls: list[str]) -> dict[str, object]:
    """Measure what looking for copies costs: the share of a refresh's CPU."""
    without = tagwire(directory / "without", urls, "--no-near")
    looked = tagwire(directory / "with", urls)
    share = {run: round(1 - without[run]["cpu"] / looked[run]["cpu"], 3) for run in ("cold", "warm")}
    for site in directory.iterdir():
        shutil.rmtree(site)
    return {"without": without, "with": looked, "share": share}


def reader(python: str, directory: Path, urls: list[str]) -> dict[str, dict[str, float]]:
    """Measure reader's update command in a fresh database."""
    script, listing, database = directory / "run.py", directory / "urls", str(directory / "reader.sqlite")
    script.write_text(READER, encoding="utf-8")
    listing.write_text("\n".join(urls), encoding="utf-8")
    measure([python, str(script), database, "add", str(listing)], directory)
    update = [python, str(script), database, "update"]
    return {"cold": measure(update, directory), "warm": measure(update, directory)}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--reader-python", default="")
    parser.add_argument(
        "--near", type=int, default=0, help="so many runs, by turns with and without looking for copies"
    )
    options = parser.parse_args()
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(options.feeds, options.entries, ready), daemon=True)
    server.start()
    port = ready.get()
    urls = [f"http://127.0.0.1:{port}/{number}.xml" for number in range(options.feeds)]
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parents[1]))
    with tempfile.TemporaryDirectory() as name:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(name) / "bytecode")
        compile_modules(Path(name) / "compiled", urls[0], options.reader_python)
        if options.near:
            figures = {"runs": [copies(Path(name) / f"{number}", urls) for number in range(options.near)]}
        else:
            figures = {"tagwire": tagwire(Path(name) / "site", urls)}
        if options.reader_python:
            figures["reader"] = reader(options.reader_python, Path(name), urls)
            ours, theirs = figures["tagwire"], figures["reader"]
            figures["ratio"] = {run: round(ours[run]["cpu"] / theirs[run]["cpu"], 3) for run in ("cold", "warm")}
            figures["bare"] = tagwire(Path(name) / "bare", urls, "--no-publish", "--no-near")  # reader has neither
            figures["atom"] = tagwire(Path(name) / "atom", urls, "--no-near", publish=ATOM_ALONE)
            for run in ("bare", "atom"):
                figures["ratio"][run] = round(figures[run]["cold"]["cpu"] / theirs["cold"]["cpu"], 3)
    server.terminate()
    json.dump(figures, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
