"""The words of the pages, in English and Chinese. This module knows no page."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "about": "一条新闻线，一个标签",
        "also": "其他来源",
        "and_more": "以及更多",
        "found": "找到",
        "ignored": "没有看懂",
        "indexing": "搜索索引正在更新，结果可能不全。",
        "last_fetch": "上次抓取",
        "next_fetch": "下次抓取",
        "no_scheduler": "这个进程只提供服务，不抓取。",
        "nothing_found": "没有找到。",
        "page_next": "后面的结果",
        "search": "搜索",
        "search_hint": "词、“短语”、-排除、tag:标签、source:来源、lang:语言、since:7d",
        "stuck": "调度停住了",
        "running": "调度正常",
        "status": "状态",
        "unreadable": "索引无法读取",
        "subscribe": "订阅：把这个地址交给阅读器",
        "empty": "还没有内容。",
        "failing": "失败",
        "feeds": "订阅全部（OPML）",
        "home": "首页",
        "items": "条目",
        "name": "名称",
        "new": "未取",
        "newest": "最新",
        "ok": "正常",
        "paused": "暂停",
        "read_on": "阅读原文",
        "related": "相关",
        "sources": "来源",
        "sources_opml": "来源列表（OPML）",
        "state": "状态",
        "tags": "标签",
    },
    "en": {
        "about": "a news wire per tag",
        "also": "Also at",
        "and_more": "and more",
        "found": "Found",
        "ignored": "Not understood",
        "indexing": "The search index is being brought up to date: something may be missing.",
        "last_fetch": "Last fetch",
        "next_fetch": "Next fetch",
        "no_scheduler": "This process serves only, it fetches nothing.",
        "nothing_found": "Nothing found.",
        "page_next": "Further results",
        "search": "Search",
        "search_hint": 'words, "phrases", -exclusions, tag:name, source:id, lang:en, since:7d',
        "stuck": "The scheduler is stuck",
        "running": "The scheduler is running",
        "status": "Status",
        "unreadable": "The index cannot be read",
        "subscribe": "Subscribe: give this address to your reader",
        "empty": "Nothing here yet.",
        "failing": "failing",
        "feeds": "Subscribe to all (OPML)",
        "home": "Home",
        "items": "Items",
        "name": "Name",
        "new": "not fetched yet",
        "newest": "Newest",
        "ok": "ok",
        "paused": "paused",
        "read_on": "Read on",
        "related": "Related",
        "sources": "Sources",
        "sources_opml": "List of sources (OPML)",
        "state": "State",
        "tags": "Tags",
    },
}


@cache
def _words_in(language: str) -> SimpleNamespace:
    """The words of one of our languages; no mapping, since `copy` and `items` of one are methods to a template."""
    return SimpleNamespace(**_WORDS[language])


def words(lang: str) -> SimpleNamespace:
    """Return the words of the language."""
    return _words_in("zh" if lang.lower().startswith("zh") else "en")
