"""`tagwire tags` on a small site: listed, explained, suggested, renamed, merged."""

from __future__ import annotations

import tomllib

import pytest

from aggregator.model import Document
from aggregator.parsers import syndication

FEED = (
    "<rss version='2.0'><channel><title>F</title><link>http://127.0.0.1/</link>"
    "<item><guid>1</guid><title>苹果 releases a GPT-4 phone</title><category>technology</category>"
    "<pubDate>Mon, 03 Mar 2025 01:00:00 GMT</pubDate><description>Apple juice is something else</description></item>"
    "<item><guid>2</guid><title>Nothing</title><category>Weather</category><category>weathers</category>"
    "<pubDate>Tue, 04 Mar 2025 01:00:00 GMT</pubDate><description>Rain</description></item>"
    "</channel></rss>"
)
RULES = """# rules
[[tags]]
name = "科技"
slug = "tech"
aliases = ["technology"]

[[tags]]
name = "AI"
match = ['re:gpt-\\d']
parent = "科技"

[[tags]]
name = "Apple"
match = ["苹果"]
not = ["juice"]
"""


@pytest.fixture
def wired(tagwire, site, add_source):
    """A site with a feed file and three rules, refreshed once."""
    (site / "feed.xml").write_text(FEED)
    add_source('id = "wire"\npath = "feed.xml"\ntags = ["technology", "mine"]')
    (site / "config" / "tags.toml").write_text(RULES)
    assert tagwire("refresh").code == 0
    return site


def key(tagwire, title):
    return next(item["key"] for item in tagwire("items", "--json").json["items"] if title in item["title"])


def entries(path):
    return syndication.parse(Document(name=str(path), body=path.read_bytes())).entries


def test_tags_are_listed_with_counts_parents_and_aliases(tagwire, wired):
    listed = {line["name"]: line for line in tagwire("tags", "--json").json["tags"]}
    assert listed["科技"] == {
        "name": "科技", "path": "tags/tech", "items": 4, "parent": "", "aliases": ["technology"], "ruled": True,
    }  # fmt: skip
    assert (listed["AI"]["items"], listed["AI"]["parent"]) == (1, "科技")
    assert (listed["Apple"]["items"], listed["Weather"]["ruled"]) == (0, False)
    assert tagwire("tags").out == tagwire("tags", "list").out
    assert tagwire("tags").out.splitlines()[1].split() == ["科技", "4", "tags/tech", "technology"]


def test_every_tag_of_an_item_is_explained(tagwire, wired):
    ref = key(tagwire, "GPT")
    assert tagwire("tags", "explain", ref).out.splitlines()[1:] == [
        "wire: the item's source",
        "科技: a tag of the source, 'technology' → 科技; category 'technology' → 科技; parent of AI",
        "mine: a tag of the source",
        "AI: rule, 're:gpt-\\d' in the title (… releases a gpt-4 phone…)",
        (
            "not Apple: '苹果' in the title (…苹果 releases a …), "
            "but vetoed by 'juice' in the text (…apple juice is somethin…)"
        ),
    ]
    told = tagwire("tags", "explain", ref, "--json").json
    assert told["tags"] == ["wire", "科技", "mine", "AI"]
    assert [reason["kind"] for reason in told["reasons"]] == [
        "source", "source-tag", "source-tag", "category", "rule", "veto", "parent",
    ]  # fmt: skip
    assert tagwire("tags", "explain", "nope").code == 2


def test_a_name_that_is_no_text_is_refused(tagwire, wired):
    """An argument that is not UTF-8 comes with surrogates in it."""
    for command in ("rename", "merge"):
        done = tagwire("tags", command, "\udcff", "b")
        assert (done.code, "is not UTF-8" in done.err) == (2, True), done.err


def test_an_item_is_named_by_its_file_as_one_sees_it_from_where_one_is(tagwire, wired, monkeypatch):
    (item,) = (one for one in tagwire("items", "--json").json["items"] if "GPT" in one["title"])
    folder, _, name = item["path"].rpartition("/")
    monkeypatch.chdir(wired / "items" / folder)
    for command in (("show",), ("tags", "explain")):
        assert tagwire("-C", str(wired), *command, name).out.startswith(("key", item["key"])), command


def test_tags_of_folder_items_are_explained_from_their_files(tagwire, wired):
    lines = tagwire("tags", "explain", key(tagwire, "Your wire")).out.splitlines()
    assert "科技: tag in the file, 'technology' → 科技" in lines


def test_rules_that_changed_since_are_told(tagwire, wired):
    ref = key(tagwire, "GPT")
    (wired / "config" / "tags.toml").write_text("")
    assert "the rules have changed" in tagwire("tags", "explain", ref).out


def test_suggestions_can_be_pasted(tagwire, wired):
    text = tagwire("tags", "suggest").out
    assert tomllib.loads(text) == {"tags": [{"name": "Weather", "aliases": ["weathers"]}]}
    (suggestion,) = tagwire("tags", "suggest", "--json").json["suggestions"]
    assert (suggestion["kind"], suggestion["items"], suggestion["toml"]) == ("spelling", 2, text)
    with (wired / "config" / "tags.toml").open("a") as tags:
        tags.write('\n[[tags]]\nname = "Weather"\n')
    assert tagwire("tags", "suggest").out == '# looks like "Weather", 1 item; to its aliases add "weathers"\n'
    (wired / "config" / "tags.toml").write_text(RULES + '[[tags]]\nname = "Weather"\naliases = ["weathers"]\n')
    assert tagwire("tags", "suggest").err == "no suggestions\n"


def test_a_renamed_tag_takes_items_files_and_subscribers_along(tagwire, wired):
    tried = tagwire("tags", "rename", "Weather", "天气", "--dry-run")
    assert tried.out.splitlines()[0] == "Weather would become 天气"
    assert (wired / "config" / "tags.toml").read_text() == RULES
    done = tagwire("tags", "rename", "Weather", "天气", "--json").json
    assert (done["name"], done["gone"], done["items"], len(done["files"])) == ("天气", ["Weather"], 1, 1)
    text = (wired / "items" / done["files"][0]).read_text()
    assert '  - "天气"\n  - "weathers"\n' in text
    assert "Weather" not in text
    assert [entry.title for entry in entries(wired / "feeds" / "tags" / "天气.xml")] == ["Nothing"]
    (notice,) = entries(wired / "feeds" / "tags" / "weather.xml")
    assert notice.link == "http://127.0.0.1:8420/tags/%E5%A4%A9%E6%B0%94.html"
    assert "http://127.0.0.1:8420/tags/%E5%A4%A9%E6%B0%94.xml" in notice.summary
    assert "天气" in notice.title
    assert (wired / "feeds" / "tags" / "weather.html").is_file()
    assert tagwire("publish", "--check").code == 0
    assert "Weather" not in [line["name"] for line in tagwire("tags", "--json").json["tags"]]


def test_the_notice_survives_the_loss_of_the_index_and_new_entries_follow(tagwire, wired):
    tagwire("tags", "rename", "Weather", "天气")
    for path in (wired / "var").iterdir():
        path.unlink()
    assert tagwire("reindex").code == 0
    (wired / "feed.xml").write_text(FEED.replace("<guid>1<", "<guid>3<").replace(">technology<", ">weather<"))
    assert tagwire("refresh").code == 0
    assert len(entries(wired / "feeds" / "tags" / "天气.xml")) == 2
    assert len(entries(wired / "feeds" / "tags" / "weather.xml")) == 1


def test_merged_tags_are_one_and_owners_files_stay(tagwire, wired):
    mine = next((wired / "items" / "wire").rglob("*nothing*.md"))
    mine.write_text(mine.read_text() + "\nMy note.\n")
    before = mine.read_text()
    done = tagwire("tags", "merge", "Weather", "AI", "Topics")
    assert done.out.splitlines()[0] == "Weather, AI became Topics"
    assert mine.read_text() == before
    tags = {item["title"]: item["tags"] for item in tagwire("items", "--json").json["items"]}
    assert tags["Nothing"] == ["wire", "科技", "mine", "Topics", "weathers"]
    assert tags["苹果 releases a GPT-4 phone"] == ["wire", "科技", "mine", "Topics"]
    assert len(entries(wired / "feeds" / "tags" / "topics.xml")) == 2
    assert tagwire("tags", "merge", "x").code == 2
    assert tagwire("tags", "merge", "nope", "x").code == 2


@pytest.mark.parametrize(
    "words", [("rename", "welcome", "科技"), ("merge", "welcome", "科技"), ("merge", "wire", "科技")]
)
def test_the_source_that_items_name_is_no_tag_to_rename(tagwire, wired, words):
    """Whether it is configured or only their files say it: they would have it as a tag again at once."""
    (wired / "config" / "sources.toml").write_text(
        (wired / "config" / "sources.toml").read_text() + '\n[[sources]]\nid = "more"\nkind = "folder"\npath = "more"\n'
    )
    (wired / "more").mkdir()
    (wired / "more" / "one.md").write_text('---\ntitle: "One"\ncategories:\n  - "welcome"\n---\n\nText.\n')
    assert tagwire("refresh").code == 0
    before = (wired / "config" / "tags.toml").read_bytes()
    done = tagwire("tags", *words)
    assert done.code == 2
    assert f"{words[1]!r} is the id of a source" in done.err
    assert (wired / "config" / "tags.toml").read_bytes() == before


def test_files_of_owners_are_named_and_read_under_the_new_name(tagwire, wired):
    """A chosen slug keeps the feed where it is, and under the former name there never was one."""
    rules = wired / "config" / "tags.toml"
    rules.write_text(RULES + '\n[[tags]]\nname = "Weather"\nslug = "sky"\n')
    mine = next((wired / "items" / "wire").rglob("*nothing*.md"))
    mine.write_text(mine.read_text() + "\nMy note.\n")
    assert tagwire("publish").code == 0
    before = mine.read_text()
    done = tagwire("tags", "rename", "Weather", "天气", "--dry-run").out
    place = mine.relative_to(wired / "items").as_posix()
    assert f"\n1 file left as others wrote them, with their items under 天气: {place}\n" in done
    assert tagwire("tags", "rename", "Weather", "天气", "--json").json["left"] == [place]
    assert mine.read_text() == before
    assert [entry.title for entry in entries(wired / "feeds" / "tags" / "sky.xml")] == ["Nothing"]
    assert not (wired / "feeds" / "tags" / "weather.xml").exists()
    assert tagwire("publish", "--check").code == 0


def test_a_file_that_cannot_be_read_does_not_keep_the_notice_away(tagwire, wired):
    mine = next((wired / "items" / "wire").rglob("*nothing*.md"))
    text = mine.read_text()
    mine.write_text(text.removeprefix("---\n"))
    assert "no front matter" in tagwire("tags", "rename", "Weather", "天气").err
    (notice,) = entries(wired / "feeds" / "tags" / "weather.xml")
    assert "天气" in notice.title
    mine.write_text(text)
    assert tagwire("publish").code == 0
    assert [entry.title for entry in entries(wired / "feeds" / "tags" / "天气.xml")] == ["Nothing"]
    assert [entry.title for entry in entries(wired / "feeds" / "tags" / "weather.xml")] == [notice.title]


@pytest.mark.parametrize("names", [("B", "C", "D"), ("B", "Weather"), ("B", "C", "Weather", "B")])
def test_renamed_again_and_back_everybody_is_led_to_the_last_name(tagwire, wired, names):
    former = "Weather"
    for name in names:
        assert tagwire("tags", "rename", former, name).code == 0
        former = name
    assert [entry.title for entry in entries(wired / "feeds" / "tags" / f"{former.lower()}.xml")] == ["Nothing"]
    for name in {"Weather", *names} - {former}:
        (notice,) = entries(wired / "feeds" / "tags" / f"{name.lower()}.xml")
        assert notice.link == f"http://127.0.0.1:8420/tags/{former.lower()}.html"
    assert tagwire("publish", "--check").code == 0


def test_what_changed_is_counted_in_words(tagwire, wired):
    assert "\n1 item, 1 of its files, " in tagwire("tags", "rename", "Weather", "天气").out


@pytest.mark.parametrize("name", ["", " ", "a\nb"])
@pytest.mark.parametrize("words", [("rename", "AI"), ("merge", "AI")])
def test_what_cannot_be_a_name_is_a_usage_error_and_changes_nothing(tagwire, wired, words, name):
    before = (wired / "config" / "tags.toml").read_bytes()
    done = tagwire("tags", *words, name)
    assert done.code == 2
    assert f"{name!r} cannot be the name of a tag" in done.err
    assert (wired / "config" / "tags.toml").read_bytes() == before
