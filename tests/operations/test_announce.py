"""WebSub: the hub is told which feeds changed, patiently, and never at the cost of a publication."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from aggregator import files
from aggregator.errors import PublishError
from aggregator.model.published import Published
from aggregator.operations import announce as announcing
from aggregator.operations.announce import announce, foresee, noted
from aggregator.settings import Http, Publish, Settings
from aggregator.testing import FakeClock


class Hub(ThreadingHTTPServer):
    """A hub on loopback that answers with `statuses` in turn, the last one for ever, and keeps what it heard."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.heard: list[tuple[str, dict[str, list[str]]]] = []
        super().__init__(("127.0.0.1", 0), Ear)

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hub"


class Ear(BaseHTTPRequestHandler):
    """One request to the hub."""

    server: Hub

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.heard.append((self.headers["content-type"], parse_qs(body)))
        self.send_response(self.server.statuses[0])
        if len(self.server.statuses) > 1:
            del self.server.statuses[0]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def tell(tmp_path):
    """A function that announces topics to a hub, with what it returned and how long it slept."""

    def run(hub: str, *topics: str, private: bool = True, timeout: float = 2.0):
        site = Settings(
            root=str(tmp_path), http=Http(allow_private_networks=private, timeout=timeout), publish=Publish(hub=hub)
        )
        clock = FakeClock()
        published = noted(site, Published(topics=topics))
        return (*published.problems, *asyncio.run(announce(site, clock))), clock.slept

    return run


TOPIC = "https://news.example.org/all.xml"


def test_changed_feeds_are_told_in_one_request(tell):
    with Hub(204) as hub:
        assert tell(hub.url, TOPIC, "https://news.example.org/tags/%E8%88%AA.xml") == ((), [])
    assert hub.heard == [
        (
            "application/x-www-form-urlencoded",
            {"hub.mode": ["publish"], "hub.url": [TOPIC, "https://news.example.org/tags/%E8%88%AA.xml"]},
        )
    ]


def test_many_feeds_are_told_in_batches(tell):
    with Hub(202) as hub:
        tell(hub.url, *(f"https://news.example.org/{number}.xml" for number in range(120)))
    assert [len(form["hub.url"]) for _, form in hub.heard] == [50, 50, 20]


def test_without_hub_or_without_news_nobody_is_asked(tell, tmp_path):
    with Hub(204) as hub:
        assert tell("", TOPIC) == tell(hub.url) == ((), [])
        assert hub.heard == []
    assert not (tmp_path / "var").exists()


def test_a_hub_that_stumbles_is_asked_again(tell):
    with Hub(503, 500, 204) as hub:
        assert tell(hub.url, TOPIC) == ((), [0.5, 1.0])
    assert len(hub.heard) == 3


def test_what_a_hub_did_not_hear_is_told_with_the_next_feeds(tell, tmp_path):
    with Hub(500) as hub:
        (problem,), _ = tell(hub.url, TOPIC)
        assert problem.where == hub.url
        assert problem.message == "1 feed not announced, told with the next ones: the hub answered 500"
        hub.statuses = [204]
        assert tell(hub.url, "https://news.example.org/b.xml") == ((), [])
    assert hub.heard[-1][1]["hub.url"] == [TOPIC, "https://news.example.org/b.xml"]
    assert list((tmp_path / "var/announcements").iterdir()) == []


def test_a_hub_that_refuses_is_not_asked_again_at_once(tell):
    with Hub(400) as hub:
        (problem,), slept = tell(hub.url, TOPIC)
    assert "answered 400" in problem.message
    assert (slept, len(hub.heard)) == ([], 1)


def test_a_hub_at_a_private_address_is_not_asked(tell):
    with Hub(204) as hub:
        (problem,), _ = tell(hub.url, TOPIC, private=False)
    assert "127.0.0.1" in problem.message
    assert hub.heard == []


def test_a_hub_that_is_down_costs_a_message(tell):
    with Hub(204) as hub:
        url = hub.url
    (problem,), slept = tell(url, TOPIC)
    assert "not announced" in problem.message
    assert slept == [0.5, 1.0]


def test_a_silent_hub_is_asked_three_times_and_costs_a_message(tell):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (problem,), slept = tell(f"http://127.0.0.1:{silent.getsockname()[1]}/", TOPIC, timeout=0.1)
        silent.setblocking(False)
        for _ in range(3):
            silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert "no answer within 0.1 s" in problem.message
    assert slept == [0.5, 1.0]


OTHER = "https://news.example.org/b.xml"


@pytest.fixture
def site(tmp_path):
    return Settings(root=str(tmp_path), publish=Publish(hub="http://127.0.0.1:1/"))


def test_of_what_was_foreseen_only_what_was_published_is_told(tell, site, tmp_path):
    foresee(site, (TOPIC, OTHER))
    with Hub(204) as hub:
        assert tell(hub.url, OTHER) == ((), [])
        assert [form["hub.url"] for _, form in hub.heard] == [[OTHER]]
    assert list((tmp_path / "var/announcements").iterdir()) == []
    foresee(site, (TOPIC,))
    assert noted(site, Published()) == Published()
    assert list((tmp_path / "var/announcements").iterdir()) == []


def test_what_a_killed_process_had_foreseen_is_told_with_the_next_feeds(tell, site):
    """It may have replaced any of them, and nobody will find them new again."""
    foresee(site, (TOPIC,))
    foresee(site, (OTHER, "https://news.example.org/c.xml"))
    with Hub(204) as hub:
        assert tell(hub.url, OTHER) == ((), [])
        assert [form["hub.url"] for _, form in hub.heard] == [[TOPIC, OTHER]]


def test_what_a_full_disk_did_not_let_us_note_is_told_as_it_was_foreseen(tell, site, monkeypatch):
    """Renaming needs no room."""
    foresee(site, (TOPIC, OTHER))

    def full(path, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        [problem] = noted(site, Published(topics=(TOPIC,))).problems
        assert problem.message == "No space left on device"
        with pytest.raises(
            PublishError, match=r"^var/announcements/ahead, for the hub, cannot be written: No space left"
        ):
            foresee(site, (TOPIC,))
        foresee(replace(site, publish=Publish()), (TOPIC,))
    with Hub(204) as hub:
        assert tell(hub.url) == ((), [])
        assert [form["hub.url"] for _, form in hub.heard] == [[TOPIC, OTHER]]


def test_three_attempts_and_the_pauses_between_them_fit_into_the_patience_however_long_http_may_wait():
    assert 3 * announcing.ATTEMPT + sum(announcing.PAUSES) < announcing.PATIENCE


def test_who_is_cancelled_leaves_everything_noted_and_two_who_tell_lose_nothing(tell, tmp_path):
    site = Settings(
        root=str(tmp_path), http=Http(allow_private_networks=True), publish=Publish(hub="http://127.0.0.1:1/")
    )
    noted(site, Published(topics=(TOPIC,)))

    async def cancelled():
        with socket.create_server(("127.0.0.1", 0)) as silent:
            slow = replace(site, publish=Publish(hub=f"http://127.0.0.1:{silent.getsockname()[1]}/"))
            telling = asyncio.create_task(announce(slow, FakeClock()))
            await asyncio.sleep(0.05)
            noted(site, Published(topics=("https://news.example.org/meanwhile.xml",)))
            telling.cancel()
            await asyncio.wait({telling})

    asyncio.run(cancelled())
    with Hub(204) as hub:
        assert tell(hub.url) == ((), [])
    assert hub.heard[0][1]["hub.url"] == [TOPIC, "https://news.example.org/meanwhile.xml"]


def test_a_memory_that_is_damaged_or_cannot_be_kept_stops_nothing(tell, tmp_path):
    (tmp_path / "var/announcements").mkdir(parents=True)
    (tmp_path / "var/announcements/x.json").write_text("[")
    with Hub(204) as hub:
        assert tell(hub.url, TOPIC) == ((), [])
        assert len(hub.heard) == 1
        (tmp_path / "var/announcements").rmdir()
        (tmp_path / "var/announcements").write_text("a file")
        (problem,), _ = tell(hub.url, TOPIC)
    assert problem.where.endswith("announcements")
    assert len(hub.heard) == 1
