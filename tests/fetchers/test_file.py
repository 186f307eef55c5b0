"""Feed files and folders: what is read, what is not, and what is said about it."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
from pathlib import Path

import pytest

from aggregator import errors
from aggregator.fetchers.file import FileFetcher, FolderFetcher
from aggregator.model import FetchState, NotModified, Problem, Source

LIMIT = 1000


def fetch(path, *, etag="", state_path=None):
    return run(FileFetcher(max_bytes=LIMIT), Source(id="s", path=str(path)), etag, state_path)


def fetch_folder(path, *, etag="", state_path=None):
    return run(FolderFetcher(max_bytes=LIMIT), Source(id="s", kind="folder", path=str(path)), etag, state_path)


def run(fetcher, source, etag, state_path):
    assert fetcher.accepts(source)
    state = FetchState(source="s", url=source.address if state_path is None else state_path, etag=etag)

    async def main():
        try:
            return await fetcher.fetch(source, state)
        finally:
            await fetcher.aclose()

    return asyncio.run(main())


def names(response):
    return [document.name for document in response.documents]


def problems(response):
    return {problem.where: problem.message for problem in response.problems}


# a feed file


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("feed.xml", "application/xml"),
        ("feed.RSS", "application/rss+xml"),
        ("feed.atom", "application/atom+xml"),
        ("feed.json", "application/json"),
        ("post.md", "text/markdown"),
        ("feed", ""),
        ("feed.txt", ""),
    ],
)
def test_a_feed_file_is_one_document(tmp_path, name, media_type):
    path = tmp_path / name
    path.write_bytes("<rss>新</rss>".encode())
    response = fetch(path)
    (document,) = response.documents
    assert document.body.decode() == "<rss>新</rss>"
    assert (document.name, document.media_type, response.url) == (str(path), media_type, str(path))


def test_a_compressed_feed_file_is_undone(tmp_path):
    path = tmp_path / "feed.xml.gz"
    path.write_bytes(gzip.compress(b"<rss/>"))
    assert fetch(path).documents[0].body == b"<rss/>"
    path.write_bytes(gzip.compress(b"x" * (LIMIT + 1)))
    with pytest.raises(errors.TooLarge):
        fetch(path)


def test_an_unchanged_file_is_not_modified_until_it_is_written(tmp_path):
    path = tmp_path / "feed.xml"
    path.write_bytes(b"<rss/>")
    etag = fetch(path).etag
    assert fetch(path, etag=etag) == NotModified(url=str(path), etag=etag)
    assert fetch(path, etag=etag, state_path="/elsewhere").documents
    os.utime(path, ns=(1, 1))
    assert fetch(path, etag=etag).etag != etag


@pytest.mark.parametrize("name", ["absent.xml", "absent/feed.xml", "folder", "pipe", "socket", "nul\0"])
def test_what_is_no_feed_file_is_missing_and_named(tmp_path, monkeypatch, name):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        listener.bind("socket")
        with pytest.raises(errors.Missing) as caught:
            fetch(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert caught.value.url == str(tmp_path / name)


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
def test_the_limit_holds_for_files(tmp_path, size):
    path = tmp_path / "feed.xml"
    path.write_bytes(b"x" * size)
    if size > LIMIT:
        with pytest.raises(errors.TooLarge, match=r"feed\.xml"):
            fetch(path)
    else:
        assert len(fetch(path).documents[0].body) == size


# a folder


@pytest.fixture
def folder(tmp_path):
    """A folder with two good files and others that do not count."""
    root = tmp_path / "folder"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / ".hidden").mkdir()
    (root / "b.md").write_bytes(b"B")
    (root / "sub" / "deep" / "新.MARKDOWN").write_bytes(b"\xff\x00")
    for other in (".draft.md", ".hidden/c.md", "notes.txt", "sub/md", "README"):
        (root / other).write_bytes(b"no")
    return root


def test_all_markdown_files_are_documents_and_nothing_else(folder):
    response = fetch_folder(folder)
    assert names(response) == ["b.md", "sub/deep/新.MARKDOWN"]
    assert [document.body for document in response.documents] == [b"B", b"\xff\x00"]
    assert {document.media_type for document in response.documents} == {"text/markdown"}
    assert (response.url, response.problems) == (str(folder), ())


def test_an_empty_folder_is_no_error(tmp_path):
    assert fetch_folder(tmp_path).documents == ()


def test_an_unchanged_folder_is_not_read(folder):
    etag = fetch_folder(folder).etag
    before = (folder / "b.md").stat()
    (folder / "b.md").write_bytes(b"X")
    os.utime(folder / "b.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert fetch_folder(folder, etag=etag) == NotModified(url=str(folder), etag=etag)
    assert fetch_folder(folder, etag=etag, state_path="/elsewhere").documents


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "b.md").write_bytes(b"BB"),
        lambda root: os.utime(root / "b.md", ns=(1, 1)),
        lambda root: (root / "new.md").write_bytes(b""),
        lambda root: (root / "b.md").unlink(),
        lambda root: (root / "b.md").rename(root / "c.md"),
        lambda root: os.mkfifo(root / "z.md"),
    ],
)
def test_every_change_is_noticed(folder, change):
    etag = fetch_folder(folder).etag
    change(folder)
    changed = fetch_folder(folder, etag=etag)
    assert not isinstance(changed, NotModified)
    assert changed.etag != etag


def test_a_change_to_what_does_not_count_is_none(folder):
    etag = fetch_folder(folder).etag
    (folder / "notes.txt").write_bytes(b"other")
    (folder / ".new.md").write_bytes(b"other")
    assert isinstance(fetch_folder(folder, etag=etag), NotModified)


def test_what_cannot_be_read_is_a_problem_and_the_rest_arrives(folder, tmp_path):
    outside = tmp_path / "secret.md"
    outside.write_bytes(b"secret")
    os.mkfifo(folder / "pipe.md")
    (folder / "dir.md").mkdir()
    (folder / "dir.md" / "inner.md").write_bytes(b"not looked for")
    (folder / "big.md").write_bytes(b"x" * (LIMIT + 1))
    (folder / "out.md").symlink_to(outside)
    (folder / "broken.md").symlink_to(folder / "nowhere")
    (folder / "in.md").symlink_to(folder / "b.md")
    (folder / "sub" / "loop").symlink_to(folder)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_bytes(b"x")
    response = fetch_folder(folder)
    assert names(response) == ["b.md", "in.md", "sub/deep/新.MARKDOWN"]
    found = problems(response)
    assert found.keys() == {"pipe.md", "dir.md", "big.md", "out.md", "broken.md", "\ufffd.md"}
    assert found["pipe.md"] == "is a pipe, not a file"
    assert found["dir.md"] == "is a folder, not a file"
    assert found["big.md"] == "has 1001 bytes, the limit is 1000"
    assert found["out.md"] == "is a link that leads out of the folder"
    assert found["broken.md"] == "No such file or directory"
    assert found["\ufffd.md"] == "the name is not UTF-8, so it is left out; rename it"
    assert [problem.where for problem in response.problems] == sorted(found)
    assert isinstance(fetch_folder(folder, etag=response.etag), NotModified)


def test_a_folder_reached_by_a_link_is_a_folder(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    (folder / "in.md").symlink_to(folder / "b.md")
    response = fetch_folder(tmp_path / "link")
    assert names(response) == ["b.md", "in.md", "sub/deep/新.MARKDOWN"]
    assert response.problems == ()


def forbid(monkeypatch, name, function):
    """Make `function` refuse this one path, as it would for a user without permission (tests may run as root)."""
    original = getattr(os, function)

    def refusing(path, *args, **kwargs):
        if str(path).endswith(name):
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, *args, **kwargs)

    monkeypatch.setattr(os, function, refusing)


def test_a_file_without_permission_is_a_problem_and_tried_again(folder, monkeypatch):
    with monkeypatch.context() as patch:
        forbid(patch, "b.md", "open")
        response = fetch_folder(folder)
    assert names(response) == ["sub/deep/新.MARKDOWN"]
    assert response.problems == (Problem(where="b.md", message="Permission denied"),)
    assert response.etag == ""
    assert names(fetch_folder(folder, etag=response.etag)) == ["b.md", "sub/deep/新.MARKDOWN"]


def test_a_subfolder_without_permission_is_a_problem(folder, monkeypatch):
    forbid(monkeypatch, "deep", "scandir")
    response = fetch_folder(folder)
    assert names(response) == ["b.md"]
    assert problems(response) == {"sub/deep": "Permission denied"}


def test_a_file_that_grows_or_turns_into_a_pipe_meanwhile_is_a_problem(folder, monkeypatch):
    original = os.open

    def opening(path, *args):
        if str(path).endswith("b.md"):
            Path(path).write_bytes(b"x" * (LIMIT + 1))
        else:
            Path(path).unlink()
            os.mkfifo(path)
        return original(path, *args)

    monkeypatch.setattr(os, "open", opening)
    response = fetch_folder(folder)
    assert response.documents == ()
    assert len(response.problems) == 2


@pytest.mark.parametrize("name", ["absent", "file.md", "file.md/x", "nul\0"])
def test_what_is_no_folder_is_missing_and_named(tmp_path, name):
    (tmp_path / "file.md").write_bytes(b"x")
    with pytest.raises(errors.Missing) as caught:
        fetch_folder(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_without_permission_is_missing(folder, monkeypatch):
    forbid(monkeypatch, "folder", "scandir")
    with pytest.raises(errors.Missing, match="Permission denied"):
        fetch_folder(folder)


def test_each_fetcher_takes_its_kind_only():
    feed, folder = FileFetcher(max_bytes=1), FolderFetcher(max_bytes=1)
    assert not feed.accepts(Source(id="s", kind="folder", path="/x"))
    assert not feed.accepts(Source(id="s", url="http://example.test/"))
    assert not folder.accepts(Source(id="s", kind="feed", path="/x"))
