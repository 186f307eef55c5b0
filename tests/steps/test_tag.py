"""Tags by rule: aliases, words at borders, vetoes, parents, caps."""

from __future__ import annotations

import pytest

from aggregator.settings import TagRule
from aggregator.steps import tag


def given(text: str, *rules: TagRule) -> tuple[str, ...]:
    return tag.compile(rules).tags("s", (), (), text)[1:]


AI = TagRule(name="AI", match=("AI", "人工智能"))


class TestOrder:
    def test_source_then_its_tags_then_categories_then_rules_then_parents(self) -> None:
        tagger = tag.compile((AI, TagRule(name="手机", match=("手机",), parent="数码")))
        assert tagger.tags("qq", ("新闻",), ("科技",), "AI 手机") == ("qq", "新闻", "科技", "AI", "手机", "数码")

    def test_no_tag_stands_twice(self) -> None:
        tagger = tag.compile((AI,))
        assert tagger.tags("qq", ("QQ", "x y"), ("ai", "X-Y", "ＡＩ"), "ai") == ("qq", "x y", "AI")

    def test_rules_keep_their_order(self) -> None:
        assert given("two one", TagRule(name="1", match=("one",)), TagRule(name="2", match=("two",))) == ("1", "2")

    def test_without_rules_nothing_is_added(self) -> None:
        assert tag.compile(()).tags("qq", (), (), "AI") == ("qq",)


class TestAliases:
    TAGGER = tag.compile((TagRule(name="Apple", aliases=("苹果", "Apple Inc")), TagRule(name="apple inc")))

    @pytest.mark.parametrize(("name", "label"), [("苹果", "Apple"), ("ＡＰＰＬＥ", "Apple"), ("Pear", "Pear")])
    def test_another_spelling_becomes_the_name(self, name: str, label: str) -> None:
        assert self.TAGGER.label(name) == label

    def test_a_name_goes_before_an_alias(self) -> None:
        assert self.TAGGER.label("Apple-Inc") == "apple inc"

    def test_categories_and_source_tags_are_mapped_but_not_the_source(self) -> None:
        assert self.TAGGER.tags("苹果", ("苹果",), (), "") == ("苹果", "Apple")


class TestWords:
    @pytest.mark.parametrize("text", ["AI功能", "用ＡＩ写", "ai", "(AI)", "人工智能", "x AI-y"])
    def test_words_are_found_at_borders(self, text: str) -> None:
        assert given(text, AI) == ("AI",)

    @pytest.mark.parametrize("text", ["MAIL", "aid", "OpenAI", "ai2", "ai_x", "éai", ""])
    def test_words_are_not_found_inside_others(self, text: str) -> None:
        assert given(text, AI) == ()

    def test_a_border_is_needed_only_where_a_letter_stands(self) -> None:
        rule = TagRule(name="C++", match=("c++",))
        assert given("learn C++11", rule) == ("C++",)
        assert given("basic++", rule) == ()

    def test_the_longest_of_nested_words_counts(self) -> None:
        rules = TagRule(name="阿里", match=("阿里",)), TagRule(name="阿里山", match=("阿里山",))
        assert given("去阿里山", *rules) == ("阿里山",)
        assert given("去阿里山，用阿里云", *rules) == ("阿里", "阿里山")

    def test_a_longer_word_without_its_border_hides_nothing(self) -> None:
        rules = TagRule(name="open", match=("open",)), TagRule(name="open ai", match=("open ai",))
        assert given("open air", *rules) == ("open",)

    def test_overlapping_words_both_count(self) -> None:
        rules = TagRule(name="1", match=("上海市",)), TagRule(name="2", match=("市场",))
        assert given("上海市场", *rules) == ("1", "2")

    def test_white_space_in_words_matches_any_white_space(self) -> None:
        assert given("machine\n  learning", TagRule(name="ml", match=("Machine Learning",))) == ("ml",)

    def test_a_veto_word_takes_the_tag_away(self) -> None:
        rule = TagRule(name="苹果", match=("苹果",), not_=("果汁", "苹果派"))
        assert given("苹果发布", rule) == ("苹果",)
        assert given("苹果榨果汁", rule) == ()
        assert given("苹果和苹果派", rule) == ()

    def test_empty_words_and_rules_without_words_find_nothing(self) -> None:
        assert given("any thing", TagRule(name="a", match=(" ", ""))) == ()
        assert given("any x", TagRule(name="b", not_=("x",))) == ()


class TestExpressionsAndVariants:
    def test_an_expression_gives_and_vetoes(self) -> None:
        rule = TagRule(name="GPT", match=(r"re:\bgpt-\d",), not_=("re:rumou?r",))
        assert given("GPT-4 is here", rule) == ("GPT",)
        assert given("GPT-4, a rumor", rule) == ()

    def test_aliases_and_names_are_known_in_both_scripts(self) -> None:
        tagger = tag.compile((TagRule(name="苹果", aliases=("人工智慧",), parent="数码"), TagRule(name="數碼")))
        assert tagger.tags("s", ("蘋果",), ("人工智慧", "人工智慧 "), "") == ("s", "苹果", "數碼")

    def test_words_are_found_in_both_scripts(self) -> None:
        assert given("蘋果發佈會", TagRule(name="a", match=("苹果",)), TagRule(name="b", match=("發布會",))) == (
            "a",
            "b",
        )


class TestReasons:
    RULES = (
        TagRule(name="人工智能", aliases=("AI",), match=("大模型", "AI"), parent="科技"),
        TagRule(name="苹果", match=("苹果",), not_=("果汁",)),
        TagRule(name="科技"),
    )

    def test_every_reason_is_told(self) -> None:
        reasons = list(tag.compile(self.RULES).reasons("qq", ("新闻",), ("ai", " x "), "苹果果汁\n用 AI 做大模型"))
        assert reasons == [
            tag.Reason(tag="qq", kind="source"),
            tag.Reason(tag="新闻", kind="source-tag", written="新闻"),
            tag.Reason(tag="人工智能", kind="category", written="ai"),
            tag.Reason(tag="x", kind="category", written="x"),
            tag.Reason(tag="人工智能", kind="rule", hits=(("ai", (7, 9)), ("大模型", (11, 14)))),
            tag.Reason(tag="苹果", kind="veto", hits=(("苹果", (0, 2)),), vetoes=(("果汁", (2, 4)),)),
            tag.Reason(tag="科技", kind="parent", written="人工智能"),
        ]

    def test_reasons_name_the_tags_that_the_item_has(self) -> None:
        """Of spellings that no rule knows the first is the tag, and the others are reasons for it."""
        reasons = list(tag.compile(()).reasons("QQ", (), ("手机", "手機", "qq"), ""))
        assert [(reason.tag, reason.written) for reason in reasons] == [
            ("QQ", ""), ("手机", "手机"), ("手机", "手機"), ("QQ", "qq"),
        ]  # fmt: skip


class TestParents:
    def test_parents_of_parents_follow(self) -> None:
        rules = TagRule(name="c", parent="B"), TagRule(name="b", parent="a"), TagRule(name="a")
        assert tag.compile(rules).tags("s", (), ("C",), "") == ("s", "c", "b", "a")

    def test_a_circle_ends(self) -> None:
        rules = TagRule(name="a", parent="b"), TagRule(name="b", parent="a")
        assert tag.compile(rules).tags("s", (), ("a",), "") == ("s", "a", "b")

    def test_a_parent_may_be_named_by_its_alias(self) -> None:
        rules = TagRule(name="a", parent="bee"), TagRule(name="b", aliases=("bee",), parent="c")
        assert tag.compile(rules).tags("s", (), ("a",), "") == ("s", "a", "b", "c")


class TestCategories:
    def test_at_most_fifty_become_tags(self) -> None:
        names = [f"c{number}" for number in range(10_000)]
        assert tag.compile(()).tags("s", ("x",), names, "") == ("s", "x", *names[:50])

    def test_repeats_do_not_count(self) -> None:
        assert tag.compile(()).tags("s", (), ["a", "A"] * 100 + ["b"], "") == ("s", "a", "b")

    def test_one_that_was_damaged_on_its_way_is_none(self) -> None:
        assert tag.cleaned(["新\ufffd", "新闻"]) == ("新闻",)

    def test_they_are_cleaned(self) -> None:
        tags = tag.compile(()).tags("s", (), (" a\n b ", "", "\u202e", "x" * 200), "")
        assert tags == ("s", "a b", "x" * 99 + "…")
