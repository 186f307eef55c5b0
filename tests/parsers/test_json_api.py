"""Answers of JSON APIs read as declared: fields, conditions, and what is said about every other shape."""

from __future__ import annotations

import json

import pytest

from aggregator.errors import ParseError
from aggregator.model import Declaration, Document, Person
from aggregator.parsers import json_api
from aggregator.steps.webpages.declared import LIMIT

URL = "http://api.example/v1/list"
FIELDS = (("id", "id"), ("title", "name"), ("link", "url"))
FULL = (
    *FIELDS,
    ("date", "at"),
    ("updated", "changed"),
    ("author", "people[].name"),
    ("image", "img"),
    ("summary", "short"),
    ("content", "text"),
    ("tags", "labels"),
)


def parse(value, fields=FIELDS, each="data", **how):
    body = value if isinstance(value, bytes) else json.dumps({"data": value}).encode()
    return json_api.parse(
        Document(name=URL, body=body, declared=Declaration(kind="json", each=each, fields=fields, **how))
    )


def failure(value, **how):
    with pytest.raises(ParseError) as caught:
        parse(value, **how)
    assert caught.value.url == URL
    assert "\n" not in str(caught.value)
    return str(caught.value)


def entry(number=1, **more):
    return {"id": number, "name": f"T{number}", "url": f"/a/{number}", **more}


def test_every_field_finds_its_place():
    row = entry(
        at=1739337358, changed="2025-02-12", people=[{"name": "甲"}, {"name": "乙"}, {"name": "甲"}], img="/i.png",
        short="a < b", text="<p>Text</p>", labels=["x", "y", "x"],
    )  # fmt: skip
    (found,) = parse([row], FULL).entries
    assert (found.guid, found.title, found.link) == ("1", "T1", "http://api.example/a/1")
    assert (found.published, found.updated) == ("1739337358", "2025-02-12")
    assert found.authors == (Person(name="甲"), Person(name="乙"))
    assert found.image == "http://api.example/i.png"
    assert (found.summary, found.content) == ("<p>a &lt; b</p>", "<p>Text</p>")
    assert found.categories == ("x", "y")
    assert found.base == found.link


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), (" x ", "x"), (7, "7"), (1.5, "1.5"), (True, ""), (None, ""), ({}, ""), ([], ""), (["a", "b"], "a")],
)
def test_texts_and_numbers_count_everything_else_is_nothing(value, text):
    assert parse([entry(name=value)]).entries[0].title == text if text else parse([entry(), entry(name=value)])


def test_texts_without_markup_keep_their_paragraphs_and_lines():
    (found,) = parse([entry(short="A & B\nC", text="纯文本第一段\n\n第二段\n第二行")], FULL).entries
    assert found.summary == "<p>A &amp; B<br>C</p>"
    assert found.content == "<p>纯文本第一段</p><p>第二段<br>第二行</p>"


def test_contents_keep_the_wide_spaces_that_indent_them():
    (found,) = parse([entry(name="　题　", text="\n　　甲\n", short="　　")], FULL).entries
    assert (found.title, found.content, found.summary) == ("题", "<p>　　甲</p>", "")


def test_a_lone_surrogate_becomes_a_sign_that_utf8_can_carry():
    (found,) = parse(b'{"data": [{"id": 1, "name": "a\\ud800b", "url": "/"}]}').entries
    assert found.title == "a\ufffdb"


@pytest.mark.parametrize(
    ("value", "left_out"),
    [(True, 1), (1, 1), ("0", 1), ([0], 1), (False, 0), (0, 0), (None, 0), ("", 0), ([], 0), ({}, 0)],
)
def test_a_condition_holds_unless_it_gives_something_empty(value, left_out):
    found = parse([entry(paid=value), entry(2)], skip=("missing", "paid"))
    assert len(found.entries) == 2 - left_out
    assert found.problems == ()


def test_urls_may_be_made_of_other_fields_percent_encoded():
    fields = (
        ("id", "id"),
        ("title", "name"),
        ("link", "https://site.example/{id}?t={title}"),
        ("image", "/i/{id}.png"),
    )
    (found,) = parse([{"id": "a/b c", "name": "新"}], fields).entries
    assert found.link == "https://site.example/a%2Fb%20c?t=%E6%96%B0"
    assert found.image == "http://api.example/i/a%2Fb%20c.png"


@pytest.mark.parametrize("value", [None, "", ".", ".."])
def test_a_url_with_a_missing_value_is_none(value):
    fields = (("title", "name"), ("id", "id"), ("link", "https://site.example/{id}"))
    found = parse([entry(), {"name": "T", "id": value}], fields)
    assert [one.link for one in found.entries] == ["https://site.example/1", ""][: len(found.entries)]


def test_an_empty_list_is_no_error():
    assert parse([]).entries == ()
    assert parse([]).problems == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html><p>Please log in", "not JSON: this is an HTML page, it begins with '<!DOCTYPE html>"),
        (b"", "not JSON: this is empty"),
        (b'{"data": [', "not JSON: a value is expected at line 1, column 11"),
        (b'{"data": ' + b"[" * 100_000, "not JSON: "),
        (b'{"data": [{"id": ' + b"9" * 5000 + b"}]}", "not JSON: a number has thousands of digits"),
        (
            b'{"code": 40001, "message": "denied"}',
            "items.list: 'data' gives nothing, not a list; the answer is {\"code\"",
        ),
        (b'{"data": {"a": 1}}', "items.list: 'data' gives an object, not a list"),
        (b'{"data": "x"}', "items.list: 'data' gives text, not a list"),
        (b'{"data": 3}', "items.list: 'data' gives a number, not a list"),
        (b'{"data": true}', "items.list: 'data' gives a boolean, not a list"),
    ],
)
def test_an_answer_of_another_shape_is_an_error_that_says_what_came(body, words):
    assert words in failure(body)


def test_a_function_that_does_not_fit_is_an_error_that_names_the_expression():
    assert failure({"a": 1}, each="sort(data)").startswith("items.list: 'sort(data)': In function sort(), invalid type")
    found = parse([entry(), entry(2, name=["a"])], (*FIELDS, ("tags", "join(',', name)")), skip=())
    assert "entry 1: tags: \"join(',', name)\": In function join()" in found.problems[0].message
    assert len(found.entries) == 1
    assert "items.skip: In function" in parse([entry(), entry(2)], skip=("length(id)",)).problems[0].message


@pytest.mark.parametrize("name", ["id", "title", "link"])
def test_a_field_that_no_entry_has_means_that_the_site_changed(name):
    rows = [{key: value for key, value in entry(n).items() if key != dict(FIELDS)[name]} for n in range(3)]
    message = failure(rows)
    assert message == (
        f"items.{name}: {dict(FIELDS)[name]!r} finds nothing in any of 3 entries: the site may have changed"
    )


def test_other_fields_that_no_entry_has_are_told():
    fields = (*FIELDS, ("date", "at"), ("author", "who"))
    assert parse([entry(n) for n in range(4)], fields).problems == ()
    (problem,) = parse([entry(n) for n in range(5)], fields).problems
    assert str(problem) == f"{URL}: items.date, items.author: nothing found in any of 5 entries"


def test_one_broken_entry_costs_only_itself():
    found = parse([entry(), None, "x", {"name": "no id"}, entry(2)])
    assert [one.guid for one in found.entries] == ["1", "2"]
    assert [problem.message for problem in found.problems] == [
        "entry 2: expected an object, not nothing",
        "entry 3: expected an object, not text",
        "1 of 3 entries have no items.id",
    ]


def test_a_condition_that_leaves_out_everything_is_told():
    (problem,) = parse([entry(), entry(2)], skip=("id",)).problems
    assert problem.message == "items.skip leaves out every one of 2 entries"


def test_only_so_many_entries_are_read():
    found = parse([entry(n) for n in range(LIMIT + 5)])
    assert len(found.entries) == LIMIT
    assert found.problems[0].message == f"the first {LIMIT} of {LIMIT + 5} entries are read"


def test_the_next_page_is_an_absolute_url():
    how = Declaration(kind="json", each="data", fields=FIELDS, next="more", pages=2)
    document = Document(name=URL, body=json.dumps({"data": [entry()], "more": "?page=2"}).encode(), declared=how)
    assert json_api.parse(document).next == "http://api.example/v1/list?page=2"


class TestOneEntry:
    """Without a list the whole answer is one entry."""

    def read(self, value, **how):
        body = json.dumps(value).encode()
        fields = (("content", "data.content"), ("title", "data.title"))
        declared = Declaration(kind="json", fields=fields, key="items.detail", **how)
        return json_api.parse(Document(name=URL, body=body, declared=declared))

    def test_its_fields_are_taken(self):
        (found,) = self.read({"data": {"content": "<p>x</p>"}}).entries
        assert (found.content, found.title, found.base) == ("<p>x</p>", "", "")

    def test_it_may_be_left_out(self):
        assert self.read({"data": {"pay": True}}, skip=("data.pay",)).entries == ()

    @pytest.mark.parametrize("value", [{"data": {}}, {"data": None}, {"error": 1}, []])
    def test_without_its_content_it_is_an_error(self, value):
        with pytest.raises(ParseError, match=r"items\.detail\.content: 'data\.content' finds nothing on this page"):
            self.read(value)

    def test_what_is_no_object_is_an_error(self):
        with pytest.raises(ParseError, match="expected an object, not a number"):
            self.read(3)
