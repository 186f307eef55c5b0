"""Whatever text an item has, its file gives it back, to us and to python-frontmatter."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import frontmatter as library
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.errors import EntryError
from aggregator.model import Enclosure, Item
from aggregator.settings import FRONT_MATTER_DEFAULTS
from aggregator.steps import frontmatter, text, yamltext
from tests.properties import woven

ZONES = st.sampled_from([ZoneInfo("Asia/Shanghai"), ZoneInfo("UTC"), ZoneInfo("Asia/Kathmandu")])

HARD = (
    "---", "...", "\u3000", "\xa0", "\x85", "\u2028", "\ufeff", "\r\n", "\n", '"', "\\", "\\x", ": ", "# ", "'", "\t",
    "%", "[qq](", ")", "😀",
)  # fmt: skip
TEXTS = woven.texts(HARD, most=8)
LINES = TEXTS.map(text.one_line)
CLEAN = TEXTS.map(text.clean)
NAMES = LINES.filter(bool)
URLS = st.text("abz019%/?=&-", max_size=20).map("https://example.com/{}".format)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | CLEAN,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(CLEAN, inner, max_size=3),
    max_leaves=8,
)
OURS = {"title", "date", "summary", "categories", "lang", "translations", "tags", "thumbnail", "guid", "enclosures"}
CONSTANT = {name for name, _ in FRONT_MATTER_DEFAULTS}
EXTRA = st.dictionaries(
    CLEAN.filter(lambda name: name not in OURS | CONSTANT | {"link", "url", "canonical"}), PLAIN, max_size=3
)

INSTANTS = st.integers(631_238_400, 4_070_908_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))

ENCLOSURES = st.builds(Enclosure, href=URLS, media_type=LINES, length=st.integers(0, 2**63))


@st.composite
def items(draw: st.DrawFn) -> Item:
    published = draw(st.none() | INSTANTS)
    return Item(
        key="0" * 16,
        source=draw(NAMES),
        title=draw(LINES),
        link=draw(st.just("") | URLS),
        published=published,
        updated=published,
        summary=draw(CLEAN),
        body=draw(CLEAN),
        tags=tuple(dict.fromkeys(draw(st.lists(NAMES, max_size=4)))),
        lang=draw(st.sampled_from(["", "zh-CN", "en"])),
        thumbnail=draw(st.just("") | URLS),
        guid=draw(st.sampled_from(["", "urn:x:1", "tag:example.com,2025:a"])),
        enclosures=tuple(draw(st.lists(ENCLOSURES, max_size=2))),
        extra=(*FRONT_MATTER_DEFAULTS, *draw(EXTRA).items()),
    )


@settings(deadline=None)
@given(items(), ZONES)
def test_load_gives_back_what_dump_wrote(item: Item, zone: ZoneInfo) -> None:
    written = frontmatter.dump(item, zone)
    read = frontmatter.load(written, zone, key=item.key)
    assert read == item
    assert frontmatter.dump(read, zone) == written


@settings(deadline=None)
@given(items(), ZONES)
def test_python_frontmatter_reads_the_metadata_as_we_do(item: Item, zone: ZoneInfo) -> None:
    found = library.loads(frontmatter.dump(item, zone)).metadata
    assert found["title"] == item.title
    assert found["summary"] == item.summary
    assert found["categories"] == [item.source]
    assert found["tags"] == list(item.tags)
    assert found["thumbnail"] == item.thumbnail


@settings(deadline=None)
@given(st.text() | TEXTS)
def test_any_string_is_one_quoted_line_that_yaml_reads_back(value: str) -> None:
    written = yamltext.quoted(value)
    assert len(written.splitlines()) == 1
    replaced = "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= letter <= "\udfff" else letter for letter in value)
    assert yamltext.read(f"key: {written}") == {"key": replaced}


@settings(deadline=None)
@given(TEXTS | st.text(), st.sampled_from(["", "---\n", "---\ntitle: x\n---\n", "---\na: [", "---\n- "]))
@example("a: !!python/name:os.system\n---\n", "---\n")
def test_no_text_makes_load_fail_in_any_other_way(rest: str, opening: str) -> None:
    try:
        item = frontmatter.load(opening + rest, ZoneInfo("UTC"), name="folder")
    except EntryError as error:
        assert error.line >= 1  # noqa: PT017
    else:
        assert "\n" not in item.title
        frontmatter.dump(item, ZoneInfo("UTC")).encode()
