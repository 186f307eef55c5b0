"""What a tag file may lack: guesses that people can judge."""

from __future__ import annotations

from aggregator.settings import TagRule
from aggregator.steps import slugs, suggest
from aggregator.steps.suggest import Suggestion


def suggested(known: dict[str, int], rules: tuple[TagRule, ...] = (), titles: tuple[str, ...] = ()) -> list[Suggestion]:
    by_key = {slugs.tag_key(name): (name, count) for name, count in known.items()}
    return suggest.suggestions(by_key, rules, ("qq",), titles)


def test_frequent_categories_without_a_rule() -> None:
    found = suggested(
        {"芯片": 5, "天气": 3, "体育": 2, "qq": 90, "AI": 7, "人工智能": 9},
        (TagRule(name="人工智能", aliases=("ai",)),),
    )
    assert found == [
        Suggestion(kind="category", name="芯片", items=5),
        Suggestion(kind="category", name="天气", items=3),
    ]


def test_spellings_that_look_alike_belong_to_the_most_frequent_or_to_the_rule() -> None:
    found = suggested(
        {"Open Source": 4, "opensource": 9, "open-sources": 1, "A.I.": 2, "苹果公司": 3, "蘋果公司": 1, "Elections": 1},
        (TagRule(name="人工智能", aliases=("AI",)), TagRule(name="Election")),
    )
    assert found == [
        Suggestion(kind="spelling", name="opensource", items=14, aliases=("Open Source", "open-sources")),
        Suggestion(kind="spelling", name="苹果公司", items=4, aliases=("蘋果公司",)),
        Suggestion(kind="spelling", name="人工智能", items=2, aliases=("A.I.",), known=True),
        Suggestion(kind="spelling", name="Election", items=1, aliases=("Elections",), known=True),
    ]


def test_one_letter_may_differ_in_long_names_but_no_digit() -> None:
    found = suggested({"Kubernetes": 2, "Kubernettes": 1, "iPhone 15": 1, "iPhone 16": 1, "Rust": 1, "Ruth": 1})
    assert [(one.name, one.aliases) for one in found] == [("Kubernetes", ("Kubernettes",))]


def test_names_that_differ_in_signs_with_a_meaning_do_not_look_alike() -> None:
    """A language is no spelling of another; a hash before a name, and a point within it, mean nothing."""
    languages = ("C", "C#", "F#", "F", ".NET", "Net", "Notepad", "Notepad++", "Objective-C", "Objective-C++")
    assert not [one for one in suggested(dict.fromkeys(languages, 2), (TagRule(name="C++"),)) if one.aliases]
    found = suggested(
        {"C＃": 2, "#Java": 2, "Nodejs": 2}, (TagRule(name="C#"), TagRule(name="Java"), TagRule(name="Node.js"))
    )
    assert {(one.name, one.aliases) for one in found} == {("Java", ("#Java",)), ("Node.js", ("Nodejs",))}


def test_words_of_untagged_titles_the_longest_that_covers() -> None:
    titles = (
        "台积电财报超预期", "台积电的新工厂", "关于台积电", "The new Rust release", "Why Rust?", "rust in the kernel",
        "Kernel news", "the news", "the end",
    )  # fmt: skip
    found = suggested({"x": 1}, (), titles)
    assert found == [
        Suggestion(kind="term", name="Rust", items=3, match=("Rust",)),
        Suggestion(kind="term", name="台积电", items=3, match=("台积电",)),
    ]


def test_words_that_are_tags_already_are_none() -> None:
    assert suggested({"rust": 1}, (TagRule(name="台积电"),), ("台积电 Rust",) * 3) == []
