"""Debian's feed readers on loopback: they subscribe to what we publish, and ask for it cheaply."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from urllib.parse import quote

import pytest

from aggregator.testing import LoopbackSite

newsboat = shutil.which("newsboat")
sfeed = shutil.which("sfeed")


@pytest.fixture
def site(press, day):
    """Two tag feeds with the same three items, and a server for them."""
    press.configure(entries=50, max=50)
    for number in range(3):
        press.add(number, day(2, 1 + number), "航运", "港口", body="**潮水**很高。")
    with LoopbackSite() as server:

        def serve():
            press.publish()
            for name in press.files("*.xml"):
                server.page(
                    f"/{quote(name)}",
                    (press.root / "feeds" / name).read_bytes(),
                    last_modified="Sun, 02 Feb 2025 00:00:00 GMT",
                )

        serve()
        yield press, server, serve


def poll(home, *urls: str) -> None:
    """One round of newsboat over the feeds, with nothing of this machine's user."""
    (home / "urls").write_text("".join(f"{url}\n" for url in urls))
    (home / "config").touch()
    command = [str(newsboat), "-u", home / "urls", "-c", home / "cache.db", "-C", home / "config", "-x", "reload"]
    env = {**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"}
    subprocess.run(command, env=env, check=True, capture_output=True, timeout=30)


def read(home, sql: str) -> list[tuple]:
    with sqlite3.connect(home / "cache.db") as cache:
        found = cache.execute(sql).fetchall()
    cache.close()
    return found


@pytest.mark.skipif(not newsboat, reason="newsboat is not installed")
def test_newsboat_shows_all_entries_and_polls_cheaply(site, tmp_path):
    _press, server, _ = site
    slug = quote("tags/航运.xml")
    for _ in range(3):
        poll(tmp_path, server.url(f"/{slug}"))
    rows = read(tmp_path, "SELECT title, url, pubDate FROM rss_item ORDER BY pubDate")
    assert rows == [(f"消息 {n}", f"https://harbour.example.org/{n}", 1738411200 + 86400 * n) for n in range(3)]
    assert read(tmp_path, "SELECT title FROM rss_feed") == [("航运 · 港湾",)]
    # newsboat 2.21 keeps validators of feeds that it has a row for already, so not those of its very first poll.
    assert [visit.status for visit in server.requests] == [200, 200, 304]


@pytest.mark.skipif(not newsboat, reason="newsboat is not installed")
def test_newsboat_hides_an_id_it_knows_unless_ids_are_per_feed(site, tmp_path):
    press, server, serve = site
    urls = [server.url(f"/{quote(f'tags/{tag}.xml')}") for tag in ("航运", "港口")]
    poll(tmp_path, *urls)
    assert read(tmp_path, "SELECT count(*) FROM rss_item") == [(3,)]
    press.configure(entry_ids="per-feed")
    serve()
    other = tmp_path / "other"
    other.mkdir()
    poll(other, *urls)
    assert read(other, "SELECT feedurl, count(*) FROM rss_item GROUP BY feedurl ORDER BY feedurl DESC") == [
        (url, 3) for url in sorted(urls, reverse=True)
    ]


@pytest.mark.skipif(not sfeed, reason="sfeed is not installed")
def test_sfeed_reads_every_entry(site):
    press, _, _ = site
    data = (press.root / "feeds/tags/航运.xml").read_bytes()
    done = subprocess.run([str(sfeed)], input=data, capture_output=True, check=True, timeout=30)
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert [(row[1], row[2], row[5]) for row in rows] == [
        (f"消息 {n}", f"https://harbour.example.org/{n}", f"https://harbour.example.org/{n}") for n in (2, 1, 0)
    ]
