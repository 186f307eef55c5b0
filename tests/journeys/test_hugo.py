"""`tagwire init --with hugo`: Debian's hugo builds a site from the items as they are."""

from __future__ import annotations

import shutil
import subprocess
from html import unescape

import pytest

from aggregator.cli.runner import run

hugo = shutil.which("hugo")


@pytest.mark.skipif(not hugo, reason="hugo is not installed")
@pytest.mark.usefixtures("inline_workers")
def test_hugo_builds_a_page_for_every_item_and_tag(tmp_path):
    site = tmp_path / "site"
    assert run(["init", str(site), "--with", "hugo", "-q"]) == 0
    seed = (site / "seeds/welcome-zh.md").read_text()
    # shortly before midnight: read as UTC, it would be the next day in Shanghai
    late = seed.replace("2026-11-01 09:30:00", "2025-02-12 23:58:59").replace("welcome/zh)", "welcome/late)")
    (site / "seeds/late.md").write_text(late)
    assert run(["-C", str(site), "refresh", "-q"]) == 0
    done = subprocess.run([str(hugo), "--source", site], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARN" not in done.stdout + done.stderr
    items = {path.stem for path in (site / "items").rglob("*.md")}
    pages = {path.parent.name: path.read_text() for path in (site / "public/items").rglob("index.html")}
    assert items <= pages.keys()
    assert len(items) == 3
    late = next(unescape(page) for name, page in pages.items() if name.startswith("12-"))
    assert '<time datetime="2025-02-12T23:58:59+08:00">' in late
    assert '<article lang="zh-CN">' in late
    assert 'href="/tags/%E7%A7%91%E6%8A%80/"' in late
    assert "<strong>seeds</strong>" in late
    assert (site / "public/tags/科技/index.html").read_text().count("<article") == 2
    assert (site / "public/feeds/all.xml").read_bytes() == (site / "feeds/all.xml").read_bytes()


def test_without_a_generator_nothing_of_it_is_written(tmp_path):
    assert run(["init", str(tmp_path / "site"), "-q"]) == 0
    assert not (tmp_path / "site/hugo.toml").exists()
