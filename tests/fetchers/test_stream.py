"""One connection, byte by byte: pausing, ends and errors."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from aggregator.errors import TlsFailed
from aggregator.fetchers.network import SystemNetwork
from aggregator.fetchers.stream import Stream


def connected(scenario, serve):
    """Run `scenario(stream)` against a server of this behaviour."""

    async def main():
        async def handle(reader, writer):
            try:
                await serve(reader, writer)
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        network = SystemNetwork()
        stream = await network.connect("127.0.0.1", server.sockets[0].getsockname()[1])
        try:
            return await scenario(stream)
        finally:
            stream.close()
            network.close()
            server.close()

    return asyncio.run(main())


async def read_all(stream):
    data = bytearray()
    while chunk := await stream.read(65536):
        data += chunk
    return data


def test_reading_pauses_while_nobody_takes_the_bytes():
    body = bytes(range(256)) * 16_000

    async def serve(reader, writer):
        writer.write(body)
        await writer.drain()

    async def scenario(stream):
        await asyncio.sleep(0.1)
        waiting = len(stream._buffer)
        return waiting, await read_all(stream)

    waiting, data = connected(scenario, serve)
    assert 256 * 1024 < waiting <= 512 * 1024
    assert data == body


def test_bytes_come_in_pieces_of_the_size_asked_for():
    async def serve(reader, writer):
        writer.write(b"abcdef")

    async def scenario(stream):
        return [await stream.read(4), await stream.read(4), await stream.read(4)]

    assert connected(scenario, serve) == [b"abcd", b"ef", b""]


def test_an_idle_connection_that_became_readable_is_known():
    async def serve(reader, writer):
        await reader.read(1)

    async def scenario(stream):
        before = stream.readable
        stream.write(b"x")
        await asyncio.sleep(0.05)
        return before, stream.readable

    assert connected(scenario, serve) == (False, True)


def test_nothing_is_written_to_a_closed_connection():
    async def serve(reader, writer):
        await reader.read()

    async def scenario(stream):
        stream.close()
        with pytest.raises(ConnectionError):
            stream.write(b"x")

    connected(scenario, serve)


def lost(error):
    """Return what reading says after the connection was lost for this reason."""

    async def main():
        stream = Stream(asyncio.get_running_loop())
        reading = asyncio.create_task(stream.read(10))
        await asyncio.sleep(0)
        stream.data_received(b"last")
        stream.connection_lost(error)
        assert await reading == b"last"
        return await stream.read(10)

    return asyncio.run(main())


def test_what_arrived_before_the_end_is_still_read():
    assert lost(None) == b""


def test_a_broken_connection_is_a_read_error():
    with pytest.raises(ConnectionError, match="reset"):
        lost(ConnectionResetError(104, "reset by peer"))


def test_a_broken_tls_layer_is_a_tls_error():
    with pytest.raises(TlsFailed, match="BAD_RECORD"):
        lost(ssl.SSLError(1, "BAD_RECORD_MAC"))


def test_a_connection_that_is_gone_right_after_its_handshake_is_a_tls_error():
    class Loop(asyncio.SelectorEventLoop):
        async def start_tls(self, *args, **kwargs):
            return None

    async def main(loop):
        async with await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            _, stream = await loop.create_connection(lambda: Stream(loop), "127.0.0.1", port)
            with pytest.raises(TlsFailed, match="closed"):
                await stream.start_tls(ssl.create_default_context(), "feeds.test")
            stream.close()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main(runner.get_loop()))
