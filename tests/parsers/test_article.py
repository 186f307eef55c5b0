"""Pages whose main text is found by itself."""

from __future__ import annotations

import sys

import pytest

from aggregator.errors import ParseError
from aggregator.model import Declaration, Document
from aggregator.parsers import article

URL = "http://site.example/a/1"
TEXT = "".join(
    f"<p>钟楼的第{n}位守钟人讲了一个很长的故事，<b>大家</b>都听到了<a href='/end'>结尾</a>。</p>" for n in range(6)
)


def read(body):
    return article.parse(Document(name=URL, body=body, declared=Declaration(kind="auto")))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_the_main_text_is_found_with_its_links_and_images(encoding):
    picture = "<p><img src='/i.png'></p>"
    body = f"<html><body><nav>导航</nav><article>{TEXT}{picture}</article><footer>页脚</footer></body></html>"
    (entry,) = read(body.encode(encoding)).entries
    assert "第5位守钟人" in entry.content
    assert 'href="http://site.example/end"' in entry.content
    assert 'src="http://site.example/i.png"' in entry.content
    assert "页脚" not in entry.content
    assert entry.base == URL


@pytest.mark.parametrize("body", [b"", b"<html><body></body></html>", b"\x89PNG\r\n\x1a\n\x00", b'{"a": 1}'])
def test_a_page_without_text_is_an_error(body):
    with pytest.raises(ParseError, match="full_text: no main text found; this is "):
        read(body)


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(ParseError, match=r"pip install 'tagwire\[fulltext\]'"):
        read(b"<p>x</p>")
