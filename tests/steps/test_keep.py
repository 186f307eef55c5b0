"""What is remembered when memory is short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.steps.keep import Newest

START = datetime(2025, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def test_a_value_is_made_once():
    kept = Newest[bytes](len)
    values = iter([b"x", b"y"])
    assert [kept.get("a", START, lambda: next(values)) for _ in range(3)] == [b"x"] * 3


def test_when_full_the_oldest_published_go_and_the_rest_stays():
    kept = Newest[bytes](len, budget=1000)
    for number in (*range(50, 100), *range(50), 100, 101):
        kept.get(number, day(number), lambda: b"0123456789")
    assert 75 <= len(kept) < 100
    assert all(kept.get(number, day(number), lambda: b"new") == b"0123456789" for number in range(50, 100))


def test_what_is_too_large_is_given_but_not_kept():
    kept = Newest[bytes](len, budget=1000)
    assert kept.get("a", START, lambda: b"x" * 11) == b"x" * 11
    assert len(kept) == 0
    kept.get("b", START, lambda: b"x" * 10)
    assert len(kept) == 1


def test_an_error_is_passed_on_and_not_remembered():
    kept = Newest[bytes](len)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", START, lambda: bytes(1 // 0))
    assert kept.get("a", START, lambda: b"x") == b"x"
