"""Golden pairs: the item file `<rule>.md` is published as `<rule>.xml`, to the byte. The name is the rule.

Several items stand in one file, each introduced by a line `%% <source> <entry id>`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator import __version__
from aggregator.model import Record, Source
from aggregator.outputs import discover
from aggregator.publish import Publisher
from aggregator.settings import Publish, Settings, Site
from aggregator.steps import frontmatter
from aggregator.testing import MemoryStore

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in GOLDEN.glob("*.md"))
ZONE = ZoneInfo("Asia/Shanghai")
SEEN = datetime(2025, 3, 1, tzinfo=UTC)


def publish(text: str, root: Path) -> bytes:
    store, texts = MemoryStore(), {}
    for number, part in enumerate(filter(None, text.split("%% "))):
        header, _, content = part.partition("\n")
        source, _, entry_id = header.partition(" ")
        item = frontmatter.load(content, ZONE, name=source)
        path = f"{source}/{number}.md"
        texts[path] = content
        assert item.published is not None
        record = Record(
            key=f"{number:016x}",
            source=source,
            path=path,
            title=item.title,
            link=item.link,
            url=item.link,
            entry_id=entry_id,
            published=item.published,
            updated=item.published,
            first_seen=SEEN,
            tags=item.tags,
            lang=item.lang,
            summary=item.summary,
            thumbnail=item.thumbnail,
            enclosures=item.enclosures,
            file_hash=str(number),
        )
        store.replace([record])
    sources = (
        Source(id="harbour", title="港湾日报", url="https://harbour.example.org/feed.xml"),
        Source(id="brief", title="Brief", url="https://brief.example.org/feed.xml", content="summary"),
    )
    site = Site(title="港湾", author="编辑部", base_url="https://news.example.org/feeds/")
    settings = Settings(root=str(root), site=site, sources=sources, publish=Publish(formats=("atom",)))
    assert Publisher(settings, store, lambda record: texts[record.path], discover()).publish().problems == ()
    return (root / "feeds" / "all.xml").read_bytes()


def test_there_are_cases_and_each_is_a_pair():
    assert len(CASES) >= 6
    assert sorted(path.stem for path in GOLDEN.glob("*.xml")) == CASES


@pytest.mark.parametrize("rule", CASES)
def test_golden(rule, tmp_path):
    expected = (GOLDEN / f"{rule}.xml").read_bytes().replace(b"VERSION", __version__.encode())
    assert publish((GOLDEN / f"{rule}.md").read_text("utf-8"), tmp_path) == expected
