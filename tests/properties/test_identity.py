"""Keys depend on what an entry is, not on where or when it stands in a document."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Entry
from aggregator.steps.identity import identify

FEW = st.sampled_from(["", "1", "2", "https://example.com/1", "https://example.com/2?utm_source=x"])
ENTRIES = st.lists(st.builds(Entry, guid=FEW, link=FEW, title=FEW, published=FEW, content=FEW), max_size=8)


@settings(deadline=None)
@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(entries: list[Entry], random) -> None:
    keys = dict(zip(entries, identify("s", entries), strict=True))
    shuffled = random.sample(entries, len(entries))
    assert identify("s", shuffled) == [keys[entry] for entry in shuffled]


@settings(deadline=None)
@given(ENTRIES)
def test_repeating_the_document_changes_nothing(entries: list[Entry]) -> None:
    keys = identify("s", entries)
    assert identify("s", [*entries, *entries]) == [*keys, *keys]


@settings(deadline=None)
@given(ENTRIES)
def test_entries_that_differ_in_title_or_link_are_never_one_item_for_a_shared_guid(entries: list[Entry]) -> None:
    distinct = {(entry.title, entry.link, entry.published, entry.content): entry for entry in entries if entry.title}
    same = [replace(entry, guid="same") for entry in distinct.values()]
    keys = dict(zip(identify("s", same), same, strict=True))
    titles = {entry.title for entry in same}
    assert len({entry.title for entry in keys.values()}) == len(titles)


@settings(deadline=None)
@given(ENTRIES)
def test_another_source_shares_no_key(entries: list[Entry]) -> None:
    assert not {*identify("a", entries)} & {*identify("b", entries)}


def test_another_process_finds_the_same_keys() -> None:
    code = (
        "from aggregator.model import Entry; from aggregator.steps.identity import identify;"
        "print(*identify('s', [Entry(guid='1'), Entry(link='https://example.com/'), Entry(content='x')]))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        for seed in ("1", "2")
    ]
    here = identify("s", [Entry(guid="1"), Entry(link="https://example.com/"), Entry(content="x")])
    assert [run.stdout.split() for run in runs] == [here, here]
