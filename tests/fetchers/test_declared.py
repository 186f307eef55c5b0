"""Declared pages and APIs: robots.txt, the gap between requests, requests with a body."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import timedelta

import pytest

from aggregator import errors
from aggregator.fetchers.declared import DeclaredFetcher
from aggregator.fetchers.http import HttpFetcher
from aggregator.fetchers.pace import Pace, awaiting
from aggregator.fetchers.robots import Robots
from aggregator.model import Declaration, FetchState, NotModified, Response, Source
from aggregator.settings import Http
from aggregator.testing import FakeClock, LoopbackSite

PAGE = Declaration(kind="html", each="li")
RULES = (
    "User-agent: *\nDisallow: /private\nAllow: /private/open\nDisallow: /*.cgi$\n\nUser-agent: otherbot\nDisallow: /\n"
)


@pytest.fixture
def site():
    with LoopbackSite() as site:
        site.page("/list", "<li>x", media_type="text/html")
        yield site


def fetch(*sources, clock=None, state=None):
    """Fetch the sources one after the other; errors are returned."""
    clock = clock or FakeClock()

    async def main():
        web = HttpFetcher(
            Http(timeout=5, allow_private_networks=True, per_host_delay=2.0), user_agent="tagwire/0", clock=clock
        )
        fetcher = DeclaredFetcher(web, clock=clock)
        answers: list[Response | NotModified | errors.FetchError] = []
        for source in sources:
            assert fetcher.accepts(source)
            try:
                answers.append(await fetcher.fetch(source, state or FetchState(source=source.id)))
            except errors.FetchError as error:
                answers.append(error)
        await fetcher.aclose()
        await web.aclose()
        return answers

    return asyncio.run(main())


def page(site, path="/list", **more):
    return Source(id="s", kind="html", url=site.url(path), items=PAGE, **more)


def api(site, path="/list", **more):
    return Source(id="s", kind="json", url=site.url(path), items=Declaration(kind="json", each="a"), **more)


def test_the_document_carries_its_declaration(site):
    (answer,) = fetch(page(site))
    assert isinstance(answer, Response)
    assert [one.declared for one in answer.documents] == [PAGE]


def test_pages_ask_for_robots_txt_once_and_apis_never(site):
    fetch(api(site), page(site), page(site))
    assert [visit.path for visit in site.requests] == ["/list", "/robots.txt", "/list", "/list"]


@pytest.mark.parametrize(
    ("path", "allowed"), [("/list", True), ("/private/x", False), ("/private/open", True), ("/a.cgi", False)]
)
def test_what_robots_txt_forbids_is_not_asked_for(site, path, allowed):
    site.page("/robots.txt", RULES, media_type="text/plain")
    site.page(path, "<li>x", media_type="text/html")
    (answer,) = fetch(page(site, path))
    assert isinstance(answer, Response) is allowed
    assert (path in [visit.path for visit in site.requests]) is allowed
    if not allowed:
        assert answer.kind == "robots"
        assert answer.lasting
        assert str(answer) == f"{site.url('/robots.txt')} forbids this page to tagwire"
        assert answer.url == site.url(path)


def test_rules_for_our_name_go_before_rules_for_all(site):
    site.page("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: Tagwire\nAllow: /\n")
    assert isinstance(fetch(page(site))[0], Response)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_robots_txt_that_is_not_there_allows_everything(site, status):
    site.page("/robots.txt", "User-agent: *\nDisallow: /", status=status)
    assert isinstance(fetch(page(site))[0], Response)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_robots_txt_that_cannot_be_had_forbids_everything_for_an_hour(site, status):
    site.page("/robots.txt", "", status=status)
    clock = FakeClock()
    first, second = fetch(page(site), page(site), clock=clock)
    assert first.kind == second.kind == "robots"
    assert not first.lasting
    assert f"{status}" in str(first)
    assert "forbids all pages for a while" in str(first)
    assert [visit.path for visit in site.requests] == ["/robots.txt"]


def test_what_is_remembered_of_robots_txt_ends_after_a_day_or_after_an_hour_of_trouble():
    clock, answers, asked = FakeClock(), [b"User-agent: *\nDisallow: /", errors.HttpStatus("500", status=500), b""], []

    async def get(url):
        asked.append(url)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def refused(robots):
        try:
            await robots.check("https://u:p@a.example:8443/x?y")
        except errors.RobotsDisallowed as error:
            return error.lasting
        return None

    async def main():
        robots = Robots(get, clock)
        found = []
        for seconds in (0, 86399, 1, 3599, 1):
            clock.advance(seconds)
            found.append(await refused(robots))
        return found

    assert asyncio.run(main()) == [True, True, False, False, None]
    assert asked == ["https://a.example:8443/robots.txt"] * 3


def test_a_robots_txt_that_was_not_asked_for_says_nothing():
    """Its host was busy: neither allowed nor refused, it is asked the next time."""
    answers = [errors.Busy("others"), b"User-agent: *\nDisallow: /no"]

    async def get(url):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def main():
        robots = Robots(get, FakeClock())
        with pytest.raises(errors.Busy):
            await robots.check("http://a.example/no")
        with pytest.raises(errors.RobotsDisallowed) as caught:
            await robots.check("http://a.example/no")
        return caught.value.lasting

    assert asyncio.run(main())


class Origins:
    """Origins that answer with rules of some size, and the fetchers of one round after the other over one file."""

    def __init__(self, file, size=10):
        self.file, self.size, self.clock, self.asked = file, size, FakeClock(), []

    async def get(self, url):
        self.asked.append(url)
        return b"User-agent: *\nDisallow: /no\n#" + b"x" * self.size

    def round(self, *urls):
        """Return which of the pages may be fetched."""
        robots, allowed = Robots(self.get, self.clock, self.file), []

        async def main():
            for url in urls:
                with contextlib.suppress(errors.RobotsDisallowed):
                    await robots.check(url)
                    allowed.append(url)

        asyncio.run(main())
        robots.close()
        return allowed


@pytest.mark.parametrize("kind", [errors.DnsFailed, errors.ConnectFailed, errors.DeadlineExceeded, errors.ProxyFailed])
def test_a_network_that_is_down_is_no_verdict_of_robots_txt(tmp_path, kind):
    """What was known holds on, what was not stays unknown; nobody is asked again at once for every page."""
    down = [False]

    class Town(Origins):
        async def get(self, url):
            body = await super().get(url)
            if down[0]:
                raise kind("no", url=url)
            return body

    town = Town(tmp_path / "robots.json")
    town.round("http://a.example/yes")
    down[0] = True
    assert town.round("http://a.example/yes", "http://a.example/no") == ["http://a.example/yes"]
    robots = Robots(town.get, town.clock, town.file)

    async def blamed():
        with pytest.raises(errors.FetchError) as caught:
            await robots.check("http://b.example/yes")
        return type(caught.value), caught.value.url

    async def main():
        return await blamed(), await blamed()

    assert asyncio.run(main()) == ((kind, "http://b.example/robots.txt"),) * 2
    robots.close()
    assert town.asked == ["http://a.example/robots.txt", "http://b.example/robots.txt"]
    town.clock.advance(300)
    asyncio.run(main())
    assert len(town.asked) == 3
    down[0] = False
    assert town.round("http://b.example/yes", "http://b.example/no") == ["http://b.example/yes"]


def test_what_robots_txt_said_is_remembered_from_round_to_round_for_a_day(tmp_path):
    origins = Origins(tmp_path / "var" / "robots.json")
    pages = ["http://a.example/yes", "http://a.example/no"]
    for seconds in (0, 86399, 1):
        origins.clock.advance(seconds)
        assert origins.round(*pages) == pages[:1]
    assert len(origins.asked) == 2


def test_retry_after_of_robots_txt_is_remembered_from_round_to_round(tmp_path):
    """From a minute to a week, as everywhere."""

    class Closed(Origins):
        async def get(self, url):
            self.asked.append(url)
            raise errors.RateLimited("503", status=503, url=url, retry_after=3 * 86400.0)

    origins = Closed(tmp_path / "robots.json")
    for hours, asked in ((0, 1), (71, 1), (1, 2)):
        origins.clock.advance(hours * 3600)
        assert origins.round("http://a.example/yes") == []
        assert len(origins.asked) == asked


@pytest.mark.parametrize("damage", ["{", "[]", '{"http://a.example/robots.txt": {}}', '{"a": 1}', None])
def test_a_memory_of_robots_txt_that_is_damaged_or_cannot_be_kept_costs_a_request(tmp_path, damage, caplog):
    origins = Origins(tmp_path / "robots.json")
    if damage is None:
        origins.file.mkdir()
    else:
        origins.file.write_text(damage)
    assert origins.round("http://a.example/no") == []
    assert len(origins.asked) == 1
    assert ("robots.json" in caplog.text) == (damage is None)


def test_the_memory_of_robots_txt_is_bounded(tmp_path):
    """Those that end last stay; a clock that was set back believes nothing from the future."""
    origins = Origins(tmp_path / "robots.json", size=400 * 1024)
    for number in range(8):
        origins.clock.advance(1)
        origins.round(f"http://h{number}.example/")
    assert origins.file.stat().st_size < 2_200_000
    kept = json.loads(origins.file.read_text())
    assert [f"http://h{number}.example/robots.txt" in kept for number in range(8)] == [False] * 3 + [True] * 5
    origins.clock = FakeClock(origins.clock.now() - timedelta(days=30))
    origins.round("http://h7.example/")
    assert len(origins.asked) == 9


@pytest.mark.parametrize("body", [b"<html><body>Not found</body></html>", b"\xff\xfe\x00", b"", b"Disallow: /\n" * 10])
def test_a_robots_txt_that_is_none_allows_everything(site, body):
    site.page("/robots.txt", body)
    assert isinstance(fetch(page(site))[0], Response)


def test_of_a_long_robots_txt_the_first_500_kib_count(site):
    site.page("/robots.txt", b"User-agent: *\n" + b"#" * (500 * 1024) + b"\nDisallow: /\n")
    assert isinstance(fetch(page(site))[0], Response)


def test_requests_to_a_host_keep_their_distance(site):
    clock = FakeClock()
    fetch(api(site), api(site), page(site), clock=clock)
    assert clock.slept == [2.0, 2.0, 2.0]


def test_one_request_at_a_time_to_a_host_and_hosts_side_by_side():
    clock, running, most = FakeClock(), {"a": 0, "b": 0}, []

    async def one(pace, name):
        async with pace.turn(name):
            running[name] += 1
            most.append(dict(running))
            await asyncio.sleep(0)
            running[name] -= 1

    async def main():
        pace = Pace(clock, 1.0, 5.0)
        await asyncio.gather(*(one(pace, name) for name in "aabb"))

    asyncio.run(main())
    assert max(state["a"] for state in most) == max(state["b"] for state in most) == 1
    assert {"a": 1, "b": 1} in most


def test_who_waits_for_too_long_comes_another_time():
    clock = FakeClock()

    async def main():
        pace = Pace(clock, 0.0, 0.01)
        async with pace.turn("a"):
            with pytest.raises(errors.Busy, match=r"others have been asking a for 0\.01 s"):
                async with pace.turn("a"):
                    pytest.fail("it is somebody else's turn")
            async with pace.turn("b"):
                pass
        async with pace.turn("a"):
            return "its turn came"

    assert asyncio.run(main()) == "its turn came"


def test_who_awaits_one_host_waits_for_no_other():
    """It comes at once where nobody is being asked."""
    clock = FakeClock()

    async def main():
        pace = Pace(clock, 0.0, 0.01)
        async with pace.turn("a"):
            with awaiting("b"):
                with pytest.raises(errors.Busy, match="others are being asked at a: "):
                    async with pace.turn("a"):
                        pytest.fail("it is somebody else's turn")
                async with pace.turn("c"):
                    pass
            for name in ("a", ""):
                with awaiting(name), pytest.raises(errors.Busy, match=r"for 0\.01 s"):
                    await pace.turn("a").__aenter__()

    asyncio.run(main())


def test_a_turn_ends_however_it_ends():
    async def main():
        pace = Pace(FakeClock(), 0.0, 5.0)
        with pytest.raises(ValueError, match="broke"):
            async with pace.turn("a"):
                raise ValueError("broke")
        async with pace.turn("a"):
            return True

    assert asyncio.run(main())


def test_lists_are_asked_for_conditionally(site):
    (first,) = fetch(page(site))
    state = FetchState(source="s", url=site.url("/list"), etag=first.etag)
    assert isinstance(fetch(page(site), state=state)[0], NotModified)
    assert isinstance(fetch(api(site, body="x"), state=state)[0], Response)


class TestBody:
    """Requests with a body."""

    def test_they_are_posts_that_say_what_they_are(self, site):
        fetch(api(site, body='{"q": "新闻"}'))
        (visit,) = site.requests
        assert visit.body.decode() == '{"q": "新闻"}'
        assert visit.headers["content-type"] == "application/json"
        assert visit.headers["accept"].startswith("application/json")

    def test_configured_headers_go_before_ours(self, site):
        fetch(api(site, body="a=b", headers=(("content-type", "application/x-www-form-urlencoded"), ("Accept", "x/y"))))
        assert site.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"
        assert site.requests[0].headers["accept"] == "x/y"

    @pytest.mark.parametrize(("status", "body"), [(301, b""), (302, b""), (303, b""), (307, b"x"), (308, b"x")])
    def test_redirects_repeat_or_drop_it(self, site, status, body):
        """RFC 9110 §15.4."""
        site.page("/old", "", status=status, headers={"Location": "/list"})
        (answer,) = fetch(api(site, "/old", body="x"))
        assert isinstance(answer, Response)
        assert [(visit.path, visit.body) for visit in site.requests] == [("/old", b"x"), ("/list", body)]

    def test_it_is_not_sent_to_another_server(self, site):
        with LoopbackSite("127.0.0.2") as other:
            site.page("/old", "", status=307, headers={"Location": other.url("/list")})
            (answer,) = fetch(api(site, "/old", body="x"))
            assert answer.kind == "redirect"
            assert "another server" in str(answer)
            assert other.requests == []
