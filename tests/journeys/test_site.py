"""A site's life as its owner sees it, feeds read back with feedparser.

The command runs as a program of its own where processes are what the test is about, and for the first refresh of every
site that others start from; else in this process.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import feedparser
import pytest

from aggregator import locks
from aggregator.testing import LoopbackSite

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "aggregator"]


def program(site: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the program in a site and check its exit code."""
    done = subprocess.run(
        [*COMMAND, "-C", str(site), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def command(tagwire, inline_workers):
    """Call the command line in a site and check its exit code; returns what it printed."""

    def call(site, *arguments, code=0):
        done = tagwire("-C", site, *arguments)
        assert done.code == code, done
        assert "unexpected" not in done.err
        return done

    return call


def tree(directory: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file with its time and bytes, but for notes of what was being written."""
    return {
        str(path.relative_to(directory)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.parent.name != ".staging"
    }


def entries(path: Path) -> list[feedparser.FeedParserDict]:
    """Return a published feed's entries; it must be well-formed, with unique ids."""
    parsed = feedparser.parse(io.BytesIO(path.read_bytes()))
    assert not parsed.bozo
    ids = [entry.id for entry in parsed.entries]
    assert len(ids) == len(set(ids))
    return list(parsed.entries)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's own configuration and seeds, refreshed once."""
    site = tmp_path_factory.mktemp("shipped")
    for name in ("config", "seeds"):
        shutil.copytree(ROOT / name, site / name)
    program(site, "refresh", "--fail", "never")
    return site


@pytest.fixture
def site(shipped: Path, tmp_path: Path) -> Path:
    """A copy of it for one test, times included."""
    shutil.copytree(shipped, tmp_path / "site")
    return tmp_path / "site"


def test_the_shipped_site_works_offline(shipped: Path) -> None:
    """Seeds come out byte-identical, one article of the samples stands once, and every feed parses."""
    kept = {path.read_bytes() for path in (shipped / "items").rglob("*.md")}
    seeds = list((shipped / "seeds").glob("*.md"))
    assert len(seeds) >= 6
    assert all(seed.read_bytes() in kept for seed in seeds)
    assert len(list((shipped / "items/.duplicates").rglob("*.md"))) == 1
    published = list((shipped / "feeds").rglob("*.xml"))
    assert {"all.xml", "qq.xml", "wallstreetcn.xml"} <= {path.name for path in published}
    titles = [entry.title for entry in entries(shipped / "feeds/all.xml")]
    assert len(titles) == len(set(titles))
    for path in published:
        assert entries(path)


def test_a_second_refresh_and_publish_rewrite_nothing(site: Path, command) -> None:
    """No bytes, no times."""
    before = tree(site / "items"), tree(site / "feeds")
    summary = command(site, "refresh", "--json").lines[-1]
    assert (summary["new"], summary["updated"], summary["feeds_written"]) == (0, 0, [])
    command(site, "publish", "--check")
    command(site, "publish")
    assert (tree(site / "items"), tree(site / "feeds")) == before


def test_a_lost_index_comes_back_with_the_same_feeds(site: Path, command) -> None:
    """Delete var/, reindex, refresh: nothing is announced again."""
    before = {name: data for name, (_, data) in tree(site / "feeds").items() if name.endswith((".xml", ".json"))}
    ids = {entry.id for entry in entries(site / "feeds/all.xml")}
    shutil.rmtree(site / "var")
    command(site, "reindex")
    summary = command(site, "refresh", "--json").lines[-1]
    assert (summary["new"], summary["updated"]) == (0, 0)
    assert {entry.id for entry in entries(site / "feeds/all.xml")} == ids
    after = {name: data for name, (_, data) in tree(site / "feeds").items() if name.endswith((".xml", ".json"))}
    assert before.keys() == after.keys()


def test_refreshing_without_an_index_overwrites_no_edit(site: Path, command) -> None:
    """The files are taken in before anything is written."""
    path = next((site / "items/qq").rglob("*.md"))
    path.write_text(path.read_text(encoding="utf-8").replace("\n---\n\n", "\n---\n\n手改。", 1), encoding="utf-8")
    edited = path.read_bytes()
    shutil.rmtree(site / "var")
    command(site, "refresh")
    assert path.read_bytes() == edited
    assert len(list((site / "items").rglob("*.md"))) == len(set((site / "items").rglob("*.md")))


def test_the_owners_edit_is_published_and_deletion_respected(site: Path, command) -> None:
    """Refresh reads what the owner did to the files."""
    edited, deleted = sorted((site / "items/qq").rglob("*.md"))[:2]
    edited.write_text(edited.read_text(encoding="utf-8").replace('title: "', 'title: "【手改】', 1), encoding="utf-8")
    title = deleted.read_text(encoding="utf-8").split('title: "', 1)[1].split('"\n', 1)[0]
    deleted.unlink()
    command(site, "refresh")
    titles = [entry.title for entry in entries(site / "feeds/all.xml")]
    assert any(one.startswith("【手改】") for one in titles)
    assert title not in titles
    assert not deleted.exists()
    shutil.rmtree(site / "var")
    command(site, "refresh")
    assert not deleted.exists()


def test_lost_feed_files_come_back_with_the_next_refresh(site: Path, command) -> None:
    """One of them or all; nothing else is rewritten."""
    before = {name: data for name, (_, data) in tree(site / "feeds").items()}
    (site / "feeds/tags/qq.xml").unlink()
    summary = command(site, "refresh", "--json").lines[-1]
    assert summary["feeds_written"] == ["feeds/tags/qq.xml"]
    shutil.rmtree(site / "feeds")
    command(site, "refresh")
    assert {name: data for name, (_, data) in tree(site / "feeds").items()} == before


def test_an_unmounted_disk_empties_no_feed(site: Path, command) -> None:
    """Neither refresh nor publish takes missing files for a wish; all is well when they are back."""
    before = tree(site / "feeds")
    (site / "items").rename(site / "elsewhere")
    for name in ("publish", "refresh", "reindex"):
        assert "item files are gone" in command(site, name, code=1).err
    assert tree(site / "feeds") == before
    (site / "elsewhere").rename(site / "items")
    command(site, "publish", "--check")


def test_new_rules_reach_old_items_and_leave_them_again(site: Path, command) -> None:
    """A rule added to tags.toml gives its tag to items that are there, in the feeds and in the files of feed sources.

    Files that came from a folder stay as they are. Without the rule everything is as it was, to the byte.
    """
    before = {path: data for path, (_, data) in tree(site / "items").items()}
    rules = site / "config/tags.toml"
    written = rules.read_text(encoding="utf-8")
    rules.write_text(f'{written}\n[[tags]]\nname = "夜"\nslug = "night"\nmatch = ["夜"]\n', encoding="utf-8")
    command(site, "refresh")
    assert entries(site / "feeds/tags/night.xml")
    after = {path: data for path, (_, data) in tree(site / "items").items()}
    changed = {path for path in before if after[path] != before[path]}
    assert changed
    assert all(path.removeprefix(".duplicates/").startswith(("qq/", "wallstreetcn/")) for path in changed)
    assert all('  - "夜"\n' in after[path].decode() for path in changed)
    rules.write_text(written, encoding="utf-8")
    command(site, "refresh")
    assert {path: data for path, (_, data) in tree(site / "items").items()} == before
    assert not (site / "feeds/tags/night.xml").exists()


def test_what_rules_gave_to_folder_items_survives_the_loss_of_the_index(site: Path, command) -> None:
    """Tags that stand in no file come back with the index."""
    bare = site / "seeds/bare.md"
    bare.write_text("---\ntitle: Bare\n---\n\nAI 与夜。\n", encoding="utf-8")
    command(site, "refresh")
    before = {name: data for name, (_, data) in tree(site / "feeds/tags").items()}
    shutil.rmtree(site / "var")
    command(site, "reindex")
    command(site, "refresh")
    after = {name: data for name, (_, data) in tree(site / "feeds/tags").items()}
    assert after.keys() == before.keys()


def test_an_unknown_source_is_a_usage_error(site: Path, command) -> None:
    """Nothing found and nothing known are not the same."""
    assert "nosuch" in command(site, "items", "--source", "nosuch", code=2).err
    command(site, "items", "--source", "tagwire-blog")
    path = next((site / "items/qq").rglob("*.md")).relative_to(site)
    assert command(site, "show", str(path)).out


def test_a_dry_run_touches_nothing(tmp_path: Path, command) -> None:
    """Not even an index appears; the numbers are those of the real run."""
    site = tmp_path / "site"
    for name in ("config", "seeds"):
        shutil.copytree(ROOT / name, site / name)
    before = tree(site)
    dry = command(site, "refresh", "--dry-run", "--json").lines[-1]
    assert tree(site) == before
    real = command(site, "refresh", "--json").lines[-1]
    assert (dry["new"], dry["duplicates"]) == (real["new"], real["duplicates"]) != (0, 0)
    assert sorted(dry["feeds_written"]) == sorted(real["feeds_written"])


def test_init_gives_a_working_site_offline(tmp_path: Path, command) -> None:
    """An empty directory, two commands, a feed."""
    site = tmp_path / "news"
    site.mkdir()
    program(site, "init")
    command(site, "config", "check")
    program(site, "refresh")
    assert entries(site / "feeds/all.xml")
    assert (site / "feeds/index.html").is_file()


def test_sources_over_http_from_add_to_remove(tmp_path: Path, command) -> None:
    """Add, refresh, fail, recover, pause, resume, remove; each step is visible."""
    feed = ("<rss version='2.0'><channel><title>Hills</title><link>http://127.0.0.1/</link>{}</channel></rss>").format(
        "".join(
            f"<item><title>N{n}</title><link>http://127.0.0.1/{n}</link><description>x</description></item>"
            for n in range(3)
        )
    )
    site = tmp_path / "news"
    site.mkdir()
    command(site, "init")
    _configure(site, 'per_host_delay = "1s"', 'per_host_delay = "0s"')
    _configure(site, "allow_hosts = []", 'allow_hosts = ["127.0.0.1"]')
    with LoopbackSite() as server:
        server.page("/feed.xml", feed)
        command(site, "add", server.url("/feed.xml"), "--id", "hills", "--tag", "walks")
        summary = command(site, "refresh", "hills", "--json").lines[-1]
        assert (summary["sources"], summary["new"]) == (1, 3)
        assert len(entries(site / "feeds/tags/walks.xml")) == 3
        server.page("/feed.xml", "gone", status=500)
        command(site, "refresh", "hills", code=5)
        command(site, "refresh", "--fail", "on-any", code=5)
        command(site, "refresh", "hills", "--fail", "never")
        assert "hills" in command(site, "sources", "--failing").out
        assert len(entries(site / "feeds/tags/walks.xml")) == 3
        server.page("/feed.xml", feed)
        command(site, "refresh", "hills")
        assert "hills" not in command(site, "sources", "--failing").out
        command(site, "pause", "hills")
        asked = len(server.requests)
        command(site, "refresh")
        assert len(server.requests) == asked
        command(site, "resume", "hills")
        command(site, "refresh")
        assert len(server.requests) == asked + 1
        command(site, "remove", "hills", "--purge")
        assert not list((site / "items").glob("hills/**/*.md"))
        assert not (site / "feeds/sources/hills.xml").exists()


def test_a_second_process_says_who_holds_the_lock(site: Path, command) -> None:
    """Exit 6, at once, naming the holder; reading takes no lock."""
    with locks.lock(site / "var/tagwire.lock", who="the test"):
        done = program(site, "refresh", code=6)
        assert str(os.getpid()) in done.stderr
        command(site, "refresh", "--wait", "0.2s", code=6)
        command(site, "items")
        command(site, "refresh", "--dry-run")


def test_an_unusable_index_is_told_and_reindex_builds_a_new_one(site: Path, command) -> None:
    """Nothing is published from a damaged index."""
    for path in (site / "var").glob("tagwire.db*"):
        path.unlink()
    (site / "var/tagwire.db").write_bytes(b"not a database" * 100)
    before = tree(site / "feeds")
    done = command(site, "refresh", code=1)
    assert "reindex" in done.err
    assert tree(site / "feeds") == before
    decisions = site / "items/.tagwire.jsonl"
    kept = decisions.read_bytes() if decisions.exists() else b""
    decisions.write_bytes(b'{"event"\n' + kept)
    held = tree(site / "var")
    assert ".tagwire.jsonl:1" in command(site, "reindex", code=1).err
    assert tree(site / "var") == held  # nothing was put aside
    decisions.write_bytes(kept)
    command(site, "reindex")
    summary = command(site, "refresh", "--json").lines[-1]
    assert summary["new"] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_refreshes_serves_and_ends_cleanly(tmp_path: Path, number: signal.Signals, command) -> None:
    """`run` brings the first feeds without waiting for a beat; a signal ends it with 0."""
    site = tmp_path / "news"
    site.mkdir()
    command(site, "init")
    with LoopbackSite() as probe:
        port = probe.port
    _configure(site, "port = 8420", f"port = {port}")
    with subprocess.Popen([*COMMAND, "-C", str(site), "run"], cwd=ROOT, stderr=subprocess.PIPE, text=True) as daemon:
        try:
            answer = _wait_for(f"http://127.0.0.1:{port}/all.xml")
            etag = answer.headers["ETag"]
            again = urllib.request.Request(f"http://127.0.0.1:{port}/all.xml", headers={"If-None-Match": etag})
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(again, timeout=5)
            caught.value.close()
            assert caught.value.code == 304
        finally:
            daemon.send_signal(number)
            _, messages = daemon.communicate(timeout=20)
    assert daemon.returncode == 0, messages
    assert "started: 1 source" in messages.partition("\n")[0]
    assert "Traceback" not in messages


def _configure(site: Path, default: str, line: str) -> None:
    """Set a key of the shipped configuration, as its comments invite to."""
    path = site / "config/tagwire.toml"
    text = path.read_text(encoding="utf-8")
    assert f"# {default}" in text
    path.write_text(text.replace(f"# {default}", f"{line}  #", 1), encoding="utf-8")


def _wait_for(url: str):
    """Return the first successful answer within 20 seconds."""
    for _ in range(1000):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
                return answer
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise AssertionError(f"{url} never answered")
