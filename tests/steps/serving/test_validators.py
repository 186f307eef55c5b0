"""If-None-Match and If-Modified-Since."""

from __future__ import annotations

import pytest

from aggregator.steps.serving.validators import is_current

ETAG = '"abc-br"'


@pytest.mark.parametrize("sent", [ETAG, f"W/{ETAG}", f'"x",{ETAG}', f'W/"x" ,W/{ETAG}', "*", " * ", f'"a,b", {ETAG}'])
def test_a_tag_that_is_there_is_current(sent):
    assert is_current(sent, "", etag=ETAG, modified=0)


@pytest.mark.parametrize("sent", ['"abc"', "abc-br", '"abc-br', 'w"abc-br', '"abc-BR"', "**", '"x abc-br"', '"' * 99])
def test_a_tag_that_is_not_there_is_not(sent):
    assert not is_current(sent, "", etag=ETAG, modified=0)


@pytest.mark.parametrize(
    ("since", "modified", "current"),
    [("Sun, 01 Nov 2026 00:00:10 GMT", 1793491210, True), ("Sun, 01 Nov 2026 00:00:10 GMT", 1793491211, False),
     ("Sunday, 01-Nov-26 00:00:10 GMT", 1793491210, True), ("soon", 0, False), ("", 0, False), ("0", 0, False)],
)  # fmt: skip
def test_dates_count_to_the_second_and_only_if_they_are_dates(since, modified, current):
    assert is_current("", since, etag=ETAG, modified=modified) is current


def test_a_tag_outweighs_a_date():
    assert not is_current('"other"', "Sun, 01 Nov 2026 00:00:10 GMT", etag=ETAG, modified=0)
