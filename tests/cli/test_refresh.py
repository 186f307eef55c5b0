"""`tagwire refresh`: exit codes, JSON Lines, table, problems, dry run, progress bar."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading

import pytest

from aggregator.cli.reporting import exit_code, source_event, summary_event
from aggregator.cli.runner import run
from aggregator.model import Failure, Outcome, Summary
from aggregator.workers import Workers

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><link>http://127.0.0.1/</link>
<item><title>One</title><link>http://127.0.0.1/1</link><guid>1</guid><description>Text of one</description></item>
</channel></rss>"""
OK = Outcome(source="ok", result="ok")
UNCHANGED = Outcome(source="same", result="not_modified")
SKIPPED = Outcome(source="later", result="skipped")
LOCAL = Outcome(source="file", result="ok", network=False)


def failed(times, *, network=True):
    return Outcome(
        source="bad", result="failed", failures=times, network=network, error=Failure(kind="dns", message="x")
    )


@pytest.mark.parametrize(
    ("outcomes", "persistent", "on_any"),
    [
        ((), 0, 0),
        ((OK, UNCHANGED, SKIPPED), 0, 0),
        ((OK, failed(1)), 0, 3),
        ((OK, failed(2)), 0, 3),
        ((OK, failed(3)), 3, 3),
        ((failed(1),), 5, 5),
        ((failed(1), LOCAL, SKIPPED), 5, 5),
        ((failed(1, network=False), LOCAL), 0, 3),
        ((failed(3, network=False),), 3, 3),
        ((OK, failed(0)), 0, 3),
    ],
)
def test_the_exit_code_follows_the_rule(outcomes, persistent, on_any):
    summary = Summary(outcomes=outcomes)
    assert exit_code(summary, "persistent") == persistent
    assert exit_code(summary, "on-any") == on_any
    assert exit_code(summary, "never") == 0


def test_what_this_machine_cannot_write_exits_with_1_whatever_the_rule():
    """No source is to blame, so no rule about sources forgives it."""
    unkept = Outcome(source="a", result="failed", error=Failure(kind="disk", message="x"))
    summary = Summary(outcomes=(unkept, failed(3)))
    assert [exit_code(summary, rule) for rule in ("persistent", "on-any", "never")] == [1, 1, 1]


def test_workers_that_cannot_be_started_are_one_line_and_nobodys_failure(site, web, add_source, tagwire, monkeypatch):
    """Exit code 1 and the cure; the sources are asked again as soon as they can be read."""
    add_source(f'id = "a"\nurl = "{web.page("/a.xml", FEED)}"')
    with monkeypatch.context() as patch:
        patch.setattr("aggregator.app.Workers", Workers)
        patch.setattr("multiprocessing.spawn._python_exe", b"/nonexistent/python")
        done = tagwire("-C", str(site), "refresh")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "tagwire: the processes that read documents cannot be started: /nonexistent/python is not there" in done.err
    told = json.loads(tagwire("-C", str(site), "sources", "--json").out)["sources"]
    assert [one["failures"] for one in told] == [0] * len(told)
    assert tagwire("-C", str(site), "refresh", "--due").code == 0
    assert tagwire("-C", str(site), "items").out.count("One") == 1


def test_items_that_cannot_be_written_are_one_line_and_nobodys_failure(site, web, add_source, tagwire):
    """Exit code 1, the path and its cure; nobody is asked, and nothing is held against a source."""
    add_source(f'id = "a"\nurl = "{web.page("/a.xml", FEED)}"')
    (site / "items").mkdir()
    (site / "items" / ".staging").write_text("in the way")
    done = tagwire("-C", str(site), "refresh")
    assert done.code == 1
    assert done.err.splitlines() == [
        f"tagwire: {site}/items/.staging/trial: Not a directory; a file lies where a folder is to be: move it away"
    ]
    assert not web.requests
    (site / "items" / ".staging").unlink()
    assert tagwire("-C", str(site), "refresh").code == 0
    assert tagwire("-C", str(site), "items").out.count("One")


def test_nobody_is_asked_while_nothing_can_be_written_beside_the_index(site, web, add_source, tagwire):
    """What an index that can be written would keep is not all: in var/ stands what was published, too."""
    add_source(f'id = "a"\nurl = "{web.page("/a.xml", FEED)}"')
    (site / "var/trial/in the way").mkdir(parents=True)
    done = tagwire("-C", str(site), "refresh")
    assert done.code == 1
    assert done.err.splitlines() == [
        f"tagwire: {site}/var/trial: Is a directory; a folder lies where a file is to be: move it away"
    ]
    assert not web.requests
    assert tagwire("-C", str(site), "refresh", "--dry-run").code == 0
    shutil.rmtree(site / "var/trial")
    assert tagwire("-C", str(site), "refresh").code == 0
    assert not (site / "var/trial").exists()


def test_a_source_whose_folder_cannot_be_written_stops_no_other(site, web, add_source, tagwire):
    add_source(f'id = "a"\nurl = "{web.page("/a.xml", FEED)}"')
    other = FEED.replace(b"/1", b"/2").replace(b"One", b"Two")
    add_source(f'id = "b"\nurl = "{web.page("/b.xml", other)}"')
    (site / "items").mkdir()
    (site / "items" / "a").write_text("in the way")
    done = tagwire("-C", str(site), "refresh", "--fail", "never")
    assert done.code == 1
    assert re.search(r"^a +failed .* in 15 min +disk: .*/items/a/.*: Not a directory; a file", done.out, re.MULTILINE)
    assert re.search(r"^b +ok +1 ", done.out, re.MULTILINE)
    assert done.err.endswith("hint: tagwire doctor\n")


def test_a_failure_alarms_at_once_only_if_no_other_network_source_is_well():
    """`refresh --due` asks few sources: what the others said last counts, too."""
    once = Summary(outcomes=(failed(1), LOCAL, SKIPPED), well=frozenset({"bad", "later"}))
    assert [exit_code(once, rule) for rule in ("persistent", "on-any", "never")] == [0, 3, 0]
    assert exit_code(Summary(outcomes=(failed(3),), well=frozenset({"later"})), "persistent") == 3
    assert exit_code(Summary(outcomes=(failed(1),), well=frozenset({"bad"})), "persistent") == 5


def test_events_have_exactly_the_designed_keys_in_order():
    assert source_event(failed(1)) == {
        "event": "source",
        "schema": 1,
        "source": "bad",
        "result": "failed",
        "new": 0,
        "updated": 0,
        "duplicates": 0,
        "dropped": 0,
        "held": 0,
        "error": {"kind": "dns", "message": "x"},
        "problems": [],
        "next": None,
    }
    event = summary_event(Summary(outcomes=(OK, failed(1)), feeds_written=("feeds/all.xml",), seconds=1.23456), 3)
    assert " ".join(event) == (
        "event schema sources ok not_modified failed new updated duplicates dropped held feeds_written seconds exit"
    )
    assert (event["sources"], event["ok"], event["failed"], event["seconds"], event["exit"]) == (2, 1, 1, 1.235, 3)


def test_a_refresh_tells_each_source_and_the_whole(tagwire, web, add_source, site):
    add_source(f'id = "web"\nurl = "{web.page("/feed", FEED)}"')
    done = tagwire("refresh", "--json")
    assert (done.code, done.err) == (0, "")
    sources = {line["source"]: line for line in done.lines[:-1]}
    assert (sources["web"]["result"], sources["web"]["new"], sources["web"]["error"]) == ("ok", 1, None)
    assert sources["web"]["next"].endswith("Z")
    summary = done.lines[-1]
    assert (summary["event"], summary["sources"], summary["new"], summary["exit"]) == ("summary", 2, 3, 0)
    assert "feeds/sources/web.xml" in summary["feeds_written"]
    assert tagwire("refresh", "--json").lines[-1]["feeds_written"] == []


def test_a_failing_source_is_told_and_the_others_are_published(tagwire, web, add_source, site):
    add_source(f'id = "web"\nurl = "{web.url("/none")}"')
    done = tagwire("refresh")
    assert done.code == 5
    assert "http-status" in done.out or "gone" in done.out
    assert "hint: tagwire sources --failing" in done.err
    assert "2 sources: 2 new, 1 failed" in done.out
    assert (site / "feeds" / "all.xml").exists()
    assert tagwire("refresh", "--fail", "never").code == 0
    quiet = tagwire("-q", "refresh", "web")
    assert (quiet.code, quiet.out) == (5, "")
    assert quiet.err.startswith("tagwire: web: http-status: ")


def test_the_third_failure_in_a_row_counts(tagwire, add_source):
    add_source('id = "gone"\npath = "gone.xml"')
    assert [tagwire("refresh", "gone", "-q").code for _ in range(4)] == [0, 0, 3, 3]
    assert tagwire("refresh", "--fail", "on-any").code == 3
    assert "(6 in a row)" in tagwire("refresh", "gone").out


def test_files_that_are_set_aside_are_listed_with_their_place(tagwire, site):
    (site / "seeds" / "broken.md").write_text("---\ntitle: [\n---\nx\n")
    done = tagwire("refresh")
    assert done.code == 0
    assert done.err.startswith("tagwire: seeds: ")
    assert "broken.md:3: " in done.err
    assert "2 new" in done.out


def test_many_problems_are_cut_short_unless_v(tagwire, site):
    for number in range(25):
        (site / "seeds" / f"broken-{number}.md").write_text("x")
    done = tagwire("refresh")
    assert "tagwire: seeds: and 5 more (-v shows all)" in done.err
    (site / "seeds" / "broken-0.md").write_text("y")
    assert tagwire("refresh", "-v").err.count("broken-") == 25


def test_a_dry_run_changes_nothing(tagwire, site):
    before = sorted(site.rglob("*"))
    done = tagwire("refresh", "--dry-run")
    assert done.code == 0
    assert "2 new" in done.out
    assert "would write" in done.out
    assert done.out.endswith("dry run: nothing was changed\n")
    assert sorted(site.rglob("*")) == before


def test_only_due_sources_are_asked(tagwire, site):
    assert "2 new" in tagwire("refresh", "--due").out
    assert tagwire("refresh", "--due").out.startswith("0 sources: no news")
    assert tagwire("refresh", "--due", "--json").lines[-1]["sources"] == 0


def test_an_unknown_source_is_a_usage_error(tagwire, site):
    done = tagwire("refresh", "sedes")
    assert (done.code, done.out) == (2, "")
    assert "seeds" in done.err


def test_colours_can_be_asked_for(tagwire, site):
    assert "\x1b[32mok\x1b[0m" in tagwire("--color", "always", "refresh").out
    assert "\x1b" not in tagwire("refresh").out


def test_a_bar_is_shown_on_a_terminal_and_gone_at_the_end(tagwire, site, monkeypatch):
    master, slave = pty.openpty()
    shown = []

    def watch():
        with contextlib.suppress(OSError):  # how the end of a terminal is told
            while chunk := os.read(master, 65536):
                shown.append(chunk)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with os.fdopen(slave, "w") as terminal, monkeypatch.context() as patch:
        patch.setenv("TERM", "xterm")
        patch.setattr(sys, "stderr", terminal)
        done = tagwire("refresh")
    watcher.join()
    os.close(master)
    assert done.code == 0
    assert "2 new" in done.out
    assert "\x1b" not in done.out
    assert b"1/1" in b"".join(shown)


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_a_refresh_cleanly(web, add_source, site, signum, code):
    """It comes while a source is being asked, which may finish if that takes no longer than the grace."""
    command = [sys.executable, "-m", "aggregator", "refresh", "slow"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        add_source(f'id = "slow"\nurl = "http://127.0.0.1:{listener.getsockname()[1]}/"')
        process = subprocess.Popen(command, cwd=site, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        visitor, _ = listener.accept()
        assert (site / "var" / "tagwire.lock.holder").exists()
        process.send_signal(signum)
        with visitor:
            visitor.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(FEED) + FEED)
        _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert not (site / "var" / "tagwire.lock.holder").exists()


def test_what_filters_keep_out_is_told_and_listed(tagwire, site):
    with (site / "config" / "tags.toml").open("a") as tags:
        tags.write('\n[[filters]]\naction = "drop"\nmatch = ["running"]\n')
    done = tagwire("refresh", "--no-publish")
    assert "DROP" in done.out.splitlines()[0]
    assert "1 new, 1 dropped" in done.out
    listed = tagwire("items", "--dropped", "--json").json["dropped"]
    assert [(one["title"], one["why"]) for one in listed] == [
        ("Your wire is running", 'filter 1 drops what has "running"')
    ]
    table = tagwire("items", "--dropped", "--source", listed[0]["source"]).out
    assert "Your wire is running" in table
    assert tagwire("items", "--dropped", "--since", "2999-01-01").err == "no dropped entries\n"
    assert tagwire("items", "--dropped", "--duplicates").code == 2
    (site / "seeds" / "more.md").write_text((site / "seeds" / "welcome-en.md").read_text().replace("welcome/en", "x"))
    lines = tagwire("refresh", "--no-publish", "--json").lines
    assert [line["dropped"] for line in lines] == [1, 1]


def test_entries_beyond_the_newest_thousand_are_told_in_json_too(tagwire, site, add_source):
    items = "".join(f"<item><guid>{number}</guid><title>{number}</title></item>" for number in range(1002))
    (site / "feed.xml").write_text(f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>")
    add_source('id = "wire"\npath = "feed.xml"')
    (event, _) = tagwire("refresh", "--json", "--no-publish", "wire").lines
    assert event["new"] == 1000
    (problem,) = event["problems"]
    assert problem.endswith("2 of 1002 entries skipped: the newest 1000 are read")


def test_one_failure_of_the_only_source_that_is_due_mails_nobody(tagwire, web, add_source):
    """As cron runs it, with -q; when the other source fails as well, every network source does."""
    add_source(f'id = "good"\nurl = "{web.page("/good", FEED)}"')
    add_source(f'id = "bad"\nurl = "{web.page("/bad", status=503)}"')
    assert tagwire("-q", "refresh", "good").code == 0
    done = tagwire("-q", "refresh", "--due")
    assert (web.visits("/good"), web.visits("/bad"), done.code, done.err) == (1, 1, 0, "")
    assert tagwire("-q", "refresh", "bad").code == 5, "of the sources that were named every one failed"
    web.page("/good", status=503)
    done = tagwire("-q", "refresh")
    assert (done.code, done.err.count("503")) == (5, 2)


def test_verbose_tells_of_each_source_what_was_asked_and_what_came(tagwire, web, site, add_source):
    add_source(f'id = "good"\nurl = "{web.page("/good", FEED)}?token=s3cret"')
    add_source(f'id = "bad"\nurl = "{web.page("/bad", status=503)}"')
    web.page("/good?token=s3cret", FEED)
    first = tagwire("-v", "refresh")
    assert f"good: {web.url('/good')}?token=***: 200 ({len(FEED)} bytes): ok; 1 new\n" in first.err
    assert f"bad: {web.url('/bad')}: failed; http-status: 503 Service Unavailable\n" in first.err
    assert re.search(r"^seeds: .*/seeds: \(\d+ bytes\): ok; 2 new$", first.err, re.MULTILINE)
    assert "DEBUG" not in first.err
    everything = tagwire("-vv", "refresh")
    assert re.search(r"DEBUG .*/good: (200|304)$", everything.err, re.MULTILINE)
    assert "s3cret" not in first.err + everything.err
    (site / "feeds/all.xml").unlink()
    assert "wrote feeds/all.xml\n" in tagwire("-vv", "publish").err
    assert tagwire("refresh", "seeds").err == ""


def test_feeds_that_cannot_be_written_are_told_in_one_line_with_the_cure_and_the_summary_is_there(site, capsys):
    """What was fetched is kept and told; the next refresh, when it can, publishes it."""
    shutil.rmtree(site / "feeds", ignore_errors=True)
    (site / "feeds").write_text("in the way")
    assert run(["refresh", "--json"]) == 1
    told = capsys.readouterr()
    summary = json.loads(told.out.splitlines()[-1])
    assert (summary["event"], summary["ok"], summary["new"] > 0, summary["exit"]) == ("summary", 1, True, 1)
    assert summary["feeds_written"] == []
    words = r"feeds/.+ and \d+ more cannot be written: .+; a file lies where a folder is to be: move it away"
    assert re.fullmatch(rf"tagwire: {words}\n", told.err)
    assert run(["refresh", "-q", "--fail", "never"]) == 1
    assert capsys.readouterr().err == told.err
    assert run(["refresh"]) == 1
    assert capsys.readouterr().err == f"{told.err}hint: tagwire doctor\n"
    (site / "feeds").unlink()
    assert run(["refresh", "--json"]) == 0
    told = capsys.readouterr()
    assert ("feeds/all.xml" in json.loads(told.out.splitlines()[-1])["feeds_written"], told.err) == (True, "")


def test_a_folder_in_feeds_that_cannot_be_looked_into_is_told_with_the_cure(site, capsys, monkeypatch):
    """Also where it is no single file that fails."""
    assert run(["refresh", "-q"]) == 0
    (site / "config/tagwire.toml").write_text('[publish]\nformats = ["atom"]\n')
    scandir = os.scandir

    def look(path="."):
        if str(path).startswith(str(site / "feeds")):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", look)
    assert run(["refresh", "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out.splitlines()[-1])["exit"] == 1
    assert told.err.endswith("Permission denied; give this user the right, or run as its owner\n")
