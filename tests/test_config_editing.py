"""sources.toml changed as text: comments stay, nothing else changes, nothing is written if it would not load."""

from __future__ import annotations

import pytest

from aggregator.config import load, locate
from aggregator.config.editing import Editor, keys_for
from aggregator.errors import ConfigError, UsageError

TEXT = """# my feeds

# the first
[[sources]]
id = "a"   # short
url = "https://a.example/feed"
[sources.headers]
X-Y = "1"

# the second
[[sources]]
url = "https://b.example/feed"
enabled = true   # for now

[[sources]]
id = "c"
path = "c.xml"
# the end
"""


@pytest.fixture
def site(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tagwire.toml").write_text("")
    (tmp_path / "config" / "sources.toml").write_text(TEXT)
    return tmp_path


def text(site):
    return (site / "config" / "sources.toml").read_bytes().decode()


def editor(site):
    place = locate(str(site), "", {})
    return Editor(place, load(str(place.root), environ={}), {})


def ids(site):
    return [(source.id, source.enabled) for source in load(str(site), environ={}).sources]


def test_adding_appends_and_leaves_the_text_before_alone(site):
    change = editor(site).add({"url": "https://www.d.example/", "tags": ["财经", 'a"b'], "every": "2h"})
    assert text(site) == TEXT, "a planned change writes nothing"
    change.write()
    added = '\n[[sources]]\nid = "d.example"\nurl = "https://www.d.example/"\ntags = ["财经", "a\\"b"]\nevery = "2h"\n'
    assert text(site) == TEXT + added
    source = change.settings.sources[-1]
    assert (source.id, source.tags, source.every) == ("d.example", ("财经", 'a"b'), 7200.0)


def test_adding_makes_the_file_if_there_is_none(site):
    (site / "config" / "sources.toml").unlink()
    editor(site).add({"path": "x.xml"}).write()
    assert text(site) == '[[sources]]\nid = "x"\npath = "x.xml"\n'


def test_adding_makes_up_a_free_id(site):
    editor(site).add({"url": "https://b.example/other"}).write()
    assert ids(site)[-1] == ("b.example-2", True)


def test_adding_keeps_windows_line_ends_and_ends_the_last_line(site):
    (site / "config" / "sources.toml").write_bytes(TEXT.rstrip("\n").replace("\n", "\r\n").encode())
    editor(site).add({"url": "https://d.example/"}).write()
    editor(site).enable(["c"], enabled=False).write()
    assert "\n" not in text(site).replace("\r\n", "")
    assert "# the end\r\n\r\n[[sources]]" in text(site)


@pytest.mark.parametrize(
    "keys",
    [
        {"url": "https://new.example/", "id": "a"},
        {"url": "http://www.a.example/feed?utm_source=x"},
        {"path": "c.xml", "id": "new"},
    ],
)
def test_adding_what_is_there_is_refused(site, keys):
    with pytest.raises(UsageError, match="already"):
        editor(site).add(keys)


@pytest.mark.parametrize(
    "keys", [{"url": "https://x y/"}, {"url": "https://d.example/", "every": "soon"}, {"path": "x", "tags": [""]}]
)
def test_adding_what_would_not_load_is_refused_with_the_reason(site, keys):
    with pytest.raises(UsageError, match="expected"):
        editor(site).add(keys)


def test_removing_takes_the_table_with_its_sub_tables_and_leaves_comments(site):
    editor(site).remove(["a"]).write()
    assert text(site) == TEXT.replace(
        '[[sources]]\nid = "a"   # short\nurl = "https://a.example/feed"\n[sources.headers]\nX-Y = "1"\n', ""
    )
    assert ids(site) == [("b.example", True), ("c", True)]


def test_removing_all_leaves_the_comments(site):
    editor(site).remove(["a", "c", "b.example"]).write()
    assert ids(site) == []
    assert [line for line in text(site).splitlines() if line] == [
        "# my feeds",
        "# the first",
        "# the second",
        "# the end",
    ]


def test_pausing_and_resuming_change_one_line(site):
    editor(site).enable(["a", "b.example"], enabled=False).write()
    changed = TEXT.replace('feed"\n[sources.headers]', 'feed"\nenabled = false\n[sources.headers]')
    assert text(site) == changed.replace("enabled = true   # for now", "enabled = false   # for now")
    assert ids(site) == [("a", False), ("b.example", False), ("c", True)]
    editor(site).enable(["b.example", "c"], enabled=True).write()
    assert ids(site) == [("a", False), ("b.example", True), ("c", True)]


def test_pausing_the_last_source_of_a_file_without_final_newline(site):
    (site / "config" / "sources.toml").write_text('[[sources]]\npath = "c.xml"')
    editor(site).enable(["c"], enabled=False).write()
    assert text(site) == '[[sources]]\npath = "c.xml"\nenabled = false\n'


def test_unknown_sources_are_refused_with_the_nearest_name(site):
    with pytest.raises(UsageError, match=r"no source 'b\.exampel' - did you mean \"b\.example\""):
        editor(site).remove(["a", "b.exampel"])
    assert text(site) == TEXT


def test_sources_written_inline_are_left_to_their_owner(site):
    (site / "config" / "sources.toml").write_text('sources = [{ path = "c.xml" }]\n')
    with pytest.raises(UsageError, match="by hand"):
        editor(site).remove(["c"])


def test_a_change_that_would_touch_others_is_refused(site):
    """The file changed between reading and editing: the plan was made for another one."""
    stale = editor(site)
    (site / "config" / "sources.toml").write_text(TEXT + '[[sources]]\npath = "new.xml"\n')
    with pytest.raises(ConfigError, match="by hand"):
        stale.remove(["a"])


def test_an_address_is_a_url_a_feed_file_or_a_folder(site, tmp_path, monkeypatch):
    (site / "notes").mkdir()
    (site / "f.xml").write_text("")
    monkeypatch.chdir(site)
    assert keys_for("https://a.example/", site) == {"url": "https://a.example/"}
    assert keys_for("notes", site) == {"path": "notes", "kind": "folder"}
    assert keys_for("f.xml", site) == {"path": "f.xml"}
    assert keys_for("f.xml", site / "notes") == {"path": str(site / "f.xml")}
    with pytest.raises(UsageError, match="neither a URL nor an existing path"):
        keys_for("nope", site)
