"""The published directory over HTTP: what is answered, under which conditions, and what is never handed out."""

from __future__ import annotations

import gzip
import os

import brotli
import pytest

from aggregator.server.files import LARGEST
from tests.server.conftest import Desk, serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
READER = "application/atom+xml, application/rss+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.7, */*;q=0.1"


def test_a_feed_is_answered_with_validators_and_media_type(ask, desk):
    answer = ask("/tags/sea.xml")
    assert answer.status == 200
    assert answer.body == (desk.feeds / "tags/sea.xml").read_bytes()
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["etag"].startswith('"')
    assert answer.headers["last-modified"].endswith(" GMT")
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert answer.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/all.xml", BROWSER, "application/xml; charset=utf-8"),
        ("/all.xml", READER, "application/atom+xml; charset=utf-8"),
        ("/all.xml", "application/xml", "application/xml; charset=utf-8"),
        ("/all.json", "", "application/feed+json; charset=utf-8"),
        ("/status.json", "", "application/json; charset=utf-8"),
        ("/feeds.opml", "", "text/x-opml; charset=utf-8"),
        ("/feed.css", "", "text/css; charset=utf-8"),
        ("/", "", "text/html; charset=utf-8"),
    ],
)
def test_each_document_has_its_media_type(ask, path, accept, kind):
    assert ask(path, accept=accept).headers["content-type"] == kind


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [(BROWSER, ".html"), (READER, ".xml"), ("application/feed+json", ".json"), ("application/json", ".json"),
     ("*/*", ".xml"), ("", ".xml"), ("image/png", ".xml"), ("text/html;q=0.2, application/json;q=0.3", ".json")],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/all", "/tags/sea", "/tags/%E6%9E%9C%E5%9B%AD", "/sources/harbour"])
def test_an_address_without_suffix_is_what_the_client_likes_best(ask, path, accept, suffix):
    answer = ask(path, accept=accept)
    assert answer.body == ask(path + suffix).body
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert answer.headers["content-location"] == (path + suffix).rpartition("/")[2]


def test_what_a_client_rules_out_is_not_sent(ask):
    """RFC 9110 §12.4.2: `q=0` is not acceptable; another representation is, else the answer says what there is."""
    assert ask("/all", accept="application/atom+xml;q=0").body == ask("/all.html").body
    assert ask("/all", accept="application/atom+xml;q=0, text/html;q=0").body == ask("/all.json").body
    answer = ask("/tags/%E6%9E%9C%E5%9B%AD", accept="*/*;q=0")
    assert (answer.status, answer.headers["vary"]) == (406, "Accept")
    names = [f"%E6%9E%9C%E5%9B%AD{suffix}" for suffix in (".xml", ".html", ".json")]
    assert answer.body.decode() == f"not acceptable: there are {', '.join(names)}\n"
    assert ask("/all.xml", accept="application/atom+xml;q=0").headers["content-type"].startswith("application/xml")
    assert ask("/all.xml", accept="*/*;q=0").status == 200, "its name says which one is wanted"


def test_only_formats_that_exist_are_offered(ask, desk):
    desk.put("tags/single.json", "{}")
    assert ask("/tags/single", accept=BROWSER).headers["content-type"].startswith("application/feed+json")


def test_a_tag_with_a_dot_is_found_without_suffix(ask, desk):
    desk.put("tags/node.js.xml", "<feed/>")
    assert ask("/tags/node.js").body == b"<feed/>"


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_what_was_not_changed_is_not_sent_again_in_any_coding(ask, coding):
    first = ask("/all.xml", accept_encoding=coding)
    etag = first.headers["etag"]
    for sent in (etag, f"W/{etag}", f'"x", {etag}', "*", f'"a",W/"b" , {etag},"c"'):
        again = ask("/all.xml", accept_encoding=coding, if_none_match=sent)
        assert (again.status, again.body) == (304, b""), sent
        assert again.headers["etag"] == etag
        assert "content-type" not in again.headers
        assert {"cache-control", "vary", "last-modified"} <= again.headers.keys()
    since = first.headers["last-modified"]
    assert ask("/all.xml", if_modified_since=since).status == 304
    assert ask("/all.xml", if_modified_since=since, if_none_match='"other"').status == 200
    assert ask("/all.xml", if_modified_since="Thu, 01 Jan 1970 00:00:00 GMT").status == 200
    assert ask("/all.xml", if_modified_since="yesterday").status == 200


def test_representations_have_validators_of_their_own(ask):
    etags = {ask("/all.xml", accept_encoding=coding).headers["etag"] for coding in ("", "gzip", "br")}
    assert len(etags) == 3


@pytest.mark.parametrize(
    ("accept", "coding"),
    [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0.5, gzip", "gzip"), ("br;q=0", ""), ("*", "br"),
     ("identity, br;q=0.5", ""), ("deflate", ""), ("", ""), ("gzip;q=nonsense", ""), ("x" * 3000, "")],
)  # fmt: skip
def test_codings_are_chosen_by_the_client_and_give_the_same_bytes(ask, desk, accept, coding):
    answer = ask("/all.xml", accept_encoding=accept)
    assert answer.headers.get("content-encoding", "") == coding
    plain = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[coding](answer.body)
    assert plain == (desk.feeds / "all.xml").read_bytes()


def test_small_files_and_images_are_not_compressed(ask, desk):
    desk.put("tags/small.xml", "<feed/>")
    desk.put("logo.png", b"\x89PNG" + bytes(5000))
    for path in ("/tags/small.xml", "/logo.png"):
        assert "content-encoding" not in ask(path, accept_encoding="br").headers
    assert ask("/logo.png").headers["content-type"] == "image/png"


def test_a_new_file_is_served_at_once_in_every_coding(ask, desk):
    for number in range(3):
        text = f"<feed>{number} {'潮水' * 1000}</feed>"
        desk.put("tags/new.xml", text)
        for coding, undo in (("", bytes), ("gzip", gzip.decompress), ("br", brotli.decompress)):
            assert undo(ask("/tags/new.xml", accept_encoding=coding).body).decode() == text
    (desk.feeds / "tags/new.xml").unlink()
    assert ask("/tags/new.xml").status == 404


def test_head_is_get_without_the_body(ask):
    for path in ("/all.xml", "/nope", "/"):
        full, head = ask(path, accept_encoding="br"), ask(path, "HEAD", accept_encoding="br")
        assert head.body == b""
        assert head.status == full.status
        assert head.headers | {"date": ""} == full.headers | {"date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_is_writable(ask, method):
    answer = ask("/all.xml", method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.fixture(scope="module")
def traps(desk):
    """Files that must not be found, beside, behind and among the published ones."""
    (desk.root / "secret").write_text("secret")
    (desk.root / "secret.xml").write_text("secret")
    desk.put(".git/config", "secret")
    desk.put("tags/.hidden.xml", "secret")
    (desk.feeds / "out").symlink_to(desk.root)
    (desk.feeds / "out.xml").symlink_to(desk.root / "secret")
    os.mkfifo(desk.feeds / "pipe")


@pytest.mark.usefixtures("traps")
@pytest.mark.parametrize(
    "path",
    ["/../secret", "/tags/../../secret", "/%2e%2e/secret", "/..%2fsecret", "/tags/%2e%2e/%2e%2e/secret", "//secret",
     "/.git/config", "/tags/.hidden.xml", "/%00", "/all.xml%00.html", "/tags//sea.xml", "/./all.xml", "/..", "/tags/..",
     "/\\..\\secret", "/out/secret", "/out.xml", "/" + "a" * 300, "/" + "a/" * 600, "/tags/", "/all.xml/", "/pipe"],
)  # fmt: skip
def test_nothing_outside_and_nothing_hidden_is_found(ask, path):
    answer = ask.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.split()[1] in (b"404", b"400"), answer
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2]


def test_links_within_the_directory_are_followed(ask, desk):
    (desk.feeds / "tags" / "ocean.xml").symlink_to("sea.xml")
    assert ask("/tags/ocean.xml").body == ask("/tags/sea.xml").body


def test_a_folder_has_a_slash_at_its_end(ask, desk):
    desk.put("pages/index.html", "<p>here</p>")
    assert ask("/pages/").body == b"<p>here</p>"
    answer = ask("/pages")
    assert (answer.status, answer.headers["location"]) == (308, "pages/")


def test_a_folder_without_an_index_is_not_found_and_hides_no_feed_of_its_name(ask, desk):
    desk.put("tags/sea/2025-01.xml", "<feed/>")
    assert ask("/tags").headers["content-location"] == "tags.html"
    assert ask("/sources").status == ask("/tags/sea/").status == 404
    answer = ask("/tags/sea", Accept="application/atom+xml")
    assert (answer.status, answer.headers["content-location"]) == (200, "sea.xml")


def test_a_file_that_cannot_be_read_is_not_found(ask, desk):
    path = desk.put("tags/closed.xml", "<feed/>")
    path.unlink()
    path.symlink_to("closed.xml")
    assert ask("/tags/closed.xml").status == 404


def test_a_large_file_is_sent_from_the_disk(ask, desk):
    data = os.urandom(1000) * (LARGEST // 1000 + 1)
    desk.put("sound.mp3", data)
    answer = ask("/sound.mp3")
    assert (answer.status, answer.headers["content-type"]) == (200, "audio/mpeg")
    assert answer.body == data
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_answer_carries_the_house_headers(ask):
    for answer in (ask("/all.xml"), ask("/nope"), ask("/", "POST"), ask("/healthz"), ask("/search"), ask("/status")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


def test_before_the_first_publication_nothing_is_found_and_nothing_breaks(tmp_path):
    desk = Desk(tmp_path)
    with serving(desk.settings) as ask:
        assert ask("/").status == ask("/all.xml").status == 404
        desk.publish()
        assert ask("/all.xml").status == 200


def test_a_site_with_a_path_answers_below_it(tmp_path):
    desk = Desk(tmp_path, base_url="https://news.example/%E6%96%B0%E9%97%BB/wire/")
    desk.publish()
    with serving(desk.settings) as ask:
        path = "/%E6%96%B0%E9%97%BB/wire"
        assert ask(f"{path}/all.xml").status == ask(f"{path}/status").status == ask(f"{path}/search").status == 200
        assert ask(f"{path}/tags/sea", accept=BROWSER).headers["content-location"] == "sea.html"
        assert ask("/all.xml").status == ask("/status").status == ask(f"{path}/healthz").status == 404
        assert ask("/healthz").status == 200
        assert ask("/").headers["location"] == f"{path}/"
