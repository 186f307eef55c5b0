"""Terms in a text: words at borders, expressions in linear time, Traditional and Simplified alike."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps.words import han, terms

NAMES = st.text("ab 阿里山c_1", max_size=6)


def found(text: str, *written: str) -> set[str]:
    return set(terms.Vocabulary(written).find(terms.folded(text)))


class TestExpressions:
    @pytest.mark.parametrize("text", ["GPT-4 arrives", "ＧＰＴ－４", "new gpt-5o"])
    def test_they_see_what_words_see(self, text: str) -> None:
        assert found(text, r"re:GPT-\d") == {r"re:GPT-\d"}

    def test_they_know_no_borders_of_their_own(self) -> None:
        assert found("email", "re:ai") == {"re:ai"}
        assert found("email", r"re:\bai\b") == set()

    def test_places_are_those_of_the_folded_text(self) -> None:
        text = terms.folded("苹果发布 GPT-4，又发布 GPT-5")
        assert terms.Vocabulary([r"re:gpt-\d", "苹果"]).find(text) == {"苹果": (0, 2), r"re:gpt-\d": (5, 10)}

    def test_what_would_take_for_ever_elsewhere_takes_a_moment(self) -> None:
        assert found("a" * 200_000 + "!", "re:(a+)+$", "re:(a|a)*b") == set()

    @pytest.mark.parametrize("term", ["re:(?<=a)b", r"re:(a)\1", "re:[", "re:a{1,9999}", "re:x*", "re:", "re:^"])
    def test_what_cannot_work_is_refused(self, term: str) -> None:
        with pytest.raises(ValueError, match="expected an expression"):
            terms.check(term)

    def test_what_can_work_is_not(self) -> None:
        for term in (r"re:第[一二三四]季度", r"re:\bC\+\+", "re", "plain [word"):
            terms.check(term)


class TestVariants:
    def test_traditional_and_simplified_are_one(self) -> None:
        assert found("臺積電發佈財報", "台积电") == {"台积电"}
        assert found("台积电发布财报", "臺積電") == {"台积电"}
        assert found("臺積電", "re:台积.") == {"re:台积."}
        assert found("台积电", "re:臺積.") == {"re:臺積."}

    def test_without_the_extra_they_are_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "opencc", None)
        han._converter.cache_clear()
        try:
            assert not han.available()
            assert found("臺積電", "台积电") == set()
            assert found("臺積電", "臺積電") == {"臺積電"}
        finally:
            monkeypatch.undo()
            han._converter.cache_clear()
        assert han.available()


@given(st.text("ab 阿里山c_1.", max_size=40), st.lists(NAMES, max_size=8))
def test_words_are_found_as_by_looking_at_every_place(text: str, written: list[str]) -> None:
    """Aho-Corasick gives what trying every word at every place gives."""
    within = terms.folded(text)
    words = {terms.key(word) for word in written} - {""}
    places = sorted(
        (at, -(at + len(word)), word)
        for word in words
        for at in range(len(within))
        if within.startswith(word, at) and terms._bordered(within, at, at + len(word))
    )
    expected: dict[str, tuple[int, int]] = {}
    reached = 0
    for at, end, word in places:
        if -end > reached:
            reached = -end
            expected.setdefault(word, (at, -end))
    assert terms.Vocabulary(written).find(within) == expected
