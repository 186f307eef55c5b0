"""What an item is published under, and in what spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Item
from aggregator.steps import ids, urls


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("https://example.org", "https://example.org/"),
        ("HTTP://Example.ORG:80/%7efoo/%e4/../b", "http://example.org/~foo/b"),
        ("https://example.org:8443?x[]=1", "https://example.org:8443/?x%5B%5D=1"),
        ("https://例子.example/图", "https://xn--fsqu00a.example/%E5%9B%BE"),
        ("https://user@example.org/", "https://user@example.org/"),
        ("http://[::1]/a", "http://[::1]/a"),
        ("urn:isbn:0451450523", "urn:isbn:0451450523"),
        ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"),
        ("urn:uuid:not-a-uuid", ""),
        ("urn:x", ""),
        ("tag:example.org,2005:a/b?c#d", "tag:example.org,2005:a/b?c#d"),
        ("tag:example.org,2005:图", ""),
        ("tag:Example.org,05:a", ""),
        ("yt:video:abc", ""),
        ("javascript:alert(1)", ""),
        ("mid:a@b.example", "mid:a@b.example"),
        ("info:has space", ""),
        ("no iri", ""),
        ("", ""),
    ],
)
def test_only_what_every_reader_takes_is_published(iri, expected):
    """RFC 3986 §6.2, RFC 8141, RFC 9562, RFC 4151."""
    assert ids.publishable(iri) == expected


def test_an_item_asks_for_its_guid_then_its_link_then_a_tag():
    """RFC 4287 §4.2.6: the upstream id is kept."""
    item = Item(key="0" * 16, source="a", title="t", link="https://example.org/a", guid="urn:isbn:0451450523")
    assert ids.entry_id(item, "h,2026") == "urn:isbn:0451450523"
    assert ids.entry_id(Item(key="0" * 16, source="a", title="t", link=item.link, guid="yt:x:y"), "h,2026") == item.link
    assert ids.entry_id(Item(key="0" * 16, source="a", title="t"), "h,2026") == f"tag:h,2026:item/{'0' * 16}"


@given(st.text(), st.sampled_from(["http://a.example/", "https://a.example:80/x/", "http://", "urn:a:", "tag:a,2005:"]))
def test_settling_is_idempotent_and_ascii(text, start):
    """An id that was settled stays as it is."""
    settled = ids.publishable(start + text)
    assert settled.isascii()
    assert ids.publishable(settled) == settled
    assert urls.settled(urls.settled(start + text)) == urls.settled(start + text)
