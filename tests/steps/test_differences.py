"""Item files and the index, compared."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps.differences import differences

LISTING = {"later.md": (5, 99), "longer.md": (9, 50), "new.md": (1, 1), "same.md": (5, 50), "z.md": (2, 2)}
ROWS = [
    ("gone.md", "d", 5, 50),
    ("later.md", "c", 5, 50),
    ("longer.md", "b", 5, 50),
    ("same.md", "a", 5, 50),
]


def test_files_are_gone_touched_new_or_as_they_were():
    found = differences(LISTING.items(), ROWS)
    assert found.known == 4
    assert found.missing == {"gone.md": "d"}
    assert found.touched == {"longer.md": ("b", 50), "later.md": ("c", 50)}
    assert found.appeared == {"new.md", "z.md"}
    assert found.facts == {path: LISTING[path] for path in ("later.md", "longer.md", "new.md", "z.md")}


def test_when_rules_changed_every_file_counts_as_touched():
    assert differences(LISTING.items(), ROWS, every=True).touched.keys() == {"same.md", "longer.md", "later.md"}


FACTS = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 2), st.integers(0, 2)))


@given(FACTS, FACTS)
def test_nothing_is_left_out_and_nothing_counted_twice(listing, known):
    found = differences(sorted(listing.items()), [(path, path.upper(), *known[path]) for path in sorted(known)])
    same = {path for path in listing if listing[path] == known.get(path)}
    assert found.known == len(known)
    assert found.missing.keys() | found.appeared | found.touched.keys() | same == listing.keys() | known.keys()
    assert found.appeared == listing.keys() - known.keys()
    assert found.missing == {path: path.upper() for path in known.keys() - listing.keys()}
    assert found.touched.keys() == (listing.keys() & known.keys()) - same
    assert found.facts == {path: listing[path] for path in found.appeared | found.touched.keys()}


def test_a_file_that_two_items_claim_is_gone_for_neither():
    found = differences([("a.md", (1, 1))], [("a.md", "one", 1, 1), ("a.md", "other", 2, 2)])
    assert (found.known, found.missing, found.touched) == (2, {}, {"a.md": ("other", 2)})
