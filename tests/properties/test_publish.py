"""Publishing is a pure function of items, files and settings."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.model import Item, Person, Record, Source
from aggregator.outputs import discover
from aggregator.publish import Publisher
from aggregator.settings import Publish, Settings
from aggregator.steps import frontmatter, slugs
from aggregator.testing import MemoryStore

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2025, 2, 13, tzinfo=UTC)

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
NASTY = st.sampled_from(
    ["</title>", "]]>", "&amp;", "<script>alert(1)</script>", "\x00\x0b", "\ud800", "\ufffd", "{{ 7*7 }}"]
)
TEXTS = st.lists(ANY_TEXT | NASTY, max_size=4).map("".join)
ITEMS = st.lists(
    st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, st.integers(0, 10**6), st.sampled_from(["a", "b"])), min_size=1, max_size=6
)


def build(items, texts: dict[str, str]) -> list[Record]:
    records = []
    for number, (title, summary, body, tag, age, source) in enumerate(items):
        instant = START - timedelta(seconds=age)
        tags = tuple(filter(None, (source, tag)))
        key, path = f"{number:016x}", f"{source}/{number}.md"
        item = Item(key=key, source=source, title=title, summary=summary, body=body, tags=tags, published=instant)
        texts[path] = frontmatter.dump(item, ZONE)
        record = Record(
            key=key,
            source=source,
            path=path,
            title=title,
            link="",
            url="",
            entry_id=f"urn:x:{number}",
            published=instant,
            updated=instant,
            first_seen=instant,
            tags=tags,
            authors=(Person(name=summary),),
            file_hash=str(hash(texts[path])),
        )
        records.append(record)
    return records


def publish(records: list[Record], texts: dict[str, str]) -> dict[str, bytes]:
    store = MemoryStore()
    store.replace(records)
    with tempfile.TemporaryDirectory() as root:
        site = Settings(root=root, sources=(Source(id="a", url="https://a.example.org/"),), publish=Publish(max=3))
        found = Publisher(site, store, lambda record: texts[record.path], discover()).publish()
        assert found.problems == ()
        home = Path(root) / "feeds"
        return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ITEMS, st.randoms(use_true_random=False))
def test_the_same_items_in_any_order_give_the_same_bytes(items, random):
    texts: dict[str, str] = {}
    # The first spelling of a tag is its label, so order may play a part there: here every tag has one spelling.
    records = build([(*words, slugs.tag_key(tag), age, source) for *words, tag, age, source in items], texts)
    shuffled = random.sample(records, len(records))
    assert publish(shuffled, texts) == publish(records, texts)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ITEMS)
def test_whatever_the_texts_every_document_is_well_formed_and_nothing_is_left_out(items):
    texts: dict[str, str] = {}
    documents = publish(build(items, texts), texts)
    assert {"all.xml", "all.json", "all.html", "feeds.opml"} <= documents.keys()
    for name, data in documents.items():
        if name.endswith((".xml", ".opml")):
            root = etree.fromstring(data)
            if name == "all.xml":
                assert len(root.findall("{*}entry")) == min(len(items), 3)
        elif name.endswith(".json"):
            json.loads(data)
        elif name.endswith(".html"):
            assert data.lower().count(b"<script") == (name == "index.html")  # the search box
