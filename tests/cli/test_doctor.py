"""`tagwire doctor` finds what was broken on purpose and names what mends it; a healthy site is told so."""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from aggregator import stores
from aggregator.cli.runner import run
from aggregator.clock import SystemClock
from aggregator.config import load
from aggregator.errors import StoreError
from aggregator.model import Failure
from aggregator.operations.doctor import Patient, examine, machine, places
from aggregator.publish import Publisher
from aggregator.stores import open_store
from aggregator.testing import InlineWorkers
from aggregator.tree import ItemTree

NEWS = "<rss version='2.0'><channel><title>T</title><item><guid>1</guid><title>N</title></item></channel></rss>"


def call(site, *args):
    return run(["-C", str(site), *map(str, args)])


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A healthy site with one source, refreshed once."""
    site = tmp_path_factory.mktemp("healthy")
    (site / "config").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (site / "config/tagwire.toml").write_text(
        f'[site]\nbase_url = "https://news.example/f/"\ntag_authority = "news.example,2026"\n[server]\nport = {port}\n'
    )
    (site / "config/sources.toml").write_text('[[sources]]\nid = "a"\npath = "a.xml"\n')
    (site / "a.xml").write_text(NEWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aggregator.app.Workers", lambda _count, **_limits: InlineWorkers())
        assert call(site, "refresh") == 0
    return site


@pytest.fixture
def site(grown, tmp_path):
    return Path(shutil.copytree(grown, tmp_path / "site"))


def wrong(stdout):
    """What is wrong: check → (level, message, fix)."""
    found = json.loads(stdout)["findings"]
    return {one["check"]: (one["level"], one["message"], one["fix"]) for one in found if one["level"] != "ok"}


@pytest.fixture
def findings(site, capsys):
    """Look the site over, expecting an exit code; return what is wrong."""

    def look(code=0):
        capsys.readouterr()
        assert call(site, "doctor", "--json") == code
        return wrong(capsys.readouterr().out)

    return look


def mortal():
    """Be refused what files' modes refuse, though the tests be run by root: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; others than root may not, and need not


def elsewhere(site, **options):
    """Look the site over in a process of its own."""
    command = [sys.executable, "-m", "aggregator", "-C", str(site), "doctor", "--json"]
    return wrong(subprocess.run(command, capture_output=True, check=False, **options).stdout)


def test_a_healthy_site_is_told_so(site, findings, capsys):
    """No false alarm; and nothing is changed by looking."""
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    assert findings() == {}
    assert call(site, "doctor", "--strict", "-q") == 0
    assert capsys.readouterr().out == ""
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before


def change_state(site, **values):
    with open_store("sqlite:///var/tagwire.db", str(site)) as store:
        [state] = store.claim(["a"], SystemClock().now(), 0)
        store.commit(type(state)(**{**{name: getattr(state, name) for name in state.__slots__}, **values}), ())


def configure(site, name, text):
    with (site / "config" / name).open("a") as file:
        file.write(text)


def spoil_page(site):
    with sqlite3.connect(site / "var/tagwire.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray((site / "var/tagwire.db").read_bytes())
    data[4096 * 2 : 4096 * 3] = b"\xff" * 4096
    (site / "var/tagwire.db").write_bytes(bytes(data))


def make_newer(site):
    with sqlite3.connect(site / "var/tagwire.db") as connection:
        connection.execute("PRAGMA user_version = 99")


def drop(what):
    def seed(site):
        with closing(sqlite3.connect(site / "var/tagwire.db")) as connection:
            connection.execute(f"DROP {what}")

    return seed


LONG_AGO = SystemClock().now() - timedelta(days=2)


def put_a_file_in_the_way(site):
    shutil.rmtree(site / "feeds")
    (site / "feeds").touch()


def let_feeds_dangle(site):
    shutil.rmtree(site / "feeds")
    (site / "feeds").symlink_to("elsewhere")


def copied(site, name):
    """Copy the item's file, under this name beside it, `*` being its own."""
    [file] = (site / "items").rglob("*.md")
    shutil.copy(file, file.parent.parent / name.replace("*", file.name))


def noted(site, name):
    """Configure a folder as a source that nobody refreshed yet, and return a file's place in it."""
    if not (site / "notes").exists():
        (site / "notes").mkdir()
        configure(site, "sources.toml", '[[sources]]\nid = "notes"\nkind = "folder"\npath = "notes"\n')
    return site / "notes" / name


def put_a_folder_at(path):
    path.unlink(missing_ok=True)
    path.mkdir()


def put_pipes_at(*paths):
    for path in paths:
        path.unlink(missing_ok=True)
        os.mkfifo(path)


DNS = Failure(kind="dns", message="no such host")
FAULTS: dict[str, tuple[Callable[[Path], object], str, int]] = {
    "clock": (lambda site: change_state(site, fetched_at=SystemClock().now() + timedelta(days=9)), "still to come", 0),
    "index: damaged": (spoil_page, "damaged|malformed|Tree|page", 1),
    "index: empty": (lambda site: (site / "var/tagwire.db").write_bytes(b""), "is empty", 1),
    "index: foreign": (lambda site: (site / "var/tagwire.db").write_bytes(b"x" * 9000), "damaged|not a database", 1),
    "index: newer": (make_newer, "newer tagwire", 1),
    "index: gone": (lambda site: shutil.rmtree(site / "var"), "the index is missing, and there are 1 item files", 1),
    "index: table": (drop("TABLE dropped"), r"not have the tables of schema \d+ \(dropped, dropped_newest\)", 1),
    "index: trigger": (drop("TRIGGER near_item"), r"\(near_item\)", 1),
    "items: broken": (
        lambda site: next((site / "items").rglob("*.md")).write_text('---\ntitle: "x\n---\n'),
        r"\.md:\d+: ",
        1,
    ),
    "items: gone": (lambda site: shutil.rmtree(site / "items"), "1 of 1 item files are gone", 1),
    "decisions: damaged": (
        lambda site: (site / "items/.tagwire.jsonl").write_text("x\n"),
        r"jsonl:1: not a decision",
        1,
    ),
    "decisions: cut": (lambda site: (site / "items/.tagwire.jsonl").write_text('{"ev'), "never finished", 0),
    "temporaries": (lambda site: (site / "feeds/.tmp-0123456789abcdef").write_text(""), "temporary files", 0),
    "folders: missing": (lambda site: (site / "a.xml").unlink(), "a.xml is not there", 1),
    "folders: none": (lambda site: configure(site, "sources.toml", "enabled = false\n"), "no source", 0),
    "failing": (
        lambda site: change_state(site, failures=4, failing_since=LONG_AGO, error=DNS),
        "failed 4 times in a row since .*no such host",
        0,
    ),
    "moved": (
        lambda site: change_state(site, url=str(site / "a.xml"), adopted="https://b.example/?key=k"),
        r"asked at https://b.example/\?key=\*",
        0,
    ),
    "overdue": (lambda site: change_state(site, next_at=LONG_AGO), "overdue, the longest by 48 h", 0),
    "address": (
        lambda site: (site / "config/tagwire.toml").write_text('[site]\ntag_authority = "news.example,2026"\n'),
        "this machine alone",
        1,  # the feeds were published for another address
    ),
    "authority": (
        lambda site: (site / "config/tagwire.toml").write_text('[site]\nbase_url = "https://news.example/f/"\n'),
        "not unique",
        0,
    ),
    "feeds: torn": (lambda site: (site / "feeds/all.xml").write_text("<feed"), "not well-formed", 1),
    "feeds: other": (lambda site: (site / "feeds/all.xml").write_text("<html/>"), "Atom feed was expected", 1),
    "feeds: poor": (
        lambda site: (site / "feeds/all.xml").write_text('<feed xmlns="http://www.w3.org/2005/Atom"/>'),
        "has no id, title, updated",
        1,
    ),
    "feeds: none": (lambda site: shutil.rmtree(site / "feeds"), "nothing was published yet", 0),
    "contents: gone": (lambda site: (site / "feeds/sources/a.xml").unlink(), "^feeds/sources/a.xml is missing", 1),
    "contents: json": (lambda site: (site / "feeds/all.json").write_text("{"), "^feeds/all.json: not what would be", 0),
    "contents: page": (lambda site: (site / "feeds/index.html").write_text("?"), "^feeds/index.html: not what", 0),
    "contents: OPML": (lambda site: (site / "feeds/feeds.opml").write_text("<opml"), "^feeds/feeds.opml: not what", 0),
    "contents: left": (
        lambda site: shutil.copy(site / "feeds/all.xml", site / "feeds/tags/x.xml"),
        "x.xml: not what",
        1,
    ),
    "permissions: file": (put_a_file_in_the_way, "is no directory", 1),
    "permissions: link": (let_feeds_dangle, "feeds is a symbolic link to elsewhere, which is not there", 1),
    "privacy: folder": (lambda site: (site / "var").chmod(0o755), r"/var is open to others \(mode 755\)", 0),
    "privacy: index": (lambda site: (site / "var/tagwire.db").chmod(0o644), r"tagwire.db is open .* \(mode 644\)", 0),
    "twice: key": (lambda site: copied(site, "*"), r"^a/.*\.md, a/.*\.md in .* are the same item", 0),
    "twice: text": (lambda site: copied(site, "again.md"), r"again.md in .* are the same item", 0),
    "links: dangling": (lambda site: (site / "items/x.md").symlink_to("/no"), "link to /no, which is not there", 0),
    "links: pipe": (lambda site: put_pipes_at(site / "items/x.md"), "/items/x.md is a pipe, a socket or a device", 0),
    "files: broken": (lambda site: noted(site, "x.md").write_text('---\ntitle: "x\n---\n'), r"notes: .*/x.md:\d+: ", 0),
    "files: pipe": (lambda site: put_pipes_at(noted(site, "x.md")), "notes: x.md: is a pipe, not a file", 0),
    "files: many": (lambda site: put_pipes_at(*(noted(site, f"{n}.md") for n in range(9))), "notes: and 4 more", 0),
    "folders: file": (lambda site: configure(site, "sources.toml", 'kind = "folder"\n'), "a.xml is no folder", 1),
    "folders: pipe": (lambda site: put_pipes_at(site / "a.xml"), "a.xml is no file", 1),
    "permissions: lock": (
        lambda site: put_a_folder_at(site / "var/tagwire.lock"),
        "tagwire.lock is a folder, where",
        1,
    ),
    "permissions: index": (lambda site: put_a_folder_at(site / "var/tagwire.db"), "tagwire.db is a folder, where", 1),
    "permissions: decisions": (
        lambda site: put_a_folder_at(site / "items/.tagwire.jsonl"),
        "items/.tagwire.jsonl is a folder, where",
        1,
    ),
    "permissions: mark": (lambda site: put_pipes_at(site / "var/published"), "published is no file, where", 1),
    "links: folder": (lambda site: (site / "items/x").symlink_to(site), "/x is a symbolic link to .* not followed", 0),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_seeded_fault_is_found_and_its_cure_named(site, findings, name):
    """Each by its own check, at its own level."""
    seed, words, code = FAULTS[name]
    seed(site)
    found = findings(code)
    level, message, fix = found[name.partition(":")[0]]
    assert level == ("error" if code and name not in {"address", "contents: left"} else "warning")
    assert re.search(words, message), message
    assert fix


def test_an_index_that_cannot_be_read_now_is_not_to_be_built_anew(site):
    """A full disk is no damage, and no reason to give up what only the index knows."""
    with open_store("sqlite:///var/tagwire.db", str(site)) as store:
        states = store.states()
        store.commit(states["a"], ())
        shutil.copytree(site / "var", site / "copy")  # with its WAL, as a killed process leaves it
    shutil.rmtree(site / "var")
    (site / "copy").rename(site / "var")
    (site / "var/tagwire.db-shm").unlink()
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    code = f"{limit}; from aggregator.cli.runner import run; run(['-C', {str(site)!r}, 'doctor', '--json'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    level, message, fix = wrong(done.stdout)["index"]
    assert (level, "tagwire.db" in message, "reindex" in fix) == ("error", True, False)


def test_what_ails_many_feeds_is_told_once(site, findings):
    """Another base_url would have named every feed, of thousands."""
    feed = (site / "feeds/all.xml").read_bytes()
    for number in range(9):
        (site / f"feeds/tags/{number}.xml").write_bytes(feed.replace(b"/f/all.xml", b"/f/tags/%d.xml" % number))
    text = (site / "config/tagwire.toml").read_text().replace("https://news.example/f/", "https://other.example/")
    (site / "config/tagwire.toml").write_text(text)
    assert call(site, "doctor", "--json") == 1
    level, message, fix = findings(1)["feeds"]
    names = "all.xml, sources/a.xml, tags/0.xml and 9 more"
    assert message == f"{names} in {site / 'feeds'}: published for another address (news.example)"
    assert (level, fix) == ("error", "tagwire publish")


@pytest.mark.parametrize(
    ("folder", "others"), [("items", {"items", "twice"}), ("var", {"index"}), ("feeds", {"contents"})]
)
def test_a_folder_that_nobody_lets_us_look_into_keeps_no_other_check_from_looking(site, folder, others):
    """It is named with its cure; what cannot be looked over says so."""
    (site / "a.xml").unlink()
    (site / folder).chmod(0)
    found = elsewhere(site, preexec_fn=mortal)
    (site / folder).chmod(0o700)
    level, message, fix = found["permissions"]
    place, user = site / folder, os.getuid()
    assert (level, message) == ("error", f"{place} cannot be written by user {user}")
    assert fix == f"chown -R {user} {place}, and chmod -R u+rwX it; or run as its owner"
    assert found["folders"][1].endswith("a.xml is not there")
    if folder == "items":
        assert found["contents"][2] == "first what `permissions` or `items` says, then `tagwire publish`"
    for check in others:
        assert "Permission denied" in found[check][1]
        assert "permissions" in found[check][2]


@pytest.mark.parametrize("name", ["tagwire.db", "tagwire.lock"])
def test_a_file_of_var_that_this_user_may_not_write_is_told(site, name):
    """Whatever others may do with it: closing it to them would mend nothing."""
    (site / "var" / name).touch()
    (site / "var" / name).chmod(0o444)
    found = elsewhere(site, preexec_fn=mortal)
    level, message, fix = found["permissions"]
    path, user = site / "var" / name, os.getuid()
    assert (level, message) == ("error", f"{path} (of user {user}, mode 444) cannot be written by user {user}")
    assert fix == f"chmod u+rw {path}"
    assert "privacy" not in found


@pytest.mark.parametrize("by_root", [False, True])
def test_a_file_of_var_that_is_somebody_elses_is_to_be_given_to_who_runs_tagwire(site, monkeypatch, by_root):
    """Root may write everything, which helps the owner of var/ nothing."""
    path, stat = site / "var/tagwire.db", os.stat

    def told(self, **options):
        facts = list(stat(self, **options))
        facts[4] = 4242 if self == path else 77
        return os.stat_result(facts)

    access = os.access
    monkeypatch.setattr(Path, "stat", told)
    monkeypatch.setattr(os, "getuid", lambda: 0 if by_root else 77)
    monkeypatch.setattr(os, "access", lambda name, mode: access(name, mode) and (by_root or Path(name) != path))
    settings = load(str(site), str(site / "config/tagwire.toml"))
    [found] = places.permissions(Patient(settings=settings, now=SystemClock().now()))
    assert (found.level, "of user 4242" in found.message) == ("error", True)
    assert found.fix == f"chown 77 {path}, and chmod 600 it"


def sources_with(site, text):
    """Let sources.toml say something more; nothing of it is published."""
    (site / "feeds").rename(site / "old")
    configure(site, "sources.toml", '[[sources]]\nid = "b"\nenabled = false\n' + text)


@pytest.mark.parametrize(
    "text",
    [
        'url = "https://me:pw@a.example/f"',
        'url = "https://a.example/f?n=1&access_token=k"',
        'url = "https://a.example/f"\nheaders = {X-Api-Key = "k", Accept = "*/*"}',
    ],
)
def test_a_configuration_with_a_password_in_it_is_for_its_owner_alone(site, findings, text):
    """As the index is; unless the folder around it lets nobody in."""
    sources_with(site, text + "\n")
    path = site / "config/sources.toml"
    path.chmod(0o644)
    message = f"{path} is open to others (mode 644); it holds a password"
    assert findings()["privacy"] == ("warning", message, f"chmod 600 {path}")
    path.chmod(0o600)
    assert "privacy" not in findings()
    path.chmod(0o644)
    path.parent.chmod(0o700)
    assert "privacy" not in findings()


def test_a_configuration_without_a_password_may_be_open(site, findings, monkeypatch):
    """What `env:` names stands elsewhere; what only looks like a credential is none."""
    monkeypatch.setenv("SECRET", "x")
    headers = 'headers = {Authorization = "env:SECRET", Accept = "*/*"}'
    sources_with(site, f'url = "https://a.example/@me/f?keyword=tea&author=b"\n{headers}\n')
    assert "privacy" not in findings()


@pytest.mark.parametrize(("mode", "told"), [(0o640, ""), (0o644, "chmod o= ")])
def test_a_configuration_of_somebody_elses_stays_readable_for_who_runs_tagwire(site, monkeypatch, mode, told):
    """By its group, as packagers do it: closing it to that would close it to us."""
    sources_with(site, 'url = "https://me:pw@a.example/f"\n')
    (site / "config/sources.toml").chmod(mode)
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    settings = load(str(site), str(site / "config/tagwire.toml"))
    found = list(places.privacy(Patient(settings=settings, now=SystemClock().now())))
    assert [one.fix.startswith(told) for one in found] == [True] * bool(told)


def test_an_index_elsewhere_is_looked_after_there(site, tmp_path, findings, monkeypatch):
    """Its folder, its file and the room on its disk; not what else lies there."""
    place = tmp_path / "disk"
    (place / "others").mkdir(parents=True)
    (place / "others").chmod(0o500)
    (site / "var/tagwire.db").rename(place / "i.db")
    configure(site, "tagwire.toml", f'[storage]\nindex = "sqlite:///{place}/i.db"\n')
    assert findings() == {}
    (place / "i.db").chmod(0o644)
    assert str(place / "i.db") in findings()["privacy"][1]
    usage = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda at: SimpleNamespace(free=1) if at == str(place) else usage(at))
    assert findings(1)["disk"][1] == f"{place}: 0 MiB are free"
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(place) and access(path, mode))
    assert findings(1)["permissions"][1].startswith(f"{place}, for the index, cannot be written")


def test_what_several_checks_need_is_looked_at_once(site, monkeypatch):
    """Item files are read, and a publication is tried, once for all of them."""
    (site / "feeds/all.xml").write_text("<feed")
    settings = load(str(site), str(site / "config/tagwire.toml"))
    patient, read = Patient(settings=settings, now=SystemClock().now()), []
    text, press = ItemTree.text, Publisher.publish

    def reading(tree, path):
        read.append(path)
        return text(tree, path)

    def publishing(one, **said):
        read.append("published")
        return press(one, **said)

    monkeypatch.setattr(ItemTree, "text", reading)
    monkeypatch.setattr(Publisher, "publish", publishing)
    found = {one.check: one.level for one in examine(patient)}
    assert (found["feeds"], found["contents"], found["items"], found["twice"]) == ("error", "warning", "ok", "ok")
    [item] = (site / "items").rglob("*.md")
    assert sorted(read) == [str(item.relative_to(site / "items")), "published"]


def test_what_publishing_does_not_mend_has_another_cure(site, findings):
    """A file of somebody else's, a folder in a feed's place, a template without an end."""
    (site / "feeds/zz.xml").write_text("<html/>")
    assert findings(1)["feeds"][1:] == (
        f"zz.xml in {site / 'feeds'}: an Atom feed was expected, this is html",
        f"no feed of ours: move it out of {site / 'feeds'}",
    )
    (site / "feeds/zz.xml").unlink()
    (site / "feeds/sources/a.xml").unlink()
    (site / "feeds/sources/a.xml").mkdir()
    found = findings(1)
    assert found["feeds"][2] == "move that folder away, then run `tagwire publish`"
    assert found["contents"][2] == "a folder lies where a file is to be: move it away, then run `tagwire publish`"
    (site / "feeds/sources/a.xml").rmdir()
    (site / "config/templates").mkdir()
    (site / "config/templates/index.html").write_text('{% include "index.html" %}')
    found = findings(1)
    assert "config/templates/index.html" in found["contents"][1]
    assert found["contents"][2] == "mend what it names, then run `tagwire publish`"


def test_every_mistake_of_the_configuration_is_a_finding(site, capsys):
    configure(site, "tagwire.toml", "prot = 1\n[http]\ntimeout = -1\n")
    assert call(site, "doctor", "--json") == 78
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(one["check"], one["level"]) for one in found] == [("config", "error")] * 2
    assert "tagwire.toml:" in found[0]["message"]


def test_a_port_that_is_taken_is_told(site, findings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        (site / "config/tagwire.toml").write_text(
            (site / "config/tagwire.toml").read_text().partition("[server]")[0]
            + f"[server]\nport = {taken.getsockname()[1]}\n"
        )
        assert "in use" in findings()["port"][1]


def test_few_descriptors_are_told(site):
    limits = (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    found = elsewhere(site, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
    assert "64 files may be open, 96 are needed" in found["descriptors"][1]


ROOM = {"f_frsize": 4096, "f_blocks": 1 << 20, "f_bfree": 1 << 20, "f_bavail": 1 << 20}


@pytest.mark.parametrize(
    ("check", "where", "fake", "words", "code"),
    [
        ("disk", (shutil, "disk_usage"), lambda _: SimpleNamespace(free=5 << 20), "5 MiB are free", 1),
        ("disk", (os, "statvfs"), lambda _: SimpleNamespace(**ROOM, f_files=1000, f_favail=9), "9 more files fit", 0),
        ("names", (sys, "getfilesystemencoding"), lambda: "ascii", "file names are in ascii", 1),
        ("extras", (machine, "find_spec"), lambda name: name != "opencc", "the extra 'zh' is not installed", 0),
    ],
)
def test_what_is_wrong_with_the_machine_is_told(findings, monkeypatch, check, where, fake, words, code):
    """As the system tells it: no room, no more files, names in one script, a package that is not there."""
    monkeypatch.setattr(*where, fake)
    level, message, fix = findings(code)[check]
    assert level == ("error" if code else "warning")
    assert words in message
    assert fix


def test_of_many_broken_files_the_first_are_named_and_the_others_counted(site, capsys):
    folder = next((site / "items").rglob("*.md")).parent
    for number in range(8):
        (folder / f"broken-{number}.md").write_text('---\ntitle: "x\n---\n')
    capsys.readouterr()
    assert call(site, "doctor", "--json") == 1
    told = [one["message"] for one in json.loads(capsys.readouterr().out)["findings"] if one["check"] == "items"]
    assert [f"broken-{number}.md:" in message for number, message in enumerate(told[:-1])] == [True] * 5
    assert told[-1] == "… and 3 more broken item files"


def test_an_index_with_other_tables_names_its_cure_which_works(site, capsys, findings):
    """As one that a version wrote which was never released, its number being that of another."""
    drop("TABLE item_tag")(site)
    for command in (["items"], ["db", "check"], ["db", "backup", str(site / "copy.db")], ["publish"], ["refresh"]):
        assert call(site, *command) == 1
        assert "(item_tag); run `tagwire reindex` to build a new one from the item files" in capsys.readouterr().err
    assert call(site, "reindex") == 0
    assert capsys.readouterr().out == "1 added, 0 read again, 0 gone, 0 set aside\n"
    assert (site / "var/tagwire.db.broken").is_file()
    assert call(site, "db", "check") == 0
    assert "index" not in findings()


def test_of_many_items_in_several_files_the_first_are_named_and_the_others_counted(site, capsys):
    """A folder that was moved in git, and checked out beside itself, has every item twice."""
    for number in range(8):
        for folder in ("new", "old"):
            (site / "items" / folder).mkdir(exist_ok=True)
            (site / f"items/{folder}/{number}-{number:016x}.md").write_text(f'---\ntitle: "{number}"\n---\n')
    capsys.readouterr()
    assert call(site, "doctor", "--json") == 0
    told = [one["message"] for one in json.loads(capsys.readouterr().out)["findings"] if one["check"] == "twice"]
    assert [
        message.startswith(f"new/{number}-{number:016x}.md, old/{number}-") for number, message in enumerate(told[:-1])
    ] == [True] * 5
    assert told[-1] == "… and 3 more items that are in several files"


@pytest.mark.parametrize("name", [".tagwire.jsonl", ".tagwire.copied.jsonl"])
def test_a_file_among_the_items_that_this_user_may_not_write_is_told(site, name):
    """What cannot be noted there ends the refresh that has to."""
    (site / "items" / name).touch()
    (site / "items" / name).chmod(0)
    level, message, fix = elsewhere(site, preexec_fn=mortal)["permissions"]
    assert (level, fix) == ("error", f"chmod u+rw {site / 'items' / name}")
    assert message == f"{site / 'items' / name} (of user {os.getuid()}, mode 0) cannot be written by user {os.getuid()}"


def test_of_items_without_files_publishing_is_the_cure(site, findings):
    """No other check is cited that has nothing to say."""
    for number in range(2):
        news = NEWS.replace("<guid>1</guid><title>N", f"<guid>{number}x</guid><title>Other {number}")
        (site / "a.xml").write_text(news)
        assert call(site, "refresh") == 0
    gone, _, beside = sorted((site / "items").rglob("*.md"))
    gone.unlink()
    beside.unlink()
    beside.mkdir()
    (site / "feeds/all.xml").unlink()
    assert {check: fix for check, (_, _, fix) in findings(1).items() if check == "contents"} == {
        "contents": "tagwire publish"
    }


def test_strict_makes_warnings_count(site):
    (site / "feeds/.tmp-0123456789abcdef").touch()
    assert call(site, "doctor") == 0
    assert call(site, "doctor", "--strict") == 1


def test_what_may_not_be_written_is_told(findings, monkeypatch):
    """Every place that tagwire writes to, and every file that it has to read."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    level, message, fix = findings(1)["permissions"]
    assert (level, "cannot be read" in message, "chmod" in fix) == ("error", True, True)


def test_a_folder_among_others_that_may_not_be_written_is_named(site, findings, monkeypatch):
    """However deep below the published directory or the items it is."""
    access, tags = os.access, str(site / "feeds" / "tags")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tags and access(path, mode))
    level, message, fix = findings(1)["permissions"]
    assert (level, message.startswith(f"{tags} cannot be written"), tags in fix) == ("error", True, True)


def test_backup_check_and_vacuum(site, findings, tmp_path, capsys):
    """A copy is complete; holes are given back; a damaged index is an error, a missing one is told."""
    copy = tmp_path / "copy.db"
    assert call(site, "db", "backup", copy) == 0
    assert capsys.readouterr().out == f"{copy}: {copy.stat().st_size} bytes\n"
    assert call(site, "db", "backup", tmp_path / "second.db", "--json") == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == copy.stat().st_size
    assert stores.check(f"sqlite:///{copy}", "/") == []
    assert call(site, "db", "backup", tmp_path / "none" / "copy.db") == 2
    assert f"{tmp_path / 'none'} is no folder: nothing was written" in capsys.readouterr().err
    assert call(site, "db", "backup", copy) == 2
    assert "--force" in capsys.readouterr().err
    assert call(site, "db", "backup", "-q", "--force", copy) == 0
    (site / "var/tagwire.db").write_bytes(copy.read_bytes())
    assert findings() == {}
    assert call(site, "db", "check") == 0
    assert capsys.readouterr().out == "ok\n"
    assert call(site, "db", "check", "--json") == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert call(site, "db", "vacuum") == 0
    assert re.fullmatch(r"\d+ bytes before, \d+ after\n", capsys.readouterr().out)
    assert call(site, "db", "vacuum", "--json") == 0
    assert json.loads(capsys.readouterr().out)["after"] > 0
    assert call(site, "db", "prune", "--json") == 0
    counts = {"sketches": 0, "tombstones": 0, "revisions": 0, "filtered": 0, "states": 0}
    assert json.loads(capsys.readouterr().out) == {"schema": 1, **counts}
    assert call(site, "db", "prune") == 0
    assert capsys.readouterr().out == "0 sketches, 0 tombstones, 0 revisions, 0 filtered, 0 states dropped\n"
    spoil_page(site)
    assert call(site, "db", "check") == 1
    assert "reindex" in capsys.readouterr().err
    (site / "var/tagwire.db").unlink()
    assert call(site, "db", "backup", tmp_path / "none.db") == 1
    assert "no index yet" in capsys.readouterr().err
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("name", ["tagwire.db", "tagwire.db-wal", "fragments.db", "search.db-shm", "copy.db"])
def test_no_backup_goes_where_the_sites_own_files_are(site, monkeypatch, capsys, name):
    """By no spelling of the path, and by no link: what is in use would be lost, or replayed into the index."""
    own, elsewhere = site / "var" / name, site / "elsewhere"
    before = (site / "var/tagwire.db").read_bytes()
    monkeypatch.chdir(site / "items")
    elsewhere.symlink_to(own)
    (site / "other").symlink_to("var")
    spellings = [own, Path("../var", name), Path("../var/../var", name), elsewhere, site / "other" / name]
    if own.exists():
        (site / "hard").hardlink_to(own)
        spellings.append(site / "hard")
    for target in spellings:
        assert call(site, "db", "backup", "--force", target) == 2
        assert "where tagwire's own files are: name a file elsewhere" in capsys.readouterr().err
    assert (site / "var/tagwire.db").read_bytes() == before


@pytest.mark.parametrize("name", ["items/.tagwire.jsonl", "items/a/new.db", "config/sources.toml", "feeds/all.xml"])
def test_no_backup_goes_among_items_feeds_and_configuration(site, capsys, name):
    before = (site / name).read_bytes() if (site / name).exists() else None
    assert call(site, "db", "backup", "--force", site / name) == 2
    assert "where tagwire's own files are: name a file elsewhere" in capsys.readouterr().err
    assert ((site / name).read_bytes() if (site / name).exists() else None) == before


def test_no_backup_replaces_what_is_no_index_of_tagwire(site, tmp_path, capsys):
    """Texts, other databases, pipes; but an empty file, as mktemp makes it, and a link that leads nowhere."""
    (tmp_path / "text").write_text("the only copy of something")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE mine (a)")
    os.mkfifo(tmp_path / "pipe")
    before = {path: path.read_bytes() for path in (tmp_path / "text", tmp_path / "other.db")}
    for name in ("text", "other.db", "pipe"):
        assert call(site, "db", "backup", "--force", tmp_path / name) == 2
        assert "is no index of tagwire, so it is not replaced: name another file" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in before} == before
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("empty", "link", "empty"):
        assert call(site, "db", "backup", "--force", tmp_path / name) == 0
        assert stores.check(f"sqlite:///{tmp_path / name}", "/") == []


def test_no_backup_replaces_an_index_that_is_kept_elsewhere(site, tmp_path, capsys):
    (site / "var/tagwire.db").rename(tmp_path / "index.db")
    configure(site, "tagwire.toml", f'[storage]\nindex = "sqlite:///{tmp_path}/index.db"\n')
    (tmp_path / "link").hardlink_to(tmp_path / "index.db")
    for name in ("index.db", "index.db-wal", "link"):
        assert call(site, "db", "backup", "--force", tmp_path / name) == 2
        assert "which is in use: name another file" in capsys.readouterr().err
    assert call(site, "db", "backup", tmp_path / "copy.db") == 0


def test_a_store_in_memory_needs_no_upkeep():
    assert stores.check("memory:", "") == []
    assert stores.compact("memory:", "") == (0, 0)
    with pytest.raises(StoreError, match="nothing to copy"):
        stores.backup("memory:", "", "x")


def test_a_new_site_is_told_how_to_begin_and_nothing_is_broken(tmp_path, capsys):
    site = tmp_path / "new"
    assert run(["init", str(site)]) == 0
    capsys.readouterr()
    assert call(site, "doctor", "--json") == 0
    found = {one["check"]: one for one in json.loads(capsys.readouterr().out)["findings"]}
    assert (found["index"]["level"], found["index"]["fix"]) == ("ok", "tagwire refresh")
    assert "no index yet" in found["index"]["message"]
    assert call(site, "publish", "--check") == 4
    assert call(site, "refresh", "--dry-run") == 0
    assert capsys.readouterr().err == "", "that there is no cache yet is no warning"


def test_broken_files_of_a_folder_are_named_until_they_are_mended(site, findings, capsys):
    (site / "own").mkdir()
    for number in range(7):
        (site / f"own/bad{number}.md").write_text("no front matter")
    with (site / "config/sources.toml").open("a") as file:
        file.write('[[sources]]\nid = "own"\nkind = "folder"\npath = "own"\n')
    assert call(site, "refresh") == 0
    for _ in range(2):
        level, message, fix = findings()["files"]
        assert (level, message, fix) == ("warning", "own: and 2 more", "tagwire show own")
        assert call(site, "doctor") == 0
        assert "own/bad0.md:1: no front matter" in capsys.readouterr().out
        assert call(site, "show", "own") == 0
        shown = capsys.readouterr().out
        assert "condition      ok" in shown
        assert f"set aside      {site}/own/bad0.md:1: no front matter" in shown
        assert call(site, "sources") == 0
        assert "own: 7 problems, `tagwire show own` names them" in capsys.readouterr().out
        assert call(site, "refresh", "own") == 0
    for path in (site / "own").iterdir():
        path.unlink()
    assert call(site, "refresh", "own") == 0
    assert "files" not in findings()
