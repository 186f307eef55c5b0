"""Golden pairs: `golden/<rule>.xml` or `.json` is read as `golden/<rule>.expected.json` says; defaults are left out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from aggregator import parsers
from aggregator.model import Document

FOLDER = Path(__file__).parent / "golden"
EXPECTED = ".expected.json"
SOURCES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(EXPECTED))


def read(path):
    document = Document(name=path.name, body=path.read_bytes())
    return parsers.choose(document).parse(document)


def shown(value):
    """Dataclasses as dictionaries of the fields that say something."""
    if isinstance(value, tuple):
        return [shown(part) for part in value]
    if not dataclasses.is_dataclass(value):
        return value
    fields = ((field.name, shown(getattr(value, field.name))) for field in dataclasses.fields(value))
    return {name: part for name, part in fields if part not in ("", [], {}, None, False, 0)}


def test_there_are_pairs_for_every_format_and_no_half_ones():
    names = {path.stem for path in SOURCES}
    assert {name.partition("_")[0] for name in names} >= {
        *("rss091", "rss092", "rss20", "rdf", "atom03", "atom10", "json10", "json11"),
    }
    assert names == {path.name.removesuffix(EXPECTED) for path in FOLDER.glob(f"*{EXPECTED}")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_golden(path):
    expected = json.loads((FOLDER / f"{path.stem}{EXPECTED}").read_text(encoding="utf-8"))
    assert shown(read(path)) == expected
