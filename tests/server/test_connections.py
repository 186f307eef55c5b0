"""Clients that are slow, silent, greedy or broken, on raw sockets: each is sent away, and the others are answered."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager

import pytest
import uvicorn

from aggregator.server.connections import Connection, watch
from tests.server.conftest import Client, drain

GUARDED = {b"x-content-type-options: nosniff", b"content-security-policy: default-src 'none'; frame-ancestors 'none'"}
"""Headers that no answer lacks."""
BODY = b"x" * 20_000_000


class Impatient(Connection):
    """The same connection with deadlines that a test can wait for."""

    REQUEST_SECONDS = 0.3
    STALL_SECONDS = 0.5
    CONNECTIONS = 20


class Hurried(Impatient):
    STALL_SECONDS = 60.0
    ANSWER_SECONDS = 0.5


async def application(scope, receive, send):
    texts = {"/big": BODY, "/echo": scope["query_string"]}
    body = texts.get(scope["path"], b"ok")
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Quiet(uvicorn.Server):
    """Leaves signals alone: it runs in a thread."""

    def __init__(self, config, listening):
        super().__init__(config)
        self._listening = listening

    @contextmanager
    def capture_signals(self):
        yield

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self._listening.set()


@contextmanager
def serving(protocol=Impatient):
    config = uvicorn.Config(
        application, http=protocol, ws="none", log_config=None, log_level="error", access_log=False, lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    listening = threading.Event()
    server = Quiet(config, listening)

    async def main():
        watching = asyncio.create_task(watch(server.server_state.connections, 0.05))
        await server.serve(sockets=[listener])
        watching.cancel()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(main()))
        thread.start()
        assert listening.wait(20)
        try:
            yield Client(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture(scope="module")
def ask():
    with serving() as client:
        yield client


def answered(connection):
    """One answer of the application, which comes in pieces."""
    received = b""
    while not received.endswith(b"ok"):
        piece = connection.recv(1000)
        assert piece
        received += piece
    return received


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n"


def test_who_says_nothing_is_hung_up_on(ask):
    with ask.connect() as connection:
        assert drain(connection) == b""


def test_who_never_ends_his_headers_is_hung_up_on(ask):
    """A byte now and then does not buy time."""
    with ask.connect() as connection:
        connection.settimeout(0.05)
        connection.sendall(REQUEST)
        received = None
        for _ in range(200):
            try:
                connection.sendall(b"X: y\r\n")
                received = connection.recv(100)
                break
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                received = b""
                break
        assert received == b""


def test_a_second_request_has_its_time_too_and_then_the_line_is_cut(ask):
    with ask.connect() as connection:
        for _ in range(2):
            connection.sendall(REQUEST + b"\r\n")
            assert answered(connection).startswith(b"HTTP/1.1 200")
        assert drain(connection) == b""


@pytest.mark.parametrize("part", [b"X: " + b"y" * 20_000 + b"\r\n", b"X: y\r\n" * 4000])
def test_headers_that_are_too_large_are_refused(ask, part):
    answer = ask.raw(REQUEST + part + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 431")
    assert set(answer.split(b"\r\n")) >= GUARDED


def test_headers_that_are_too_large_are_refused_before_they_end(ask):
    with ask.connect() as connection:
        connection.sendall(REQUEST + b"X: ")
        connection.sendall(b"y" * 20_000)
        answer = drain(connection)
    assert answer.startswith(b"HTTP/1.1 431")
    assert set(answer.split(b"\r\n")) >= GUARDED
    assert ask("/").body == b"ok"


def test_an_address_that_is_too_long_is_refused(ask):
    assert ask.raw(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 431")


def test_large_but_bearable_headers_are_fine(ask):
    answer = ask.raw(REQUEST + b"X: " + b"y" * 8000 + b"\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "data",
    [b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"G\0T / HTTP/1.1\r\n\r\n",
     b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
     b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_request_ends_the_connection_only(ask, data):
    answer = ask.raw(data)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400"), answer
    assert not answer or set(answer.split(b"\r\n")) >= GUARDED
    assert ask("/").body == b"ok"


def test_requests_in_one_go_are_answered_in_order(ask):
    answer = ask.raw((REQUEST + b"\r\n") * 500 + REQUEST + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 501


@pytest.mark.parametrize("protocol", [Impatient, Hurried])
def test_who_does_not_take_his_answer_is_hung_up_on(protocol):
    """Neither standing still nor taking a little for ever holds an answer in memory."""
    with serving(protocol) as ask, ask.connect() as connection:
        connection.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        total = 0
        slow = threading.Event()
        for _ in range(20):
            slow.wait(0.05)
            if protocol is Hurried:
                total += len(connection.recv(1000))
        total += len(drain(connection))
        assert total < len(BODY)
        assert ask("/").body == b"ok"


def test_a_body_that_nobody_asked_for_does_not_hold_the_line(ask):
    with ask.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert answered(connection).startswith(b"HTTP/1.1 200")
        assert drain(connection) == b""


def test_connections_beyond_the_limit_are_refused_and_free_ones_serve_again(ask):
    held = [ask.connect() for _ in range(Impatient.CONNECTIONS)]
    try:
        answers = [ask.raw(b"") for _ in range(3)]
        assert all(answer.startswith(b"HTTP/1.1 503") or answer == b"" for answer in answers)
        assert any(answer.startswith(b"HTTP/1.1 503") for answer in answers)
    finally:
        for connection in held:
            drain(connection)
            connection.close()
    assert ask("/").body == b"ok"


def test_raw_characters_of_an_address_are_understood(ask):
    """curl sends what people type; browsers percent-encode it."""
    address = "GET /echo?q=茶é HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    assert ask.raw(address).endswith(b"\r\n\r\nq=%E8%8C%B6%C3%A9")


def test_the_body_of_a_request_is_not_an_address(ask):
    """Its length stays, so that what follows it is not taken for something else."""
    body = "GET /echo?q=茶".encode()
    post = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    with ask.connect() as connection:
        connection.sendall(post)
        connection.sendall(body)
        connection.sendall(REQUEST + b"Connection: close\r\n\r\n")
        received = drain(connection)
    assert received.count(b"HTTP/1.1 200") == 2
    assert b" 400 " not in received
