"""Content-Encoding undone: the right bytes out, whatever the chunks, and never more of them than allowed."""

from __future__ import annotations

import gzip
import resource
import sys
import tracemalloc
import zlib
from functools import partial

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import BadEncoding, TooLarge, Truncated
from aggregator.steps.bodies.inflate import ACCEPT_ENCODING, Inflater

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

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
    "br": brotli.compress(TEXT),
    "zstd": zstd.compress(TEXT),
}
PACK = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}
QUICK = PACK | {
    "gzip": partial(gzip.compress, compresslevel=1),
    "deflate": partial(zlib.compress, level=1),
    "br": partial(brotli.compress, quality=2),
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
@pytest.mark.parametrize("label", ["gzip", "zstd"])
def test_all_members_of_a_gzip_file_and_all_frames_of_zstd_count(label, size):
    pack = PACK[label]
    assert inflate(pack(TEXT) + pack(b"more") + pack(b""), label, size=size) == TEXT + b"more"


@pytest.mark.parametrize("label", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize("tail", [b"\0" * 10, b"junk", b"\x1f", b"\x1fjunk", b"\x28\xb5\x2f"])
def test_bytes_behind_the_end_are_ignored(label, tail):
    assert inflate(PACK[label](TEXT) + tail, label) == TEXT
    assert inflate(PACK[label](TEXT) + tail, label, size=1) == TEXT


@pytest.mark.parametrize("size", [1, 1000])
def test_bytes_behind_the_end_of_br_are_damage(size):
    with pytest.raises(BadEncoding, match="damaged"):
        inflate(PACK["br"](TEXT) + b"junk", "br", size=size)


@pytest.mark.parametrize("label", ["", *PACK])
def test_no_bytes_are_an_empty_body(label):
    assert inflate(b"", label) == b""


@pytest.mark.parametrize("body", [b"a", b"\x1f", b"\x1f\x8b", b"ab"])
def test_bodies_shorter_than_a_magic_number_are_kept(body):
    assert inflate(body) == body


@given(st.binary(max_size=3000), st.sampled_from(["", *PACK]), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_any_bytes_survive(data, label, size):
    packed = PACK.get(label, gzip.compress)(data)
    assert inflate(packed, label, size=size) == data


@pytest.mark.parametrize("cut", [1, 5, 12, 30])
@pytest.mark.parametrize("label", PACK)
def test_a_cut_stream_is_an_error(label, cut):
    with pytest.raises(Truncated):
        inflate(PACKED[label][:-cut], label)


@pytest.mark.parametrize("label", ["gzip", "zstd"])
def test_a_cut_second_member_is_an_error(label):
    with pytest.raises(Truncated):
        inflate(PACK[label](TEXT) + PACK[label](TEXT)[:-3], label)


@pytest.mark.parametrize("label", PACK)
def test_a_plain_body_under_a_label_is_damaged(label):
    with pytest.raises(BadEncoding, match="damaged"):
        inflate(b"<?xml version='1.0'?><rss/>", label)


def test_a_wrong_checksum_is_damage():
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 1
    with pytest.raises(BadEncoding):
        inflate(bytes(packed), "gzip")


@pytest.mark.parametrize("label", ["gzip, gzip", "deflate,gzip", "br, zstd", ", ".join(["gzip"] * 50)])
def test_nested_codings_are_refused(label):
    with pytest.raises(BadEncoding, match="nested"):
        Inflater(label, limit=1)


@pytest.mark.parametrize("label", ["dcb", "compress", "x" * 1000])
def test_unknown_codings_are_refused(label):
    with pytest.raises(BadEncoding, match="unknown") as caught:
        Inflater(label, limit=1)
    assert len(str(caught.value)) < 100


def test_only_what_can_be_undone_is_asked_for():
    for label in ACCEPT_ENCODING.split(", "):
        Inflater(label, limit=1)


@pytest.mark.parametrize("label", ["", *PACK])
def test_the_limit_is_exact(label):
    data = b"x" * 1000
    packed = PACK[label](data) if label else data
    assert inflate(packed, label, limit=1000) == data
    with pytest.raises(TooLarge, match="999"):
        inflate(packed, label, limit=999)


@pytest.mark.parametrize("label", PACK)
def test_a_bomb_is_stopped_at_the_limit_and_costs_no_memory(label):
    """What compiled code allocates is seen in the process's peak, which the whole bomb would raise."""
    bomb = QUICK[label](b"\0" * (96 * MEGABYTE))
    assert len(bomb) < MEGABYTE
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with pytest.raises(TooLarge):
            inflate(bomb, label)
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024
    finally:
        tracemalloc.stop()


def test_a_zstd_window_beyond_eight_mebibytes_is_refused():
    """A server that asks for two gigabytes of window is not obeyed (RFC 9659)."""
    squeeze = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    packed = squeeze.compress(TEXT * 100) + squeeze.flush()
    with pytest.raises(BadEncoding, match="memory"):
        inflate(packed, "zstd")


@pytest.mark.parametrize("label", ["gzip", "zstd"])
def test_a_flood_of_empty_members_is_stopped(label):
    with pytest.raises(BadEncoding, match="parts"):
        inflate(PACK[label](b"") * 2000, label)


def test_more_compressed_bytes_than_the_limit_can_need_are_refused():
    with pytest.raises(TooLarge):
        inflate(gzip.compress(b"x") + b"\0" * 100_000, "gzip", limit=1000)
