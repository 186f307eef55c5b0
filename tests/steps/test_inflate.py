"""Content-Encoding undone: the right bytes out, whatever the chunks, and never more of them than allowed."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import BadEncoding, TooLarge, Truncated
from aggregator.steps.inflate import ACCEPT_ENCODING, Inflater

TEXT = "新闻 news <rss/> ".encode() * 500
MEGABYTE = 1 << 20


def raw_deflate(data):
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


def inflate(data, label="", *, limit=MEGABYTE, size=1 << 16):
    inflater = Inflater(label, limit=limit)
    for start in range(0, len(data), size):
        inflater.feed(data[start : start + size])
    return inflater.finish()


PACKED = {
    "": TEXT,
    "identity": TEXT,
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    " GZIP , identity": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 1 << 16])
@pytest.mark.parametrize("label", PACKED)
def test_every_coding_is_undone_whatever_the_chunks(label, size):
    assert inflate(PACKED[label], label, size=size) == TEXT


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_bare_deflate_is_understood(size):
    assert inflate(raw_deflate(TEXT), "deflate", size=size) == TEXT


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_a_body_without_label_that_is_gzip_is_undone(size):
    assert inflate(gzip.compress(TEXT), "", size=size) == TEXT


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_all_members_of_a_gzip_file_count(size):
    assert inflate(gzip.compress(TEXT) + gzip.compress(b"more"), "gzip", size=size) == TEXT + b"more"


@pytest.mark.parametrize("tail", [b"\0" * 10, b"junk", b"\x1f", b"\x1fjunk"])
def test_bytes_behind_the_last_member_are_ignored(tail):
    assert inflate(gzip.compress(TEXT) + tail, "gzip") == TEXT


@pytest.mark.parametrize("label", ["", "gzip", "deflate"])
def test_no_bytes_are_an_empty_body(label):
    assert inflate(b"", label) == b""


@pytest.mark.parametrize("body", [b"a", b"\x1f", b"\x1f\x8b", b"ab"])
def test_bodies_shorter_than_a_magic_number_are_kept(body):
    assert inflate(body) == body


@given(st.binary(max_size=3000), st.sampled_from(["gzip", "deflate", ""]), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_any_bytes_survive(data, label, size):
    packed = zlib.compress(data) if label == "deflate" else gzip.compress(data)
    assert inflate(packed, label, size=size) == data


@pytest.mark.parametrize("cut", [1, 5, 12, 30])
@pytest.mark.parametrize("label", ["gzip", "deflate"])
def test_a_cut_stream_is_an_error(label, cut):
    with pytest.raises(Truncated):
        inflate(PACKED[label][:-cut], label)


def test_a_cut_second_member_is_an_error():
    with pytest.raises(Truncated):
        inflate(gzip.compress(TEXT) + gzip.compress(TEXT)[:-3], "gzip")


@pytest.mark.parametrize("label", ["gzip", "deflate"])
def test_a_plain_body_under_a_label_is_damaged(label):
    with pytest.raises(BadEncoding, match="damaged"):
        inflate(b"<?xml version='1.0'?><rss/>", label)


def test_a_wrong_checksum_is_damage():
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 1
    with pytest.raises(BadEncoding):
        inflate(bytes(packed), "gzip")


@pytest.mark.parametrize("label", ["gzip, gzip", "deflate,gzip", ", ".join(["gzip"] * 50)])
def test_nested_codings_are_refused(label):
    with pytest.raises(BadEncoding, match="nested"):
        Inflater(label, limit=1)


@pytest.mark.parametrize("label", ["br", "zstd", "compress", "x" * 1000])
def test_unknown_codings_are_refused(label):
    with pytest.raises(BadEncoding, match="unknown") as caught:
        Inflater(label, limit=1)
    assert len(str(caught.value)) < 100


def test_only_what_can_be_undone_is_asked_for():
    for label in ACCEPT_ENCODING.split(", "):
        Inflater(label, limit=1)


@pytest.mark.parametrize("label", ["", "gzip", "deflate"])
def test_the_limit_is_exact(label):
    data = b"x" * 1000
    packed = {"": data, "gzip": gzip.compress(data), "deflate": zlib.compress(data)}[label]
    assert inflate(packed, label, limit=1000) == data
    with pytest.raises(TooLarge, match="999"):
        inflate(packed, label, limit=999)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_bomb_is_stopped_at_the_limit_and_costs_no_memory(pack):
    bomb = pack(b"\0" * (64 * MEGABYTE))
    label = "gzip" if pack is gzip.compress else "deflate"
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            inflate(bomb, label)
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_flood_of_empty_members_is_stopped():
    with pytest.raises(BadEncoding, match="members"):
        inflate(gzip.compress(b"") * 2000, "gzip")


def test_more_compressed_bytes_than_the_limit_can_need_are_refused():
    with pytest.raises(TooLarge):
        inflate(gzip.compress(b"x") + b"\0" * 100_000, "gzip", limit=1000)
