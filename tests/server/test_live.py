"""How long files may be cached, how often the index is read, and searches that are too many."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.app import App
from aggregator.model import FetchState, Source
from aggregator.server import desk as desk_module
from aggregator.server.desk import Desk as Counter
from aggregator.server.live import FRESH, LAZY, Site
from aggregator.server.variants import Variants, identity
from aggregator.testing import FakeClock
from tests.server.conftest import Desk


@pytest.fixture
def settings(tmp_path):
    desk = Desk(tmp_path)
    desk.publish()
    sources = tuple(Source(id=name, url=f"https://{name}.example/") for name in ("soon", "later", "paused"))
    return replace(desk.settings, sources=(*sources[:2], replace(sources[2], enabled=False)))


def plan(settings, clock, **minutes):
    """Let sources be due in so many minutes."""
    with App.open(settings, write=True, command="test") as app:
        for name, count in minutes.items():
            (state,) = app.store.claim([name], clock.now(), 60)
            due = clock.now() + timedelta(minutes=count)
            app.store.commit(FetchState(source=name, generation=state.generation, next_at=due), [])


def test_files_may_be_cached_until_something_is_fetched(settings):
    clock = FakeClock()
    plan(settings, clock, soon=20, later=50, paused=6)
    site = Site(settings, clock)

    async def main():
        assert site.max_age("all.xml") == 300, "nobody has looked yet"
        await site.view()
        assert site.max_age("all.xml") == site.max_age("tags/ai.html") == 20 * 60
        assert site.max_age("sources/later.xml") == 50 * 60
        clock.advance(18 * 60)
        await site.view()
        assert site.max_age("all.xml") == 300
        plan(settings, clock, soon=900, later=900)
        clock.advance(FRESH + 1)
        await site.view()
        assert site.max_age("all.xml") == 3600

    asyncio.run(main())


def test_the_index_is_not_read_for_every_question(settings):
    clock = FakeClock()
    site = Site(settings, clock)

    async def main():
        first = await site.view()
        assert await site.view() is first
        clock.advance(FRESH + 1)
        second, third = await asyncio.gather(site.view(), site.view())
        assert first is not second is third
        clock.advance(LAZY + 1)
        site.max_age("all.xml")
        assert site._looking is not None
        assert await site._looking is not third

    asyncio.run(main())


def test_too_many_searches_at_a_time_are_sent_away(settings, monkeypatch):
    monkeypatch.setattr(desk_module, "LINE", 3)
    counter = Counter(lambda: settings, FakeClock())

    async def main():
        answers = await asyncio.gather(*(counter.ask("gulls", limit=5, offset=0) for _ in range(6)))
        assert [answer is None for answer in answers] == [False] * 3 + [True] * 3
        await counter.close()
        assert await counter.ask("", limit=5, offset=0) is not None
        await counter.close()

    asyncio.run(main())


def test_a_search_index_that_cannot_be_opened_has_no_hits(settings, tmp_path, caplog):
    (tmp_path / "var/search.db").mkdir()
    counter = Counter(lambda: settings, FakeClock())

    async def main():
        answer = await counter.ask("gulls", limit=5, offset=0)
        assert answer is not None
        assert answer.found.hits == ()
        await counter.close()

    asyncio.run(main())
    assert "search.db" in caplog.text
    assert "Traceback" not in caplog.text


def test_kept_files_are_bounded_and_made_once(tmp_path):
    variants = Variants(memory=5000)
    paths = [tmp_path / str(number) for number in range(10)]
    for path in paths:
        path.write_bytes(path.name.encode() * 1000)

    async def main():
        for path in paths:
            known = identity(path.stat())
            one, two = await asyncio.gather(*(variants.get(str(path), "", known) for _ in range(2)))
            assert one is two
            assert await variants.get(str(path), "", known) is one
            assert await variants.digest(str(path), known) == one.digest
            assert variants.size <= 5000
        with pytest.raises(FileNotFoundError):
            await variants.get(str(tmp_path / "none"), "br", known)

    asyncio.run(main())
