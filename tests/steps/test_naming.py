"""Names that name nothing are told with the nearest one and with what there is."""

from __future__ import annotations

import pytest

from aggregator.errors import UsageError
from aggregator.steps import naming


def told(*names: str, known: list[str]) -> str:
    """What is said of names that are not known."""
    with pytest.raises(UsageError) as caught:
        naming.require("tag", names, known, key=str.casefold, none="there are none yet")
    return str(caught.value)


def test_what_is_known_is_let_through() -> None:
    naming.require("tag", ["AI", "b"], ["ai", "b"], key=str.casefold)


def test_the_nearest_and_all_are_told() -> None:
    known = ["news", "芯片", "space"]
    assert told("nwes", "AI", known=known) == (
        "no tag 'nwes', 'AI' - did you mean \"news\"?; the tags are: news, 芯片, space"
    )
    assert told("AI", known=known) == "no tag 'AI'; the tags are: news, 芯片, space"
    assert told("x", known=[]) == "no tag 'x'; there are none yet"


def test_of_many_the_first_are_listed() -> None:
    line = told("x", known=[f"tag{number}" for number in range(1000)])
    assert line.endswith("tag18, tag19 and 980 more")
    assert len(line) < 200
