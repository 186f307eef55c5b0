"""The declarations of docs/declared.md, tried as a user would: against servers of these shapes, on loopback."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.testing import LoopbackSite

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "declared.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LIST = "/apiv1/content/information-flow?channel=global&accept=article&limit=25"
ARTICLE = "/apiv1/content/articles/{}?extract=0"

FRONT_MATTER = """---
title: "{title}"
date: "{date}"
summary: "{summary}"
categories:
  - "{source}"
lang:
  - "zh-CN"
translations:
  - "zh-CN"
tags:
  - "{source}"
menu: ""
thumbnail: "{thumbnail}"
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

{body}

[{source}]({link})
"""
WALLSTREETCN = FRONT_MATTER.format(
    title="报道：两家灯塔公司将为渔民开发“雾号”功能",
    date="2025-02-12 05:15:58",
    summary="据《海岸晚报》周二报道，两家灯塔公司将为渔民开发“雾号”功能。受消息影响，雾号概念纸船价格盘前走高，...",
    source="wallstreetcn",
    thumbnail="https://pictures.example/c8b2414d.jpeg",
    body=(
        "据《海岸晚报》周二报道，**两家灯塔公司将为渔民开发“雾号”功能。**受消息影响，雾号概念纸船价格盘前走高，"
        "涨逾一成，帆布则跌半成。收盘时，纸船收涨两成有余，锚链持平，罐头小幅回落。\n\n"
        "雾号在北岸尚待推出\n---------\n\n"
        "> 渔民指出，没有雾号的早晨，大家只能靠敲锅盖。\n\n风险提示：本文纯属虚构，请勿据此出海。"
    ),
    link="https://wallstreetcn.example/articles/3740905",
)
QQ = FRONT_MATTER.format(
    title="钟楼确认与面包房合作 整点将有“香味”报时",
    date="2025-02-13 19:47:22",
    summary="谁会先闻到？作者／\u00a0\u00a0小城时报记者林一钟2月13日，钟楼管理处宣布，整点报时将配上面包香。",
    source="qq",
    thumbnail="https://pictures.example/om_ls/640360/0",
    body=(
        "![图片](https://pictures.example/om_bt/641)\n\n**谁会先闻到？**\n\n**作者／\u00a0\u00a0小城时报记者林一钟**\n\n"
        "2月13日，钟楼管理处宣布，整点报时将配上面包香。"
    ),
    link="{url}",
)


def article(number: int, title: str = "题", kind: str = "article") -> dict[str, object]:
    """Return an entry of the information flow."""
    resource = {
        "id": number,
        "title": title,
        "uri": f"https://wallstreetcn.example/articles/{number}",
        "display_time": 1739308558,
        "author": {"display_name": "夜班编辑"},
        "image": {"uri": "https://pictures.example/c8b2414d.jpeg"},
        "content_short": "短讯。",
    }
    return {"resource_type": kind, "resource": resource}


def emulate(site: LoopbackSite) -> None:
    """Fill the site with answers of the shapes of both systems."""

    def answer(path: str, value: object) -> None:
        site.page(path, json.dumps(value), media_type="application/json")

    items = [
        article(3740905, "报道：两家灯塔公司将为渔民开发“雾号”功能"),
        article(7, "付费"),
        article(8, "有视频"),
        article(9, "快讯", "live"),
        article(10, "广告", "ad"),
    ]
    answer(LIST, {"code": 20000, "data": {"items": items, "next_cursor": "1739308558"}})
    text = (
        "<p>据《海岸晚报》周二报道，<strong>两家灯塔公司将为渔民开发“雾号”功能。</strong>受消息影响，雾号概念纸船价格盘前走高，"
        "涨逾一成，帆布则跌半成。收盘时，纸船收涨两成有余，锚链持平，罐头小幅回落。</p><h2>雾号在北岸尚待推出</h2>"
        "<blockquote><p>渔民指出，没有雾号的早晨，大家只能靠敲锅盖。</p></blockquote>"
        "<p>风险提示：本文纯属虚构，请勿据此出海。</p>"
    )
    free = {"is_need_pay": False, "videos": []}
    answer(ARTICLE.format(3740905), {"data": {"content": text, **free}})
    answer(ARTICLE.format(7), {"data": {"content": "<p>试读</p>", **free, "is_need_pay": True}})
    answer(ARTICLE.format(8), {"data": {"content": "<p>看片</p>", **free, "videos": [{"id": 1}]}})
    entry = {
        "id": "20250213A083AA00",
        "title": "钟楼确认与面包房合作 整点将有“香味”报时",
        "articletype": "0",
        "publish_time": "2025-02-13 19:47:22",
        "link_info": {"url": site.url("/rain/a/20250213A083AA00")},
        "pic_info": {"big_img": ["https://pictures.example/om_ls/640360/0", "https://pictures.example/2"]},
        "media_info": {"chl_name": "小城时报"},
    }
    video = {**entry, "id": "20250213V01", "title": "看一段", "articletype": "4"}
    answer("/web_feed/getPCList", {"code": 0, "data": [entry, video]})
    page = (
        '<html><head><meta charset="gbk"><title>x</title></head><body><div class="nav">导航</div>'
        '<div class="rich_media_content"><style>p{}</style><script>track()</script>'
        '<p><img src="https://pictures.example/om_bt/641" alt="图片"></p><p><strong>谁会先闻到？</strong></p>'
        "<p><strong>作者／&nbsp;&nbsp;小城时报记者</strong><strong>林一钟</strong></p>"
        "<p>2月13日，钟楼管理处宣布，整点报时将配上面包香。</p>"
        '<p><img src="https://pictures.example/ad.png"></p></div></body></html>'
    )
    site.page("/rain/a/20250213A083AA00", page.encode("gbk"), media_type="text/html")


@pytest.fixture
def declared(tmp_path: Path):
    """A site whose sources are the documented ones, their servers replaced by loopback."""
    (tmp_path / "config").mkdir()
    http = '[http]\nallow_hosts = ["127.0.0.1"]\nper_host_delay = "0s"\n'
    (tmp_path / "config" / "tagwire.toml").write_text(http)
    with LoopbackSite() as site:
        emulate(site)
        chosen = [block for block in BLOCKS if 'id = "wallstreetcn"' in block or 'id = "qq"' in block]
        assert len(chosen) == 2
        text = "\n".join(chosen)
        for server in ("https://api-one.wallstcn.com", "https://i.news.qq.com"):
            assert server in text
            text = text.replace(server, site.url(""))
        (tmp_path / "config" / "sources.toml").write_text(text, encoding="utf-8")
        yield tmp_path, site


def test_the_documented_declarations_make_items_like_the_seeds(declared, tagwire, inline_workers) -> None:
    """Both systems, from list to item file, to the byte; paid, video, live and ad entries are left out.

    A second refresh asks for the lists only: what is known, or was left out by its own page, costs no further request.
    """
    root, site = declared
    done = tagwire("-C", root, "--json", "refresh")
    assert (done.code, done.err) == (0, "")
    assert {event["source"]: event["new"] for event in done.lines[:-1]} == {"wallstreetcn": 1, "qq": 1}
    found = {path.parts[-4]: path.read_text(encoding="utf-8") for path in (root / "items").rglob("*.md")}
    assert found["wallstreetcn"] == WALLSTREETCN
    assert found["qq"] == QQ.format(url=site.url("/rain/a/20250213A083AA00"))
    (posted,) = [visit for visit in site.requests if visit.body]
    assert json.loads(posted.body)["channel_id"] == "news_news_tech"
    assert posted.headers["content-type"] == "application/json"
    site.requests.clear()
    changed = {"data": {"items": [article(number) for number in (3740905, 7, 8)], "next_cursor": "other"}}
    site.page(LIST, json.dumps(changed), media_type="application/json")
    assert tagwire("-C", root, "--json", "refresh").lines[-1]["new"] == 0
    assert [visit.path for visit in site.requests] == [LIST, "/web_feed/getPCList"]


def test_every_declaration_of_the_page_is_a_right_one(tmp_path: Path) -> None:
    """All of them together are one configuration without mistakes."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tagwire.toml").write_text("")
    (tmp_path / "config" / "sources.toml").write_text("\n".join(BLOCKS), encoding="utf-8")
    sources = load(str(tmp_path), environ={}).sources
    assert [source.id for source in sources] == ["wallstreetcn", "qq", "harbour", "teasers"]
