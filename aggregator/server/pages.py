"""What the server makes itself: /status and /search as pages and JSON, /healthz, /readyz and /metrics.

This module decides nothing about sources and finds nothing: it shows what `live` and `desk` know.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator import __version__
from aggregator.model import Feed
from aggregator.outputs import html
from aggregator.publish.catalogue import health_of
from aggregator.server import metrics
from aggregator.steps.publishing import compose
from aggregator.steps.serving import negotiate
from aggregator.steps.visits import interval

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from starlette.requests import Request

    from aggregator.model import FetchState, Source
    from aggregator.model.search import Found, Hit, Query
    from aggregator.server.desk import Desk
    from aggregator.server.live import Site, View
    from aggregator.server.subscribers import Subscribers

SCHEMA: Final = 1
_JSON, _HTML = "application/json", "text/html"
_HITS: Final = 20
_FARTHEST: Final = 50
"""Pages of results that can be asked for."""
_FRESH: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The endpoints of one site; `requests` and `connections` are the server's own counts."""

    site: Site
    desk: Desk
    requests: Mapping[tuple[str, int], int]
    connections: Callable[[], int]
    subscribers: Subscribers

    def for_people(self) -> list[Route]:
        """The routes below the site's path."""
        return [Route("/status", self.status), Route("/search", self.search)]

    def for_machines(self) -> list[Route]:
        """The routes at the root, where monitors look for them and a proxy that passes on a path does not lead to."""
        routes = {"/healthz": self.healthz, "/readyz": self.readyz, "/metrics": self.metrics}
        return [Route(path, endpoint) for path, endpoint in routes.items()]

    async def healthz(self, _: Request) -> Response:
        """The process answers: 200."""
        return PlainTextResponse("ok\n", headers=_FRESH)

    async def readyz(self, _: Request) -> Response:
        """200 if the index can be read and the daemon, if it runs here, gets on; else 503. Says which.

        A daemon whose last look failed does not get on.
        """
        view, scheduler = await self.site.view(), self._scheduler()
        ready = not view.error and not (scheduler and (scheduler["stuck"] or scheduler["error"]))
        document = {"ready": ready, "index": {"error": view.error or None}, "scheduler": scheduler}
        return _json(document, HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def metrics(self, _: Request) -> Response:
        """The figures, for Prometheus."""
        view = await self.site.view()
        text = metrics.render(view, self.site.told, self.requests, self.connections(), self.subscribers.counts())
        return Response(text, headers={**_FRESH, "Content-Type": CONTENT_TYPE_LATEST})

    async def status(self, request: Request) -> Response:
        """How the sources are now, as a page or as JSON."""
        kind = _kind(request)
        if not kind:
            return _unfit()
        document = self._status(await self.site.view())
        if kind == _JSON:
            return _json(document)
        title = html.words(self.site.settings.site.language).status
        return self._page("live.html", self._frame("status", title), status=document)

    async def search(self, request: Request) -> Response:
        """What was searched for, as a page with a form or as JSON; 503 while too many search."""
        kind = _kind(request)
        if not kind:
            return _unfit()
        text, number = request.query_params.get("q", "")[:1000], request.query_params.get("page", "1")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1  # noqa: PLR2004
        page = min(max(page, 1), _FARTHEST)
        answer = await self.desk.ask(text, limit=_HITS, offset=(page - 1) * _HITS)
        if answer is None:
            return PlainTextResponse("too many searches at a time\n", 503, {"Retry-After": "5", **_FRESH})
        if kind == _JSON:
            return _json(_results(text, answer.query, answer.found, indexing=answer.indexing))
        further = answer.found.total > page * _HITS and page < _FARTHEST
        view = await self.site.view()
        return self._page(
            "search.html",
            self._frame("search", html.words(self.site.settings.site.language).search),
            query=text,
            found=answer.found,
            ignored=answer.query.ignored,
            indexing=answer.indexing,
            titles={source.id: compose.title(source.id, source, state) for source, state in view.states},
            next=f"search?{urlencode({'q': text, 'page': page + 1})}" if further else "",
        )

    def _frame(self, path: str, title: str) -> Feed:
        settings = self.site.settings
        return Feed(
            path=path,
            id="",
            title=f"{title} · {settings.site.title}",
            updated=compose.EMPTY_SINCE,
            lang=settings.site.language,
            home=settings.site.base_url,
            formats=settings.publish.formats,
        )

    def _page(self, template: str, feed: Feed, **values: object) -> Response:
        page = html.open_output(self.site.settings).live(template, feed, **values)
        return Response(page, 200, {**_FRESH, "Vary": "Accept"}, media_type=_HTML)

    def _scheduler(self) -> dict[str, Any] | None:
        if self.site.told is None:
            return None
        pulse, now = self.site.told.pulse, self.site.clock.monotonic()
        return {
            "beats": pulse.beats,
            "busy": pulse.busy,
            "idle_seconds": round(max(now - pulse.moved_at, 0.0), 1),
            "stuck": not pulse.healthy(now),
            "error": pulse.error or None,
        }

    def _status(self, view: View) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "generator": f"tagwire {__version__}",
            "title": self.site.settings.site.title,
            "now": _rfc3339(view.at),
            "started": _rfc3339(self.site.started),
            "index": {"error": view.error or None},
            "scheduler": self._scheduler(),
            "items": sum(view.items.values()),
            "tags": view.tags,
            "sources": [_source(source, state, view.count(source.id)) for source, state in view.states],
        }


def _source(source: Source, state: FetchState, items: int) -> dict[str, Any]:
    """A source as everybody may see it: without credentials and headers."""
    error = {"kind": state.error.kind, "message": state.error.message} if state.error else None
    return {
        "id": source.id,
        "title": compose.title(source.id, source, state),
        "url": compose.public(source.url),
        "condition": health_of(source, state),
        "items": items,
        "failures": state.failures,
        "failing_since": _rfc3339(state.failing_since),
        "error": error,
        "last_fetch": _rfc3339(state.fetched_at),
        "last_ok": _rfc3339(state.ok_at),
        "next": _rfc3339(interval.next_visit(state)) if source.enabled else None,
        "plan": interval.words(state.reasons),
    }


def _results(text: str, query: Query, found: Found, *, indexing: bool) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "query": text,
        "total": found.total,
        "more": found.more,
        "ignored": list(query.ignored),
        "indexing": indexing,
        "items": [_hit(hit) for hit in found.hits],
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "key": hit.key,
        "source": hit.source,
        "title": hit.title,
        "link": hit.link,
        "published": _rfc3339(hit.published),
        "lang": hit.lang,
        "excerpt": [{"text": piece, "hit": marked} for piece, marked in hit.excerpt],
    }


def _kind(request: Request) -> str:
    """The media type that the client likes best, empty if it rules all out."""
    return negotiate.media_type(request.headers.get("accept", ""), (_JSON, _HTML))


def _unfit() -> Response:
    text = f"not acceptable: there are {_JSON}, {_HTML}\n"
    return PlainTextResponse(text, HTTPStatus.NOT_ACCEPTABLE, {**_FRESH, "Vary": "Accept"})


def _json(document: Mapping[str, Any], status: int = HTTPStatus.OK) -> Response:
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return Response(text.encode(), status, {**_FRESH, "Vary": "Accept"}, media_type=_JSON)


def _rfc3339(instant: datetime | None) -> str | None:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant else None
