"""Tags renamed and merged in the text of tags.toml: comments stay, other rules too, and subscribers are remembered."""

from __future__ import annotations

import pytest

from aggregator.config import load, locate
from aggregator.config.retagging import TagEditor
from aggregator.errors import ConfigError, UsageError
from aggregator.steps import tag
from aggregator.steps.slugs import tag_key

RULES = """# top
[[tags]]
name = "人工智能"   # c1
slug = "ai"
aliases = ["AI", # c2
  "x"]
match = ["大模型"]
parent = "科技"

# before
[[tags]]
name = "科技"
# behind
[[tags]]
name = "GPT"
match = ["gpt", "大模型"]
not = ["no"]
parent = "人工智能"
was = { gpt-old = "2025-01-01" }

[[filters]]
action = "drop"
match = ["x"]
"""


@pytest.fixture
def edit(tmp_path):
    """Return a function that gives an editor of a site with these rules."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tagwire.toml").write_text("")
    (tmp_path / "config" / "sources.toml").write_text('[[sources]]\nid = "qq"\nurl = "https://qq.example/"\n')

    def editor(rules=RULES, known=("人工智能", "科技", "News", "qq")):
        if rules is not None:
            (tmp_path / "config" / "tags.toml").write_text(rules)
        place, settings = locate(str(tmp_path), "", {}), load(str(tmp_path), environ={})
        index = {tag_key(label): (label, 1) for label in known}
        return TagEditor(place=place, settings=settings, known=index, today="2026-11-22", environ={})

    return editor


def test_a_rule_is_renamed_its_children_follow_and_all_else_stays(edit):
    change = edit().rename("科技", "Tech")
    assert change.text == RULES.replace(
        'name = "科技"\n', 'name = "Tech"\naliases = ["科技"]\nwas = { "科技" = "2026-11-22" }\n'
    ).replace('parent = "科技"', 'parent = "Tech"')
    assert (change.name, change.gone) == ("Tech", ("科技",))


def test_a_slug_of_its_own_stays_and_nothing_moves(edit):
    change = edit().rename("人工智能", "智能")
    assert 'name = "智能"   # c1\nslug = "ai"\naliases = ["人工智能", "AI", # c2\n  "x"]\n' in change.text
    assert change.settings.tags[0].was == ()


def test_a_tag_without_a_rule_gets_one(edit):
    change = edit().rename("news", "新闻")
    assert change.text.endswith('\n[[tags]]\nname = "新闻"\naliases = ["News"]\nwas = { news = "2026-11-22" }\n')
    assert edit(rules="").rename("News", "新闻").text.startswith('[[tags]]\nname = "新闻"\n')


def test_another_case_is_no_other_tag(edit):
    change = edit().rename("news", "NEWS")
    assert change.text.endswith('\n[[tags]]\nname = "NEWS"\n')


def test_back_again(edit):
    edit().rename("科技", "Tech").write()
    change = edit(rules=None).rename("Tech", "科技")
    (rule,) = [rule for rule in change.settings.tags if rule.name == "科技"]
    assert rule.aliases == ("Tech", "科技")
    assert dict(rule.was) == {"tech": "2026-11-22", "科技": "2026-11-22"}


def test_merging_unites_what_the_rules_say(edit):
    change = edit().merge(["GPT", "News"], "人工智能")
    (rule,) = [rule for rule in change.settings.tags if rule.name == "人工智能"]
    assert rule.aliases == ("GPT", "News", "AI", "x")
    assert (rule.match, rule.not_, rule.parent) == (("gpt", "大模型"), ("no",), "科技")
    assert dict(rule.was) == {"gpt-old": "2025-01-01", "gpt": "2026-11-22", "news": "2026-11-22"}
    assert "# c1" in change.text
    assert "# before" in change.text
    assert [one.name for one in change.settings.tags] == ["人工智能", "科技"]


def test_merging_into_something_new_keeps_the_parent(edit):
    change = edit().merge(["GPT", "人工智能"], "智能")
    (rule,) = [rule for rule in change.settings.tags if rule.name == "智能"]
    assert (rule.aliases, rule.match) == (("GPT", "人工智能", "AI", "x"), ("gpt", "大模型"))
    assert (rule.parent, dict(rule.was)) == ("科技", {"gpt-old": "2025-01-01", "gpt": "2026-11-22", "ai": "2026-11-22"})


def test_merging_a_parent_into_its_child_is_no_circle(edit):
    change = edit().merge(["科技"], "人工智能")
    assert change.settings.tags[0].parent == ""


@pytest.mark.parametrize(
    ("call", "args", "told"),
    [
        ("rename", ("nope", "x"), "no tag 'nope'"),
        ("rename", ("AI", "x"), "another spelling of the tag '人工智能'"),
        ("rename", ("News", "AI"), "there is a tag '人工智能' already: tagwire tags merge 'News' '人工智能'"),
        ("rename", ("科技", "news"), "there is a tag 'News' already: tagwire tags merge '科技' 'News'"),
        ("rename", ("QQ", "x"), "is the id of a source"),
        ("rename", ("news", "News"), "the tag is called 'News' already"),
        ("merge", (["nope"], "x"), "no tag 'nope'"),
        ("merge", (["人工智能"], "AI"), "nothing to merge into '人工智能'"),
        ("rename", ("科技", " "), "cannot be the name of a tag"),
    ],
)
def test_what_cannot_be_done_is_refused(edit, call, args, told):
    with pytest.raises((UsageError, ConfigError), match=told.replace("(", r"\(")):
        getattr(edit(), call)(*args)


@pytest.mark.parametrize(
    ("call", "args", "told"),
    [
        ("rename", ("手机", "手機"), "there is a tag '手機' already: tagwire tags merge '手机' '手機'"),
        ("rename", ("科技", "手機"), "there is a tag '手機' already: tagwire tags merge '科技' '手機'"),
        ("rename", ("手機", "Phone"), "'手机' is the same .* script: tagwire tags merge '手機' '手机' 'Phone'"),
    ],
)
def test_no_rename_takes_a_tag_in_the_other_script_along(edit, call, args, told):
    """With the extra one rule takes both, so renaming one would be a merge that nobody asked for."""
    with pytest.raises(UsageError, match=told):
        getattr(edit(known=("科技", "手机", "手機")), call)(*args)


@pytest.mark.parametrize(
    ("names", "into", "gone"),
    [
        (["手机"], "手機", ("手机",)),
        (["手機"], "手机", ("手機",)),
        (["手機"], "Phone", ("手機", "手机")),
        (["News"], "手機", ("News", "手机")),
    ],
)
def test_a_merge_takes_both_scripts_and_says_so(edit, names, into, gone):
    change = edit(known=("科技", "News", "手机", "手機")).merge(names, into)
    (rule,) = [rule for rule in change.settings.tags if rule.name == into]
    assert (change.gone, rule.aliases, tuple(dict(rule.was))) == (gone, gone, tuple(map(str.lower, gone)))


def test_a_tag_gets_its_name_in_the_other_script_and_its_subscribers_learn_of_it(edit):
    change = edit(known=("手机",)).rename("手机", "手機")
    assert change.text.endswith('[[tags]]\nname = "手機"\naliases = ["手机"]\nwas = { "手机" = "2026-11-22" }\n')


def test_without_the_extra_two_scripts_are_two_tags(edit, monkeypatch):
    monkeypatch.setattr(tag, "spelling", tag_key)
    assert edit(known=("手机", "手機")).rename("手機", "Phone").gone == ("手機",)
    with pytest.raises(UsageError, match="there is a tag '手機' already"):
        edit(known=("手机", "手機")).rename("手机", "手機")


def test_two_rules_in_two_scripts_become_one(edit):
    rules = '[[tags]]\nname = "手机"\n\n[[tags]]\nname = "手機"\nmatch = ["5G"]\n'
    (rule,) = edit(rules=rules).merge(["手機"], "手机").settings.tags
    assert (rule.name, rule.aliases, rule.match) == ("手机", ("手機",), ("5G",))


def test_words_that_only_look_like_one_name_are_all_kept(edit):
    """A hyphen and a space are one in names, not in words; and expressions are what they are."""
    rules = (
        '[[tags]]\nname = "a"\nmatch = ["deep learning", "re:gpt\\\\b"]\n\n'
        '[[tags]]\nname = "b"\nmatch = ["deep-learning", "re:gpt\\\\B", "Deep  Learning"]\n'
    )
    (rule,) = edit(rules=rules).merge(["b"], "a").settings.tags
    assert sorted(rule.match) == ["deep learning", "deep-learning", "re:gpt\\B", "re:gpt\\b"]


def test_the_former_slug_is_the_one_that_was_published(edit):
    """`AI` yields to the tag that chose `ai` as its slug, so its feed never was `ai.xml`."""
    rules = '[[tags]]\nname = "人工智能"\nslug = "ai"\n'
    change = edit(rules=rules, known=("人工智能", "AI")).rename("AI", "Robots")
    assert dict(change.settings.tags[1].was) == {"ai-32e83e92": "2026-11-22"}


def test_other_ways_of_writing_are_left_alone(edit):
    with pytest.raises(UsageError, match=r"not written as .*change 科技 by hand"):
        edit(rules='tags = [{ name = "科技" }]\n').rename("科技", "x")
