"""Daemon and server in one process: what the one does, the other shows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time

import pytest

from aggregator.config import locate
from aggregator.config.watching import Watch
from aggregator.service import run_daemon
from aggregator.testing import LoopbackSite
from tests.server.conftest import Client

FEED = "<rss version='2.0'><channel><title>T</title><item><guid>g</guid><title>潮水涨了</title></item></channel></rss>"


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.usefixtures("inline_workers")
def test_what_the_daemon_fetched_is_counted_shown_and_found(tmp_path, free_port):
    with LoopbackSite() as web:
        (tmp_path / "config").mkdir()
        (tmp_path / "config/tagwire.toml").write_text(
            f"[http]\nallow_private_networks = true\n[server]\nport = {free_port}\n", encoding="utf-8"
        )
        source = f'[[sources]]\nid = "tides"\nurl = "{web.page("/a.xml", FEED)}"\n'
        (tmp_path / "config/sources.toml").write_text(source, encoding="utf-8")
        ask = Client(free_port)

        def look():
            """Status, titles found and figures, once there are any."""
            found: dict = {"items": []}
            for _ in range(400):
                time.sleep(0.05)
                with contextlib.suppress(ConnectionRefusedError):
                    found = json.loads(ask("/search?q=%E6%BD%AE%E6%B0%B4").body)
                if found["items"]:
                    break
            return json.loads(ask("/status").body), found, ask("/metrics").text, ask("/readyz").status

        async def main():
            stop = asyncio.Event()
            watch = Watch(locate(str(tmp_path), "", {}))
            running = asyncio.create_task(run_daemon(watch, serve=True, stop=stop, hangup=asyncio.Event()))
            try:
                return await asyncio.wait_for(asyncio.to_thread(look), 40)
            finally:
                stop.set()
                await running

        status, found, figures, ready = asyncio.run(main())
    assert [item["title"] for item in found["items"]] == ["潮水涨了"]
    assert status["scheduler"]["stuck"] is False
    assert status["sources"][0]["condition"] == "ok"
    assert 'tagwire_fetch_total{result="ok",source="tides"} 1.0' in figures
    assert 'tagwire_items_seen_total{kind="new",source="tides"} 1.0' in figures
    assert ready == 200
