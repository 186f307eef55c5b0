"""What every fetcher owes its callers (`ports.Fetcher`), checked on each one that `open_fetchers` returns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from aggregator.errors import ConfigError, FetchError, TooLarge
from aggregator.fetchers import open_fetchers
from aggregator.model import Declaration, FetchState, NotModified, Response, Source
from aggregator.settings import Http
from aggregator.testing import FakeClock, LoopbackSite

SETTINGS = Http(timeout=5.0, max_bytes=1000, allow_private_networks=True)


def fetchers():
    return open_fetchers(SETTINGS, version="1.2", contact="https://example.org/bot", clock=FakeClock())


@dataclass
class Case:
    """One source that a fetcher takes: how to change it, make it too large, and take it away."""

    source: Source
    write: Callable[[bytes], object]
    remove: Callable[[], object]


@contextmanager
def http_case(tmp_path):
    with LoopbackSite() as site:
        url = site.page("/feed.xml", b"one")
        yield Case(Source(id="s", url=url), lambda body: site.page("/feed.xml", body), lambda: site.remove("/feed.xml"))


@contextmanager
def declared_case(tmp_path):
    with LoopbackSite() as site:
        url = site.page("/list", b"one")
        page = Declaration(kind="html", each="li")
        source = Source(id="s", kind="html", url=url, items=page)
        yield Case(source, lambda body: site.page("/list", body), lambda: site.remove("/list"))


@contextmanager
def file_case(tmp_path):
    path = tmp_path / "feed.xml"
    path.write_bytes(b"one")
    yield Case(Source(id="s", path=str(path)), path.write_bytes, path.unlink)


@contextmanager
def folder_case(tmp_path):
    root = tmp_path / "folder"
    root.mkdir()
    path = root / "item.md"
    path.write_bytes(b"one")

    def remove():
        path.unlink()
        root.rmdir()

    yield Case(Source(id="s", kind="folder", path=str(root)), path.write_bytes, remove)


CASES = {
    "HttpFetcher": http_case,
    "DeclaredFetcher": declared_case,
    "FileFetcher": file_case,
    "FolderFetcher": folder_case,
}


def test_every_fetcher_has_a_case():
    names = [type(fetcher).__name__ for fetcher in fetchers()]
    assert names
    assert sorted(names) == sorted(CASES)


@pytest.fixture(params=sorted(CASES))
def case(request, tmp_path):
    with CASES[request.param](Path(tmp_path)) as made:
        yield made


def fetch(case, *states):
    """Return what the one fetcher that takes the source makes of it, state by state."""

    async def main():
        found = fetchers()
        taking = [fetcher for fetcher in found if fetcher.accepts(case.source)]
        assert len(taking) == 1
        try:
            return [await taking[0].fetch(case.source, state) for state in states]
        finally:
            await asyncio.gather(*(fetcher.aclose() for fetcher in found))

    return asyncio.run(main())


def state_after(case, response):
    return FetchState(source="s", url=case.source.address, etag=response.etag, last_modified=response.last_modified)


def test_the_first_fetch_brings_the_documents(case):
    (response,) = fetch(case, FetchState(source="s"))
    assert isinstance(response, Response)
    assert [document.body for document in response.documents] == [b"one"]
    assert all(document.name for document in response.documents)
    assert response.problems == ()


def test_what_did_not_change_is_not_brought_again(case):
    (response,) = fetch(case, FetchState(source="s"))
    state = state_after(case, response)
    (again,) = fetch(case, state)
    assert isinstance(again, NotModified)
    assert again.etag == response.etag


def test_what_changed_is_brought(case):
    (response,) = fetch(case, FetchState(source="s"))
    case.write(b"two and more")
    (changed,) = fetch(case, state_after(case, response))
    assert [document.body for document in changed.documents] == [b"two and more"]
    assert changed.etag != response.etag


def test_validators_of_another_address_are_void(case):
    (response,) = fetch(case, FetchState(source="s"))
    (again,) = fetch(case, replace(state_after(case, response), url="elsewhere"))
    assert isinstance(again, Response)


def test_what_is_gone_is_an_error_that_names_it(case):
    case.remove()
    with pytest.raises(FetchError) as caught:
        fetch(case, FetchState(source="s"))
    assert caught.value.url == case.source.address
    assert caught.value.kind in {"missing", "http-status"}


def test_what_is_too_large_never_arrives(case):
    case.write(b"x" * 1001)
    if case.source.kind == "folder":
        (response,) = fetch(case, FetchState(source="s"))
        assert response.documents == ()
        assert len(response.problems) == 1
    else:
        with pytest.raises(TooLarge):
            fetch(case, FetchState(source="s"))


def test_one_fetcher_serves_many_fetches_at_once(case):
    async def main():
        found = fetchers()
        taking = next(fetcher for fetcher in found if fetcher.accepts(case.source))
        results = await asyncio.gather(*(taking.fetch(case.source, FetchState(source="s")) for _ in range(20)))
        await asyncio.gather(*(fetcher.aclose() for fetcher in found))
        return results

    assert [response.documents[0].body for response in asyncio.run(main())] == [b"one"] * 20


@pytest.mark.parametrize(
    ("contact", "agent"),
    [("https://example.org/bot", "tagwire/1.2 (+https://example.org/bot)"), ("", "tagwire/1.2")],
)
def test_server_owners_learn_whom_to_talk_to(contact, agent):
    with LoopbackSite() as site:
        source = Source(id="s", url=site.page("/feed.xml", b"one"))

        async def main():
            found = open_fetchers(SETTINGS, version="1.2", contact=contact, clock=FakeClock())
            await found[0].fetch(source, FetchState(source="s"))
            for fetcher in found:
                await fetcher.aclose()

        asyncio.run(main())
        assert site.requests[0].headers["user-agent"] == agent


def test_a_bad_proxy_is_told_at_once():
    with pytest.raises(ConfigError):
        open_fetchers(replace(SETTINGS, proxy="gopher://127.0.0.1"), version="1", contact="", clock=FakeClock())
