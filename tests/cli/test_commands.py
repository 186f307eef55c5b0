"""Each command on a small site, in this process."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from aggregator.cli import output
from aggregator.locks import lock
from aggregator.steps.visits import interval


def test_init_makes_a_site_that_publishes_offline(tagwire, tmp_path):
    home = tmp_path / "new"
    made = tagwire("init", home)
    assert made.code == 0
    assert str(home) in made.out
    done = tagwire("-C", home, "refresh")
    assert (done.code, done.err) == (0, "")
    assert "2 new" in done.out
    for path in ("feeds/tags/tech.xml", "feeds/all.xml", "feeds/index.html"):
        assert (home / path).exists()


def test_init_overwrites_nothing_unless_forced(tagwire, site):
    (site / "config/tags.toml").write_text("mine")
    refused = tagwire("init")
    assert refused.code == 2
    assert "config/tags.toml" in refused.err
    assert (site / "config/tags.toml").read_text() == "mine"
    assert tagwire("init", "--force", "--json").json["written"] == ["config/tags.toml"]
    assert (site / "config/tags.toml").read_text() != "mine"


def test_init_leaves_a_readme_that_is_there_alone_and_goes_on(tagwire, tmp_path):
    """As in a directory that was just cloned; also with --force."""
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / ".gitignore").write_text("*.tmp")
    made = tagwire("init", tmp_path)
    assert (made.code, made.err) == (0, "")
    assert f"{tmp_path / 'README.md'} was there and stays as it is" in made.out
    assert (tmp_path / "config/tagwire.toml").exists()
    assert tagwire("init", "--force", tmp_path, "--json").json["kept"] == [
        str(tmp_path / name) for name in ("README.md", ".gitignore")
    ]
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / ".gitignore").read_text() == "*.tmp"


def test_export_makes_no_folders(tagwire, site):
    refused = tagwire("export", "none/such/list.opml")
    assert (refused.code, refused.err) == (2, "tagwire: none/such/list.opml: there is no folder none/such\n")
    assert not (site / "none").exists()
    assert tagwire("export", "list.opml").code == 0
    assert (site / "list.opml").exists()


def test_what_pausing_and_resuming_change_is_published_by_the_next_refresh(tagwire, site):
    """Until then `publish --check` tells, as the documentation says."""
    assert tagwire("refresh").code == 0
    for word in ("pause", "resume"):
        assert tagwire("publish", "--check").code == 0
        assert tagwire(word, "seeds").code == 0
        assert tagwire("publish", "--check").code == 4
        assert tagwire("refresh").code == 0
    assert tagwire("publish", "--check").code == 0


def test_add_pause_resume_remove(tagwire, site):
    assert (
        tagwire("add", "https://www.a.example/feed", "--tag", "x", "--no-discover").out
        == "added a.example: https://www.a.example/feed\n"
    )
    assert tagwire("add", "https://a.example/feed").code == 2
    (site / "own").mkdir()
    (added,) = tagwire("add", "own", "--id", "mine", "--json").json["added"]
    assert (added["id"], added["kind"], added["address"]) == ("mine", "folder", str(site / "own"))
    assert tagwire("pause", "mine", "a.example").out == "paused mine, a.example\n"
    paused = tagwire("sources", "--paused", "--json").json["sources"]
    assert [(source["id"], source["condition"]) for source in paused] == [("a.example", "paused"), ("mine", "paused")]
    assert tagwire("resume", "mine", "--json").json == {"schema": 1, "resumed": ["mine"]}
    assert tagwire("pause", "mine", "--json").json == {"schema": 1, "paused": ["mine"]}
    assert tagwire("resume", "mine").out == "resumed mine\n"
    assert tagwire("remove", "mine").out == "removed mine; items and feeds stay\n"
    assert tagwire("remove", "mine").code == 2
    assert tagwire("-q", "remove", "a.example").out == ""
    assert len(tagwire("sources", "--json").json["sources"]) == 1


def test_remove_with_purge_deletes_the_items_and_feeds_of_the_source(tagwire, site):
    feed = (site / "seeds" / "welcome-en.md").read_text().replace('"welcome"', '"two"').replace("welcome/en", "two")
    (site / "more").mkdir()
    (site / "more" / "two.md").write_text(feed)
    tagwire("add", "more", "--id", "two")
    assert tagwire("refresh").code == 0
    assert (site / "feeds" / "sources" / "two.xml").exists()
    done = tagwire("remove", "two", "--purge", "--json").json
    assert (done["removed"], done["items"]) == (["two"], 1)
    assert "feeds/sources/two.xml" in done["feeds"]
    assert not (site / "feeds" / "sources" / "two.xml").exists()
    assert not list((site / "items").rglob("*/two/**/*.md"))
    assert not (site / "items" / "two").exists(), "no empty folders stay"
    assert (site / "items" / "welcome").is_dir()
    assert [item["source"] for item in tagwire("items", "--json").json["items"]] == ["welcome", "welcome"]


def test_purging_leaves_what_else_lies_in_a_folder(tagwire, site):
    tagwire("refresh")
    (kept, *_) = (site / "items" / "welcome").rglob("*.md")
    note = kept.with_name("note.txt")
    note.write_text("mine")
    assert tagwire("remove", "seeds", "--purge").code == 0
    assert not list((site / "items").rglob("*.md"))
    assert note.read_text() == "mine"


def test_a_folder_has_the_items_that_it_brought_whatever_they_name(tagwire, site):
    """Listed, counted in status.json, and no feed of its own for them."""
    tagwire("refresh")
    listed = tagwire("items", "--source", "seeds", "--json").json["items"]
    assert [item["source"] for item in listed] == ["welcome", "welcome"]
    assert listed == tagwire("items", "--source", "welcome", "--json").json["items"]
    assert len(tagwire("items", "--source", "seeds", "--limit", "1", "--json").json["items"]) == 1
    assert tagwire("items", "--source", "welcome", "--tag", "seeds").err == "no items\n"
    assert tagwire("items", "--source", "seeds", "--since", "2999-01-01").err == "no items\n"
    assert len(tagwire("items", "--source", "seeds", "--tag", "科技", "--json").json["items"]) == 2
    assert tagwire("items", "--source", "seeds", "--duplicates").err == "no items\n"
    (source,) = json.loads((site / "feeds" / "status.json").read_text())["sources"]
    assert (source["id"], source["items"]) == ("seeds", 2)
    assert not (site / "feeds" / "sources" / "seeds.xml").exists()
    shutil.rmtree(site / "var")
    tagwire("reindex")
    assert tagwire("refresh").code == 0
    assert len(tagwire("items", "--source", "seeds", "--json").json["items"]) == 2


@pytest.mark.parametrize(
    "args",
    [("pause",), ("resume",), ("remove",), ("refresh",), ("items", "--source"), ("items", "--dropped", "--source")],
)
def test_who_names_a_source_that_is_not_there_is_told_what_there_is(tagwire, site, args):
    done = tagwire(*args, "sedes")
    assert (done.code, done.err) == (
        2,
        "tagwire: no source 'sedes' - did you mean \"seeds\"?; the sources are: seeds\n",
    )


def test_who_names_a_tag_that_is_not_there_is_told_what_there_is(tagwire, site):
    tagwire("refresh")
    done = tagwire("items", "--tag", "科计")
    assert done.code == 2
    assert done.err.startswith("tagwire: no tag '科计'; the tags are: welcome, ")
    (site / "config" / "tags.toml").write_text('[[tags]]\nname = "new"\nmatch = ["nothing says so"]\n')
    done = tagwire("items", "--tag", "NEW")
    assert (done.code, done.err) == (0, "no items\n")


def test_items_and_show_tell_what_is_kept(tagwire, site):
    tagwire("refresh")
    listed = tagwire("items", "--json", "--tag", "科技").json["items"]
    assert [item["title"] for item in listed] == ["新站点已经跑起来了", "Your wire is running"]
    item = listed[1]
    table = tagwire("items", "-n", "1").out.splitlines()
    assert len(table) == 2
    assert table[1].endswith("新站点已经跑起来了")
    assert tagwire("items", "--since", "2999-01-01").err == "no items\n"
    assert tagwire("items", "--since", "2026-11-01T01:15:00", "--json").json["items"][0]["title"] == listed[0]["title"]
    for when in ("soon", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"):
        assert tagwire("items", "--since", when).code == 2
    assert tagwire("items", "--source", "nope", "--duplicates").out == ""
    text = (site / "items" / item["path"]).read_text()
    for ref in (item["key"], item["key"][:6], item["link"], item["path"], f"items/{item['path']}"):
        assert tagwire("show", ref, "--raw").out == text
    shown = tagwire("show", item["key"])
    assert "Your wire is running" in shown.out
    assert "technology" in shown.out
    assert tagwire("show", item["key"], "--json").json["item"]["text"] == text
    assert tagwire("show", "nope").code == 2


def test_show_and_sources_tell_how_a_source_is(tagwire, add_source):
    add_source('id = "gone"\npath = "gone.xml"')
    assert [source["condition"] for source in tagwire("sources", "--json").json["sources"]] == ["new", "new"]
    tagwire("refresh")
    failing = tagwire("sources", "--failing")
    assert failing.out.splitlines()[1].startswith("gone    failing (1)  never")
    assert failing.out.splitlines()[2].startswith("gone: missing: ")
    assert tagwire("show", "gone", "--json").json["source"]["error"]["kind"] == "missing"
    shown = tagwire("show", "gone").out
    assert re.search(r"^condition +failing: 1 in a row$", shown, re.MULTILINE)
    assert re.search(r"^error +missing: cannot read ", shown, re.MULTILINE)
    assert re.search(r"^plan +next in 3[0-3] min: 1 failure in a row → 30 min", shown, re.MULTILINE)
    assert tagwire("sources", "--due").err == "no sources\n"
    assert tagwire("-q", "sources").out == ""


def test_publish_writes_only_what_differs_and_checks(tagwire, site):
    tagwire("refresh", "--no-publish")
    assert not (site / "feeds" / "all.xml").exists()
    check = tagwire("publish", "--check")
    assert check.code == 4
    assert "would write feeds/all.xml" in check.out
    assert not (site / "feeds" / "all.xml").exists()
    assert "feeds/all.xml" in tagwire("publish", "--json").json["written"]
    assert tagwire("publish").out.endswith(" feeds, 0 files written, 0 removed\n")
    assert tagwire("publish", "--check", "-q").code == 0


def test_reindex_rebuilds_the_index_from_the_files(tagwire, site):
    tagwire("refresh")
    for path in (site / "var").iterdir():
        path.unlink()
    (site / "items" / "broken.md").write_text("no front matter")
    done = tagwire("reindex")
    assert done.code == 0
    assert done.out.startswith("2 added, ")
    assert "broken.md" in done.err
    assert tagwire("reindex", "--json").json["added"] == 0


def test_config_check_tells_all_mistakes_and_changes_nothing(tagwire, site):
    (site / "config" / "tagwire.toml").write_text('[site]\ntitel = "x"\nlanguage = 3\n')
    done = tagwire("config", "check")
    assert done.code == 78
    assert [line.partition(": ")[2][:27] for line in done.err.splitlines()] == [
        "config/tagwire.toml:2:1: si",
        "config/tagwire.toml:3:1: si",
    ]
    told = tagwire("config", "check", "--json")
    assert (told.code, told.json["ok"], len(told.json["mistakes"])) == (78, False, 2)
    assert tagwire("refresh").code == 78
    assert sorted(path.name for path in site.iterdir()) == [".gitignore", "README.md", "config", "seeds"]


def test_config_shows_finds_and_describes(tagwire, site):
    assert tagwire("config", "check", "--json").json == {
        "schema": 1,
        "ok": True,
        "mistakes": [],
        "sources": 1,
        "tags": 2,
    }
    assert 'timezone = "Asia/Shanghai"' in tagwire("config", "show").out
    assert tagwire("config", "path").out.splitlines() == [
        str(site / "config" / name) for name in ("tagwire.toml", "sources.toml", "tags.toml")
    ]
    assert json.loads(tagwire("config", "schema").out)["title"] == "tagwire configuration"


def test_a_second_process_is_told_who_holds_the_lock(tagwire, site):
    with lock(site / "var" / "tagwire.lock", who="run"):
        done = tagwire("refresh", "--wait", "0.1s")
        assert done.code == 6
        assert "(run)" in done.err
        assert tagwire("sources").code == 0, "reading takes no lock"
    assert tagwire("refresh", "--wait", "soon").code == 2


def test_serve_without_the_extra_says_what_to_install(tagwire, site, monkeypatch):
    monkeypatch.setattr("aggregator.cli.serve.can_serve", lambda: False)
    done = tagwire("serve")
    assert done.code == 1
    assert "tagwire[server]" in done.err


@pytest.mark.parametrize("args", [("run", "--no-serve"), ("serve", "--port", "0")])
def test_run_and_serve_end_with_zero_after_sigterm(site, args):
    (site / "config" / "tagwire.toml").write_text("[server]\nport = 0\n")
    command = [sys.executable, "-m", "aggregator", *args]
    process = subprocess.Popen(command, cwd=site, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.terminate()
        err = process.stderr.read()
    assert ("serving" in first) if args[0] == "serve" else ("started: 1 source, 1 due now" in first), first + err
    assert process.returncode == 0, err


def test_texts_of_strangers_cannot_steer_the_terminal():
    assert output.safe("a\x1b]0;x\x07\nb\u202ec") == "a]0;x bc"
    assert output.safe_text("a\x1b[2J\nb") == "a[2J\nb"


def test_columns_fit_wide_characters():
    shown = output.table([("A", "B"), ("华尔街", "1"), ("qq", "22")], right=(1,))
    assert shown.splitlines() == ["A        B", "华尔街   1", "qq      22"]


def test_colours_do_not_move_columns():
    shown = output.table([("A", "B"), ("ok", "1")], colors={"ok": "green"})
    assert shown.splitlines()[1] == "\x1b[32mok\x1b[0m  1"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (59, "59 s"), (90, "1.5 min"), (7200, "2 h"), (2e5, "2.3 d")]
)
def test_spans_are_told_in_their_largest_unit(seconds, told):
    assert interval.span(seconds) == told


def test_what_knows_passwords_is_for_its_owner_alone_and_what_is_published_for_all(site, add_source, tagwire):
    """Whatever the umask: the index holds the URLs of sources as they are configured."""
    add_source('id = "secret"\nurl = "http://me:hunter2@127.0.0.1:9/feed"')
    before = os.umask(0o022)
    try:
        assert tagwire("refresh", "--fail", "never").code == 0
        assert tagwire("search", "welcome").code == 0
        assert tagwire("db", "backup", site / "copy.db").code == 0
    finally:
        os.umask(before)
    assert b"hunter2" in (site / "copy.db").read_bytes()
    databases = [path for path in (site / "var").iterdir() if path.suffix.startswith(".db")] + [site / "copy.db"]
    assert {path.name for path in databases} >= {"tagwire.db", "fragments.db", "search.db"}
    assert {oct(path.stat().st_mode & 0o777) for path in databases} == {"0o600"}
    assert oct((site / "var").stat().st_mode & 0o777) == "0o700"
    assert oct((site / "feeds/all.xml").stat().st_mode & 0o777) == "0o644"
