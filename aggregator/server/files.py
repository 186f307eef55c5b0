"""The published directory as an ASGI application: GET and HEAD, strong validators, 304, codings, negotiation.

Nothing outside the directory is ever opened: names with dots at their beginning, empty parts or NUL are not found, nor
are symbolic links that lead out. Directories are not listed. This module writes nothing and knows no feed.
"""

# Plain strings and os: on the way of every request, pathlib alone would cost more than all the rest.
# ruff: noqa: PTH116, PTH118

from __future__ import annotations

import os
import stat
from email.utils import formatdate
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse

from aggregator.server.variants import CODINGS, Variants, identity
from aggregator.steps.serving import media, negotiate, validators

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

SMALLEST: Final = 1024
"""Bytes from which a file is compressed: smaller ones travel in one packet anyway."""
LARGEST: Final = 8 * 1024 * 1024
"""Bytes up to which a file is kept in memory; larger ones are sent from the disk."""
_LONGEST_NAME: Final = 1024
_CODINGS: Final = tuple(CODINGS)
_MARKS: Final = {"": "", "br": "-br", "gzip": "-gz"}
"""Coding → end of the ETag: representations that differ in a byte differ in their strong validator."""


class _Found(NamedTuple):
    """One file; `name` is relative to the directory, `negotiated` whether the client's Accept chose it."""

    name: str
    path: str
    facts: os.stat_result
    negotiated: bool = False


class _Unfit(NamedTuple):
    """Files of an address, all of which the client's Accept rules out."""

    names: tuple[str, ...]


class PublishedFiles:
    """Serves the files of a directory; `max_age` tells for how many seconds a name may be cached."""

    def __init__(self, directory: str, max_age: Callable[[str], int], variants: Variants | None = None) -> None:
        self._root = os.path.realpath(directory)
        self._max_age = max_age
        self._variants = variants or Variants()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await PlainTextResponse("only GET and HEAD\n", 405, {"Allow": "GET, HEAD"})(scope, receive, send)
            return
        name = scope["path"].removeprefix(scope["root_path"]).removeprefix("/")
        asked = _headers(scope)
        try:
            found = self._find(name, asked.get(b"accept", ""))
            if isinstance(found, str):
                await RedirectResponse(found, 308)(scope, receive, send)
            elif isinstance(found, _Unfit):
                text = f"not acceptable: there are {', '.join(found.names)}\n"
                await PlainTextResponse(text, 406, {"Vary": "Accept"})(scope, receive, send)
            elif found is None:
                await PlainTextResponse("not found\n", 404, {"Cache-Control": "max-age=60"})(scope, receive, send)
            elif found.facts.st_size > LARGEST:
                kind = media.media_type(found.name, asked.get(b"accept", ""))
                await FileResponse(found.path, stat_result=found.facts, media_type=kind)(scope, receive, send)
            else:
                await self._send(found, asked, scope["method"] == "HEAD", send)
        except OSError:  # removed or forbidden since it was found
            await PlainTextResponse("not found\n", 404, {"Cache-Control": "max-age=60"})(scope, receive, send)

    async def _send(self, found: _Found, asked: dict[bytes, str], head: bool, send: Send) -> None:
        kind = media.media_type(found.name, asked.get(b"accept", ""))
        coding = ""
        if found.facts.st_size >= SMALLEST and media.is_text(kind):
            coding = negotiate.encoding(asked.get(b"accept-encoding", ""), _CODINGS)
        known = identity(found.facts)
        digest = await self._variants.digest(found.path, known)
        current = validators.is_current(
            asked.get(b"if-none-match", ""),
            asked.get(b"if-modified-since", ""),
            etag=f'"{digest}{_MARKS[coding]}"',
            modified=int(found.facts.st_mtime),
        )
        body = b""
        if not current:
            variant = await self._variants.get(found.path, coding, known)
            digest, body = variant.digest, variant.body
        headers = [
            (b"etag", f'"{digest}{_MARKS[coding]}"'.encode()),
            (b"last-modified", _http_date(int(found.facts.st_mtime))),
            (b"cache-control", b"public, max-age=%d" % self._max_age(found.name)),
            (b"vary", b"Accept, Accept-Encoding" if found.negotiated else media.varies(found.name).encode()),
        ]
        if found.negotiated:
            headers.append((b"content-location", quote(found.name.rpartition("/")[2]).encode()))
        if not current:
            headers += [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
            if coding:
                headers.append((b"content-encoding", coding.encode()))
        await send({"type": "http.response.start", "status": 304 if current else 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else body})

    def _find(self, name: str, accept: str) -> _Found | _Unfit | str | None:
        """The file that a name means, the address to go to instead, what nobody wants, or None. Raises OSError."""
        folder = not name or name.endswith("/")
        parts = name.removesuffix("/").split("/") if name else []
        if len(name) > _LONGEST_NAME or any(not _fit(part) for part in parts):
            return None
        if folder:
            parts.append("index.html")
        if (facts := self._facts(parts)) is not None:
            if stat.S_ISDIR(facts.st_mode):
                return None if folder else self._index(parts) or self._twin(parts, accept)
            relative = "/".join(parts)
            return _Found(relative, f"{self._root}/{relative}", facts) if stat.S_ISREG(facts.st_mode) else None
        return None if folder else self._twin(parts, accept)

    def _index(self, parts: list[str]) -> str:
        """The address of a folder's index page; empty without one, as in folders of archives, beside their feed."""
        facts = self._facts([*parts, "index.html"])
        return quote(parts[-1]) + "/" if facts is not None and stat.S_ISREG(facts.st_mode) else ""

    def _twin(self, parts: list[str], accept: str) -> _Found | _Unfit | None:
        """The representation of an address without suffix that the client likes best, of those that exist."""
        there: dict[str, _Found] = {}
        for kind, suffix in media.TWINS.items():
            name = "/".join(parts) + suffix
            facts = self._facts([*parts[:-1], parts[-1] + suffix])
            if facts is not None and stat.S_ISREG(facts.st_mode):
                there[kind] = _Found(name, f"{self._root}/{name}", facts, negotiated=True)
        chosen = negotiate.media_type(accept, tuple(there))
        names = dict.fromkeys(quote(one.name.rpartition("/")[2]) for one in there.values())
        return there[chosen] if chosen else _Unfit(tuple(names)) if there else None

    def _facts(self, parts: list[str]) -> os.stat_result | None:
        """What the file system says of a name, None if there is nothing, or a link that leads out."""
        path = self._root
        try:
            for part in parts:
                path = f"{path}/{part}"
                facts = os.lstat(path)
                if stat.S_ISLNK(facts.st_mode):
                    return self._behind_links(parts)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return facts

    def _behind_links(self, parts: list[str]) -> os.stat_result | None:
        real = os.path.realpath(os.path.join(self._root, *parts))
        inside = PurePath(os.path.relpath(real, self._root)).parts
        return os.stat(real) if all(map(_fit, inside)) else None


def _fit(part: str) -> bool:
    """Whether a part of a name may be looked for; `..`, `.` and dot files are not there for anybody."""
    return bool(part) and part[0] != "." and "\0" not in part


def _headers(scope: Scope) -> dict[bytes, str]:
    """The headers that matter; repeated ones are one list (RFC 9110 §5.3)."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in _MATTER:
            text = value.decode("latin-1")
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found


_MATTER: Final = frozenset((b"accept", b"accept-encoding", b"if-none-match", b"if-modified-since"))


@lru_cache(maxsize=1024)
def _http_date(seconds: int) -> bytes:
    """The IMF-fixdate (RFC 9110 §5.6.7)."""
    return formatdate(seconds, usegmt=True).encode()
