"""What a person sees in Debian's Chromium; skipped without it. $TAGWIRE_SHOTS keeps the pictures.

axe-core judges where its script is: in $TAGWIRE_AXE, or in the package axe-playwright-python.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.config.loading import load
from tests.pages import chromium as driver
from tests.server.conftest import Desk, serving

pytestmark = pytest.mark.skipif(not driver.PROGRAM, reason="there is no chromium")
TOML = '[site]\ntitle = "港湾 & <b>新闻</b>"\n{}\n[publish]\nitem_pages = true\n[server]\nport = 0\n'
JUDGE = "axe.run().then(found => found.violations.map(one => one.id + ': ' + one.nodes[0].html))"
BODY = """# 标题

#### 深一些

![](https://pictures.example/a.png) [![](https://pictures.example/b.png)](https://harbour.example/b) 游客很多。

| 船 | 吨 |
| --- | --- |
| 甲 | 1 |

```
a very long line that goes on and on and on and on and on and on and on and on and on and on and on and on and on
```"""


def axe() -> str:
    found = importlib.util.find_spec("axe_playwright_python")
    places = [
        os.environ.get("TAGWIRE_AXE", ""),
        str(Path(found.origin).with_name("axe.min.js")) if found and found.origin else "",
    ]
    return next((Path(place).read_text("utf-8") for place in places if place and Path(place).is_file()), "")


class Site(Desk):
    """A site with a configuration, real enough to look at."""

    def __init__(self, root: Path, language: str) -> None:
        super().__init__(root)
        (root / "config").mkdir()
        (root / "config/tagwire.toml").write_text(TOML.format(f'language = "{language}"'), "utf-8")
        (root / "config/sources.toml").write_text(
            '[[sources]]\nid = "lost"\nurl = "http://127.0.0.1:9/feed"\n', "utf-8"
        )
        (root / "config/tags.toml").write_text('[[feeds]]\nslug = "sea"\nquery = "sea"\n', "utf-8")
        self.write("orchard", "果园 <script>alert(1)</script>", BODY, day=3, tag="果园")
        self.settings = load(str(root), environ={})
        with App.open(self.settings, write=True, command="test") as app:
            app.publish()

    def item(self) -> str:
        return next(path.name for path in self.feeds.glob("items/*.html") if "标题" in path.read_text("utf-8"))


@pytest.fixture(scope="module", params=["zh-CN", "en"])
def site(request, tmp_path_factory) -> Site:
    return Site(tmp_path_factory.mktemp("site"), request.param)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with driver.chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


def complaints(browser) -> list[str]:
    """What the console says, but for the pictures of strangers, which no test may fetch."""
    return [one for one in browser.complaints() if "pictures.example" not in one]


def test_every_page_is_sound_in_light_and_dark_on_desk_and_phone(browser, site):
    judge, language = axe(), site.settings.site.language
    with serving(site.settings) as client:
        live = f"http://127.0.0.1:{client.port}"
        home = site.feeds.as_uri()
        pages = [f"{home}/{name}.html" for name in ("index", "all", "tags", "status", "queries/sea")]
        for url in (*pages, f"{home}/items/{site.item()}", f"{live}/", f"{live}/status", f"{live}/search?q=apple"):
            for look in ({}, {"dark": True, "phone": True}):
                browser.open(url, **look)
                assert complaints(browser) == [], url
                assert browser.run("document.documentElement.scrollWidth <= innerWidth"), url
                if judge:
                    browser.run(f"{judge};0")
                    assert browser.run(JUDGE) == [], url
                if shots := os.environ.get("TAGWIRE_SHOTS"):
                    name = "-".join([language, url.rpartition("/")[2].partition("?")[0] or "served", *look])
                    browser.screenshot(Path(shots) / f"{name}.png")


@pytest.mark.parametrize("served", [False, True], ids=["file", "http"])
def test_the_search_box_finds_while_one_types(browser, site, served):
    with serving(site.settings) as client:
        browser.open(f"http://127.0.0.1:{client.port}/" if served else (site.feeds / "index.html").as_uri())
        assert browser.run("typeof tagwire") == "undefined"
        browser.run("document.getElementById('find-box').focus()")
        browser.call("Input.insertText", text="<SCRIPT> 果园")
        found = "[...document.querySelectorAll('#find li a')].map(one => one.textContent)"
        wait = f"new Promise(done => setInterval(() => {found}.length && done({found}), 20))"
        assert browser.run(wait) == ["果园 <script>alert(1)</script>"]
        assert browser.run("document.querySelector('#find [role=status]').textContent").strip("找到 found") == "1"
        assert browser.run("document.scripts.length") == 2
        for kind in ("keyDown", "keyUp"):
            browser.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key="Enter",
                code="Enter",
                windowsVirtualKeyCode=13,
                text="\r" if kind == "keyDown" else "",
            )
        assert browser.run("document.activeElement.textContent") == "果园 <script>alert(1)</script>"
        assert complaints(browser) == []


def test_a_script_that_slipped_into_a_page_does_not_run(browser, site):
    page = (site.feeds / "index.html").read_text("utf-8")
    bad = page.replace("<h2", "<script>document.title='hit'</script><img src=x onerror=\"document.title='hit'\"><h2", 1)
    (site.feeds / "bad.html").write_text(bad, "utf-8")
    browser.open((site.feeds / "bad.html").as_uri())
    assert browser.run("document.title") == "港湾 & <b>新闻</b>"
    assert any("Content Security Policy" in one for one in browser.complaints())


def test_what_is_printed_is_the_text(browser, site):
    browser.open((site.feeds / "all.html").as_uri(), dark=True, print_=True)
    assert browser.run("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert browser.run("getComputedStyle(document.documentElement).colorScheme") == "light"
