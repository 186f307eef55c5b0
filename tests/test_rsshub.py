"""Feeds as RSSHub makes them, in its three formats: the same article becomes the same item, as the seeds look.

Their peculiarities: a false `<language>en`, guids that are bare numbers, authors that are bare names, dates in GMT or
with milliseconds, images with `referrerpolicy`, titles cut with `...`.
"""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from aggregator import reading
from aggregator.model import Document, Person, Source
from aggregator.settings import FRONT_MATTER_DEFAULTS
from aggregator.steps import frontmatter

URL = "https://rsshub.example/wallstreetcn/news/global"
CONTENT = (
    '<p><img src="https://pictures.example/harbour.jpeg" alt="图片" referrerpolicy="no-referrer"></p>'
    "<p>港务局周三宣布，<strong>渡轮将改用灯塔的余光导航。</strong>受消息影响，蜡烛厂的订单一夜之间少了三成，"
    "而望远镜铺子门前排起了长队。船长们表示，余光够用，只是不能同时看报。</p><h2>谁来擦灯</h2>"
    "<blockquote><p>擦灯人说，他只负责亮的那一面。</p></blockquote><p>风险提示：本文纯属虚构。</p>"
)
TITLE = "港务局：渡轮将改用灯塔的余光导航，蜡烛厂的订单一夜之间少了三成..."
LINK = "https://wallstreetcn.example/articles/3740905"

RSS = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss xmlns:atom="http://www.w3.org/2005/Atom" version="2.0"><channel><title>华尔街见闻 - 资讯</title>
<link>https://wallstreetcn.example/news/global</link>
<atom:link href="{URL}" rel="self" type="application/rss+xml"></atom:link>
<description>资讯 - Powered by RSSHub</description><generator>RSSHub</generator>
<webMaster>contact@rsshub.example (RSSHub)</webMaster><language>en</language>
<lastBuildDate>Wed, 12 Feb 2025 02:00:00 GMT</lastBuildDate><ttl>5</ttl>
<item><title>{TITLE}</title><description>{html.escape(CONTENT)}</description><link>{LINK}</link>
<guid isPermaLink="false">3740905</guid><pubDate>Tue, 11 Feb 2025 21:15:58 GMT</pubDate><author>夜班编辑</author></item>
</channel></rss>"""
ATOM = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>华尔街见闻 - 资讯</title>
<link href="https://wallstreetcn.example/news/global"/><link href="{URL}" rel="self"/><id>{URL}</id>
<updated>2025-02-12T02:00:00.000Z</updated><generator>RSSHub</generator>
<entry><title>{TITLE}</title><id>3740905</id><link href="{LINK}"/><author><name>夜班编辑</name></author>
<published>2025-02-11T21:15:58.000Z</published><updated>2025-02-11T21:15:58.000Z</updated>
<content type="html">{html.escape(CONTENT)}</content></entry></feed>"""
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "华尔街见闻 - 资讯",
        "home_page_url": "https://wallstreetcn.example/news/global",
        "feed_url": URL,
        "language": "en",
        "items": [
            {
                "id": 3740905,
                "url": LINK,
                "title": TITLE,
                "content_html": CONTENT,
                "date_published": "2025-02-11T21:15:58.000Z",
                "authors": [{"name": "夜班编辑"}],
            }
        ],
    }
)
ITEM = f"""---
title: "{TITLE}"
date: "2025-02-12 05:15:58"
summary: "港务局周三宣布，渡轮将改用灯塔的余光导航。受消息影响，蜡烛厂的订单一夜之间少了三成，而望远镜铺子门前..."
categories:
  - "wallstreetcn"
lang:
  - "zh-CN"
translations:
  - "zh-CN"
tags:
  - "wallstreetcn"
menu: ""
thumbnail: "https://pictures.example/harbour.jpeg"
lead: ""
comments: false
authorbox: false
pager: true
toc: false
mathjax: false
sidebar: "right"
widgets:
  - "search"
  - "recent"
  - "taglist"
---

![图片](https://pictures.example/harbour.jpeg)

港务局周三宣布，**渡轮将改用灯塔的余光导航。**受消息影响，蜡烛厂的订单一夜之间少了三成，而望远镜铺子门前排起了长队。船长们表示，余光够用，只是不能同时看报。

谁来擦灯
----

> 擦灯人说，他只负责亮的那一面。

风险提示：本文纯属虚构。

[wallstreetcn]({LINK})
"""


def read(body: str) -> reading.Reading:
    job = reading.Job(
        source=Source(id="wallstreetcn", url=URL),
        documents=(Document(name=URL, body=body.encode()),),
        url=URL,
        now=datetime(2025, 2, 13, tzinfo=UTC),
        zone="Asia/Shanghai",
        authority="localhost,2026",
        language="zh-CN",
        defaults=FRONT_MATTER_DEFAULTS,
    )
    return reading.unpack(reading.work(reading.pack(job)))


@pytest.mark.parametrize("body", [RSS, ATOM, JSON], ids=["rss", "atom", "json"])
def test_the_item_looks_as_the_seeds_do(body: str) -> None:
    (item,) = read(body).items
    assert frontmatter.dump(item, ZoneInfo("Asia/Shanghai")) == ITEM
    assert item.authors == (Person(name="夜班编辑"),)


def test_the_format_makes_no_other_item() -> None:
    """A source that changes from one to the other brings nothing twice."""
    assert len({read(body).items[0].key for body in (RSS, ATOM, JSON)}) == 1
