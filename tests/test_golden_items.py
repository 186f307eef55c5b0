"""Feeds to item files: one small pair for every rule, `steps/golden/<rule>.xml` and `<rule>.md`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator import parsers
from aggregator.model import Document, Source
from aggregator.settings import FRONT_MATTER_DEFAULTS
from aggregator.steps import frontmatter, normalize, tag
from aggregator.steps.identity import identify

GOLDEN = Path(__file__).parent / "steps" / "golden"
RULES = sorted(path.stem for path in GOLDEN.glob("*.xml"))
ZONE = ZoneInfo("Asia/Shanghai")
FEED = "https://example.com/feed.xml"


def made(rule: str) -> str:
    """Return the item files of a golden feed, one behind the other."""
    document = Document(name=FEED, body=(GOLDEN / f"{rule}.xml").read_bytes(), media_type="application/xml")
    source = Source(id="golden", url=FEED)
    context = normalize.Context(
        zone=ZONE,
        now=datetime(2026, 1, 1, tzinfo=UTC),
        tagger=tag.compile(()),
        defaults=FRONT_MATTER_DEFAULTS,
        language="zh-CN",
    )
    parsed = parsers.choose(document).parse(document)
    keys = identify(source.id, parsed.entries)
    items = [
        normalize.normalize(entry, key, source, parsed, context, FEED)
        for entry, key in zip(parsed.entries, keys, strict=True)
    ]
    return "".join(frontmatter.dump(item, ZONE) for item in items)


def test_every_rule_has_its_pair() -> None:
    assert RULES
    assert sorted(path.stem for path in GOLDEN.glob("*.md")) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_the_item_is_the_golden_one(rule: str) -> None:
    assert made(rule) == (GOLDEN / f"{rule}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", RULES)
def test_the_golden_item_reads_back(rule: str) -> None:
    text = (GOLDEN / f"{rule}.md").read_text(encoding="utf-8")
    assert frontmatter.dump(frontmatter.load(text, ZONE), ZONE) == text
