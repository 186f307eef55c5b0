"""Feeds that are not well-formed: those that lost something say so, those that did not are read as ever."""

from __future__ import annotations

import pytest

from aggregator.model import Document, Parsed
from aggregator.parsers import syndication


def item(number: int, text: str = "") -> str:
    return (
        f"<item><title>{number}</title><guid isPermaLink='false'>g{number}</guid><link>https://a.example/{number}</link>"
        f"<description>Text {number}{text}</description><category>c</category></item>"
    )


def entry(number: int) -> str:
    more = f"<summary>s</summary><content>Text {number}</content>"
    return f"<entry><id>urn:{number}</id><title>{number}</title>{more}</entry>"


def rss(*items: str) -> str:
    return f"<?xml version='1.0'?>\n<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>"


def atom(*entries: str) -> str:
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><id>urn:t</id>{''.join(entries)}</feed>"


def read(text: str) -> Parsed:
    return syndication.parse(Document(name="http://a.example/feed", body=text.encode()))


def lost(text: str) -> str:
    """What a feed that came to its end has lost, as people read it."""
    parsed = read(text)
    assert (parsed.truncated, parsed.damaged) == ("", bool(parsed.problems))
    return parsed.problems[0].message if parsed.problems else ""


def titles(text: str) -> list[str]:
    return [one.title for one in read(text).entries]


@pytest.mark.parametrize("opening", ["<![CDATA[", "<!-- "])
def test_what_never_ends_and_hides_the_rest_is_told(opening: str) -> None:
    """Though the end of the root stands behind it; the entry in which it begins is not taken for a whole one."""
    text = rss(item(1), "\n" + item(2).replace("Text", opening + "Text"), item(3))
    said = lost(text)
    assert said.startswith(
        f"the {'comment' if '--' in opening else 'CDATA section'} that begins in line 3 is never closed"
    )
    assert titles(text) == ["1"]


@pytest.mark.parametrize("opening", ["<![CDATA[", "<!-- "])
def test_what_hides_the_rest_and_is_cut_besides_ends_too_early(opening: str) -> None:
    """No end of the root came, hidden or not."""
    parsed = read(rss(item(1), item(2).replace("Text", opening + "Text"), item(3)).removesuffix("</rss>"))
    assert "that begins in line 2 is never closed and hides the rest" in parsed.truncated
    assert (parsed.damaged, parsed.problems) == (False, ())


def test_a_comment_behind_the_end_hides_nothing() -> None:
    text = rss(item(1, " & ")) + "<!-- cached at 12:"
    assert (lost(text), titles(text)) == ("", ["1"])


@pytest.mark.parametrize("name", ["title", "guid", "description"])
def test_an_element_of_rss_that_takes_others_along_is_told(name: str) -> None:
    said = lost(rss(item(1), item(2).replace(f"</{name}>", ""), item(3)))
    what = "an entry" if name == "description" else f"a <{name}>"  # the third one is in the second's text
    assert said.startswith(f"{what} is never closed, so that others are missing or wrong (")


@pytest.mark.parametrize("name", ["id", "title", "summary"])
def test_an_element_of_atom_that_takes_others_along_is_told(name: str) -> None:
    said = lost(atom(entry(1), entry(2).replace(f"</{name}>", ""), entry(3)))
    assert said.startswith(f"a <{name}> is never closed")


def test_an_entry_that_is_taken_along_is_told() -> None:
    """By a text that is never closed; what comes before and behind is kept."""
    text = atom(entry(1), entry(2).replace("</content></entry>", "</entry>"), entry(3), entry(4))
    assert lost(text).startswith("an entry is never closed")
    assert {"1", "2", "4"} <= set(titles(text))


@pytest.mark.parametrize("number", [1, 2])
def test_an_entry_that_never_begins_is_told(number: int) -> None:
    text = rss(*(item(n).replace("<item>", "") if n == number else item(n) for n in (1, 2, 3)))
    assert lost(text).startswith("an entry is never opened")


@pytest.mark.parametrize(
    "more",
    [
        "&nbsp;",
        " & ",
        " a < b ",
        "<br>",
        "</p>",
        "\x0b&",
        "<foo:bar>x</foo:bar>",
        "<img src=x>",
        "<svg><title/></svg></b>",
    ],
)
def test_what_is_ill_formed_and_whole_is_read_as_ever(more: str) -> None:
    for text in (rss(item(1, more), item(2)), rss(item(1), item(2) + more, "<item/>")):
        assert lost(text) == ""
        assert titles(text)[:2] == ["1", "2"]


def test_what_stands_in_closed_cdata_and_comments_is_text() -> None:
    """Tags there open and close nothing."""
    inside = "<![CDATA[<title><item></rss><!-- ]]><!-- <item><guid> <![CDATA[ --> & "
    text = rss(item(1, inside), item(2))
    assert (lost(text), titles(text)) == ("", ["1", "2"])


def test_an_end_that_is_missing_and_costs_nothing_is_no_damage() -> None:
    """Nor are entries within entries (Simple Sharing Extensions), or one end too many."""
    for text in (
        rss(item(1).replace("</item>", ""), item(2)),
        rss(item(1) + "</item>", item(2)),
        rss(item(1, " & "), f"<item><sx:conflict>{item(2)}</sx:conflict><title>3</title></item>", item(4)),
    ):
        assert lost(text) == ""
