"""Feed files and folders of Markdown files on this machine.

Files are looked at before they are opened, so that a pipe or device never blocks, and read in threads, so that the loop
never does. An unchanged file or folder is not read at all. Nothing is parsed or written here.
"""

from __future__ import annotations

import asyncio
import os
import stat
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import Missing, TooLarge
from aggregator.model import Document, NotModified, Problem, Response
from aggregator.steps.bodies.inflate import Inflater
from aggregator.steps.filenames import STRANGE, is_utf8, shown

if TYPE_CHECKING:
    from aggregator.model import FetchState, Source

_MARKDOWN = (".md", ".markdown")
_MEDIA_TYPES = {
    ".atom": "application/atom+xml",
    ".json": "application/json",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".rdf": "application/rdf+xml",
    ".rss": "application/rss+xml",
    ".xml": "application/xml",
}


class FileFetcher:
    """Fetches sources that are one feed file (`ports.Fetcher`)."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes

    def accepts(self, source: Source) -> bool:
        """Whether the source is a feed with a path."""
        return source.kind == "feed" and bool(source.path) and not source.url

    async def fetch(self, source: Source, state: FetchState) -> Response | NotModified:
        """Return the file as one document. Raises `errors.Missing`, `TooLarge`; for gzip `BadEncoding`, `Truncated`.

        The validator is made of size and modification time.
        """
        return await asyncio.to_thread(_fetch_file, source, state, self._max_bytes)

    async def aclose(self) -> None:
        """Do nothing: no file stays open."""


class FolderFetcher:
    """Fetches sources that are a folder of Markdown files (`ports.Fetcher`)."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes

    def accepts(self, source: Source) -> bool:
        """Whether the source is a folder."""
        return source.kind == "folder"

    async def fetch(self, source: Source, state: FetchState) -> Response | NotModified:
        """Return a document for each `*.md` and `*.markdown` file in the folder and its subfolders, sorted by name.

        Names that begin with a dot are left out. What looks like such a file and cannot be read is a problem of the
        response. The validator is made of the names, sizes and modification times. Raises `errors.Missing`.
        """
        return await asyncio.to_thread(_fetch_folder, source, state, self._max_bytes)

    async def aclose(self) -> None:
        """Do nothing: no file stays open."""


@dataclass(slots=True)
class _Listing:
    """What stands in a folder: (relative name, size, mtime_ns) of each file worth reading, and what is not."""

    files: list[tuple[str, int, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def etag(self) -> str:
        """Return a digest that changes when a file is added, removed or written."""
        digest = blake2b(digest_size=16)
        for name, size, mtime_ns in self.files:
            digest.update(f"{len(name)}:{name}:{size}:{mtime_ns}\n".encode())
        for problem in self.problems:
            digest.update(f"{problem}\n".encode())
        return digest.hexdigest()


def _fetch_file(source: Source, state: FetchState, limit: int) -> Response | NotModified:
    """See `FileFetcher.fetch`; runs in a thread."""
    path = Path(source.path)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise Missing(f"{path} is {_kind(found.st_mode)}, not a feed file", url=source.path)
        etag = f"{found.st_size:x}-{found.st_mtime_ns:x}"
        if state.url == source.address and state.etag == etag:
            return NotModified(url=source.path, etag=etag)
        data = _read(path, limit)
    except (OSError, ValueError) as error:  # a path with a NUL is a ValueError
        raise Missing(f"cannot read {path}: {_reason(error)}", url=source.path) from error
    inflater = Inflater("", limit=limit)  # for feed.xml.gz
    inflater.feed(data)
    document = Document(name=source.path, body=inflater.finish(), media_type=_MEDIA_TYPES.get(path.suffix.lower(), ""))
    return Response(url=source.path, etag=etag, documents=(document,))


def _fetch_folder(source: Source, state: FetchState, limit: int) -> Response | NotModified:
    """See `FolderFetcher.fetch`; runs in a thread."""
    root = Path(source.path)
    try:
        mode = root.stat().st_mode
        if not stat.S_ISDIR(mode):
            raise Missing(f"{root} is {_kind(mode)}, not a folder", url=source.path)
        os.scandir(root).close()
    except (OSError, ValueError) as error:
        raise Missing(f"cannot read the folder {root}: {_reason(error)}", url=source.path) from error
    listing = _list(root, limit)
    etag = listing.etag()
    if state.url == source.address and state.etag == etag:
        return NotModified(url=source.path, etag=etag)
    documents: list[Document] = []
    unreadable: list[Problem] = []
    for name, _, _ in listing.files:
        try:
            body = _read(root / name, limit)
        except (OSError, TooLarge) as error:
            unreadable.append(Problem(where=name, message=_reason(error)))
        else:
            documents.append(Document(name=name, body=body, media_type="text/markdown"))
    problems = sorted(listing.problems + unreadable, key=lambda problem: problem.where)
    # Permissions can be mended without touching a file: look again next time.
    return Response(
        url=source.path, etag="" if unreadable else etag, documents=tuple(documents), problems=tuple(problems)
    )


def _list(root: Path, limit: int) -> _Listing:
    """Return what stands under `root`, sorted, without following links to folders."""
    listing = _Listing()

    def unreadable(error: OSError) -> None:
        where = os.path.relpath(error.filename, root)
        listing.problems.append(Problem(where=shown(where), message=_reason(error)))

    for folder, folders, files in os.walk(root, onerror=unreadable):
        named = [name for name in folders if not name.startswith(".")]
        folders[:] = [name for name in named if not _is_markdown(name)]
        for name in files + named:
            if _is_markdown(name) and not name.startswith("."):
                _add(listing, Path(folder, name), root, limit)
    listing.files.sort()
    listing.problems.sort(key=lambda problem: problem.where)
    return listing


def _add(listing: _Listing, path: Path, root: Path, limit: int) -> None:
    """Put one file where it belongs: among those to read, or among the problems."""
    name = str(path.relative_to(root))
    try:
        found = path.stat()
        message = _objection(path, found, root, limit)
    except OSError as error:
        message = _reason(error)
    if message:
        listing.problems.append(Problem(where=shown(name), message=message))
    else:
        listing.files.append((name, found.st_size, found.st_mtime_ns))


def _objection(path: Path, found: os.stat_result, root: Path, limit: int) -> str:
    """Return why a file is not to be read, empty if it is."""
    if not stat.S_ISREG(found.st_mode):
        return f"is {_kind(found.st_mode)}, not a file"
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        return "is a link that leads out of the folder"
    if found.st_size > limit:
        return f"has {found.st_size} bytes, the limit is {limit}"
    return "" if is_utf8(str(path.relative_to(root))) else STRANGE


def _read(path: Path, limit: int) -> bytes:
    """Return a regular file's bytes, never waiting for a writer. Raises `OSError` and `errors.TooLarge`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("is no longer a file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(f"{path} is larger than {limit} bytes", url=str(path))
    return data


def _is_markdown(name: str) -> bool:
    return name.lower().endswith(_MARKDOWN)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _kind(mode: int) -> str:
    """Return what kind of thing a path is, for people."""
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISREG, "a file"), (stat.S_ISFIFO, "a pipe"))
    return next((words for is_kind, words in kinds if is_kind(mode)), "a device or socket")
