"""One label and one slug for each tag."""

from __future__ import annotations

from aggregator.model import Tag
from aggregator.settings import TagRule
from aggregator.steps.publishing.taxonomy import Taxonomy

KNOWN = {"ai": ("AI", 3), "苹果": ("苹果", 5), "open-source": ("Open Source", 3), "gone": ("gone", 0)}


def test_the_label_is_the_first_spelling_unless_it_is_configured():
    found = Taxonomy(KNOWN, [TagRule(name="Ai", description="machines")])
    assert found.get("ai") == Tag(label="Ai", slug="ai", count=3, description="machines")
    assert found.get("open-source") == Tag(label="Open Source", slug="open-source", count=3)
    assert found.get("nobody") is None


def test_every_spelling_means_the_same_tag_without_its_count():
    found = Taxonomy(KNOWN, [])
    assert found.tag("open  source") == found.tag("OPEN-SOURCE") == Tag(label="Open Source", slug="open-source")
    assert found.tag("new one") == Tag(label="new one", slug="new-one", fed=False)


def test_the_largest_stand_first_and_empty_ones_are_left_out():
    assert [tag.label for _, tag in Taxonomy(KNOWN, []).largest] == ["苹果", "AI", "Open Source"]
    assert set(Taxonomy(KNOWN, [])) == set(KNOWN)


def test_a_chosen_slug_is_kept_and_a_tag_named_alike_yields():
    found = Taxonomy(KNOWN, [TagRule(name="苹果", slug="ai")])
    assert found.tag("苹果").slug == "ai"
    assert found.tag("AI").slug == "ai-32e83e92"


def test_an_alias_without_items_is_no_tag_and_a_notice_stands_before_items_that_cannot_be_read():
    """A name that lost its last item keeps its feed; one that is now another tag's has none, renamed or not."""
    alias = TagRule(name="Future", slug="next", aliases=("gone", "AI"))
    assert set(Taxonomy(KNOWN, [alias])) == {"ai", "苹果", "open-source"}
    renamed = Taxonomy(KNOWN, [TagRule(name="Future", aliases=("gone", "AI"), was=(("ai", "2026-11-22"),))])
    assert set(renamed) == {"苹果", "open-source"}
    assert renamed.moved == {"ai": ("Future", "2026-11-22")}
    assert renamed.tag("AI").fed is False


def test_the_other_script_of_a_rules_name_is_no_tag_of_its_own():
    assert list(Taxonomy({"手机": ("手机", 3), "手機": ("手機", 0)}, [TagRule(name="手机")])) == ["手机"]


def test_no_tag_has_the_folder_of_another_ones_file():
    """`con.xml.html` is the page of `con.xml`, so it cannot be the folder of another tag's archive."""
    names = ("con", "con.xml", "con.xml.html", "node.js")
    found = Taxonomy({name: (name, 1) for name in names}, [])
    taken = [found.tag(name).slug for name in names]
    files = {slug + suffix for slug in taken for suffix in (".xml", ".json", ".html")}
    assert not files & set(taken)
    assert taken[0] == "con"
    assert taken[3] == "node.js"
