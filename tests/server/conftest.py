"""A site in a directory, and the real server on loopback around it."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aggregator import server
from aggregator.app import App
from aggregator.settings import Server, Settings, Site
from aggregator.settings import Storage as StorageSettings

ITEM = """---
title: "{title}"
date: "2026-11-0{day} 08:00:00"
summary: ""
categories:
  - "{source}"
lang:
  - "{lang}"
translations:
  - "{lang}"
tags:
  - "{source}"
  - "{tag}"
---

{body}

[{source}](https://{source}.example/{name})
"""


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Desk:
    """A site directory with two items and its settings."""

    def __init__(self, root: Path, **site: Any) -> None:
        self.root = root
        self.settings = Settings(root=str(root), site=Site(**site), server=Server(port=0), storage=StorageSettings())
        self.feeds = root / "feeds"
        self.write("gulls", "Gulls over the harbour", "The **gulls** came back & stayed.", day=1, tag="sea", lang="en")
        self.write("apple", "苹果园开放", "山谷里的苹果熟了，游客很多。", day=2, tag="果园")

    def write(self, name: str, title: str, body: str, *, day: int = 1, tag: str = "sea", lang: str = "zh-CN") -> None:
        path = self.root / "items" / "harbour" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            ITEM.format(title=title, body=body, day=day, tag=tag, lang=lang, source="harbour", name=name),
            encoding="utf-8",
        )

    def publish(self) -> None:
        with App.open(self.settings, write=True, command="test") as app:
            app.publish()

    def put(self, name: str, data: bytes | str) -> Path:
        """Write a published file as the publisher does: whole, by renaming."""
        path = self.feeds / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(data.encode() if isinstance(data, str) else data)
        fresh.replace(path)
        return path


class Client:
    """Asks one server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def raw(self, data: bytes) -> bytes:
        """Send bytes and return all that comes until the server hangs up."""
        with self.connect() as connection:
            connection.sendall(data)
            return drain(connection)


def drain(connection: socket.socket) -> bytes:
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


@contextmanager
def serving(settings: Settings, told: Any = None):
    """The server in a thread, for the time of the block."""
    ports: list[int] = []
    listening = threading.Event()
    ended: list[BaseException] = []
    handles: dict[str, Any] = {}

    def listen(port: int) -> None:
        ports.append(port)
        listening.set()

    async def main() -> None:
        handles["loop"], handles["stop"] = asyncio.get_running_loop(), asyncio.Event()
        await server.serve(settings, handles["stop"], told=told, on_listening=listen)

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - shown by the test that waits for it
            ended.append(error)
        finally:
            listening.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert listening.wait(20)
    try:
        if not ended:
            yield Client(ports[0])
    finally:
        if not ended:
            handles["loop"].call_soon_threadsafe(handles["stop"].set)
        thread.join(20)
    assert not ended, ended
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Desk:
    """One site for a module: its tests add files of their own names and change no others."""
    desk = Desk(tmp_path_factory.mktemp("site"))
    desk.publish()
    return desk


@pytest.fixture(scope="module")
def ask(desk: Desk):
    with serving(desk.settings) as client:
        yield client
