"""Who is dialled: nobody that the deny table names, in any spelling, by any road; and always the checked address."""

from __future__ import annotations

import asyncio
import re
import socket

import pytest

from aggregator import errors
from aggregator.fetchers.network import SystemNetwork

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<rss>"

HOSTS = [
    "127.0.0.1",
    "127.0.0.53",
    "127.1",
    "0.0.0.0",
    "0",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.1",
    "0x7f.0x0.0x0.0x1",
    "127\u30020.0.1",
    "127\uff0e0\uff0e0\uff0e1",
    "\uff11\uff12\uff17.0.0.1",
    "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
    "127.0.0.1.",
    "127.0.0.1:80",
    "127%2e0%2e0%2e1",
    "127.0.0.1%00.public.test",
    "public.test@127.0.0.1",
    "public.test:80@127.0.0.1",
    "public.test%40127.0.0.1",
    "127.0.0.1\\@public.test",
    "LOCALHOST.test",
    "10.0.0.1",
    "10.1",
    "167772161",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "192.168.257",
    "0xc0a80001",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:808:808::80ff:fffe]",
    "[2001:0:7f00:1::f7f7:f7f7]",
    "[2001:db8::1]",
    "[2001:10::1]",
    "[3fff::1]",
    "[100::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[ff02::1]",
    "[2606:4700::5efe:127.0.0.1]",
    "localhost.test",
    "metadata.test",
    "six.test",
    "mixed.test",
]

NAMES = {
    "localhost.test": [["127.0.0.1"]],
    "metadata.test": [["169.254.169.254"]],
    "six.test": [["fd00::1"]],
    "mixed.test": [["8.8.8.8", "10.0.0.1"]],
}


ADDRESSES = sorted({host.strip("[]") for host in HOSTS if re.fullmatch(r"[0-9.]{7,15}(?<!\.)|\[[0-9a-f:.]+\]", host)})
"""What a name server may answer: addresses, in their standard spelling or nearly."""


@pytest.mark.parametrize("host", HOSTS)
def test_a_closed_address_is_never_dialled_whatever_its_spelling(on_bench, fake_network, host):
    network = fake_network(NAMES)
    with pytest.raises((errors.BlockedAddress, errors.BadUrl, errors.DnsFailed)):
        on_bench(lambda bench: bench.get(f"http://{host}/feed"), network=network, allow_private_networks=False)
    assert network.dials == []


@pytest.mark.parametrize("host", HOSTS)
def test_nor_after_a_redirect(on_bench, fake_network, host):
    async def scenario(bench):
        target = f"HTTP/1.1 302 Found\r\nLocation: http://{host}/\r\nContent-Length: 0\r\n\r\n".encode()
        network.doors = {"8.8.4.4": await bench.raw.start(target)}
        with pytest.raises((errors.BlockedAddress, errors.BadUrl, errors.DnsFailed, errors.BadRedirect)):
            await bench.get("http://public.test/")

    network = fake_network({**NAMES, "public.test": [["8.8.4.4"]]})
    on_bench(scenario, network=network, allow_private_networks=False)
    assert network.dials == ["8.8.4.4"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_nor_when_the_name_points_there_from_the_second_time_on(on_bench, fake_network, address):
    async def scenario(bench):
        closing = OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")
        network.doors = {"8.8.4.4": await bench.raw.start(closing)}
        await bench.get("http://rebind.test/")
        for _ in range(2):
            with pytest.raises(errors.BlockedAddress, match=r"rebind\.test: "):
                await bench.get("http://rebind.test/")

    network = fake_network({"rebind.test": [["8.8.4.4"], [address], ["8.8.4.4", address]]})
    on_bench(scenario, network=network, allow_private_networks=False)
    assert network.dials == ["8.8.4.4"]


def test_the_tables_are_long_enough():
    assert len(set(HOSTS)) >= 75
    assert len(ADDRESSES) >= 45


def test_one_lookup_serves_both_check_and_dial(on_bench, fake_network):
    async def scenario(bench):
        network.doors = {"8.8.4.4": await bench.raw.start(OK)}
        await bench.get("http://feeds.test/")
        return bench.raw.heard[0]

    network = fake_network({"feeds.test": [["8.8.4.4"]]})
    request = on_bench(scenario, network=network, allow_private_networks=False)
    assert (network.lookups, network.dials) == (["feeds.test"], ["8.8.4.4"])
    assert b"host: feeds.test\r\n" in request.lower()


@pytest.mark.parametrize("allowed", ["nas.test", "10.0.0.0/8", "10.0.0.7"])
def test_what_the_operator_lists_is_dialled(on_bench, fake_network, allowed):
    async def scenario(bench):
        network.doors = {"10.0.0.7": await bench.raw.start(OK)}
        return await bench.get("http://nas.test/")

    network = fake_network({"nas.test": [["10.0.0.7"]]})
    result = on_bench(scenario, network=network, allow_private_networks=False, allow_hosts=(allowed,))
    assert result.documents[0].body == b"<rss>"


def test_the_next_address_is_tried_when_one_is_dead(on_bench, fake_network):
    async def scenario(bench):
        network.doors = {"8.8.4.4": await bench.raw.start(OK)}
        return await bench.get("http://two.test/")

    network = fake_network({"two.test": [["2606:4700::1", "8.8.8.8", "8.8.4.4"]]})
    on_bench(scenario, network=network, allow_private_networks=False)
    assert network.dials == ["2606:4700::1", "8.8.8.8", "8.8.4.4"]


def test_a_silent_address_gets_only_its_share_of_the_time(on_bench, fake_network, monkeypatch):
    async def scenario(bench):
        network.doors = {"8.8.4.4": await bench.raw.start(OK)}
        return await bench.get("http://two.test/")

    monkeypatch.setattr("aggregator.fetchers.network._PATIENCE", 0.05)
    network = fake_network({"two.test": [["8.8.8.8", "8.8.4.4"]]}, silent={"8.8.8.8"})
    assert on_bench(scenario, network=network).documents


def test_a_host_whose_addresses_are_all_dead_is_a_failed_connection(on_bench, fake_network):
    network = fake_network({"dead.test": [["8.8.8.8", "8.8.4.4"]]})
    with pytest.raises(errors.ConnectFailed, match=r"dead\.test port 80: Connection refused"):
        on_bench(lambda bench: bench.get("http://dead.test/"), network=network)
    assert len(network.dials) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ([], errors.DnsFailed),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), errors.DnsFailed),
        (OSError(24, "Too many open files"), errors.DnsFailed),
        (UnicodeError("label too long"), errors.BadUrl),
    ],
)
def test_a_name_without_answer_is_an_error_of_its_kind(on_bench, fake_network, answer, kind):
    network = fake_network({"gone.test": [answer]})
    with pytest.raises(kind, match=r"gone\.test"):
        on_bench(lambda bench: bench.get("http://gone.test/"), network=network)


def test_the_system_resolves_and_connects_on_loopback(on_bench):
    async def scenario(bench):
        port = await bench.raw.start(OK)
        return await bench.get(f"http://localhost:{port}/")

    assert on_bench(scenario).documents[0].body == b"<rss>"


def test_the_system_says_each_address_once():
    async def scenario():
        network = SystemNetwork()
        try:
            return await network.lookup("127.0.0.1", 80)
        finally:
            network.close()

    assert asyncio.run(scenario()) == ["127.0.0.1"]


# TLS


def secure(on_bench, fake_network, host, serve=OK, *, tls=True):
    async def scenario(bench):
        network.doors = {"8.8.4.4": await bench.raw.start(serve, tls=tls)}
        return await bench.get(f"https://{host}/")

    network = fake_network({host: [["8.8.4.4"]]})
    return on_bench(scenario, network=network)


def test_the_certificate_is_checked_against_the_name_though_an_address_is_dialled(on_bench, fake_network):
    assert secure(on_bench, fake_network, "feeds.test").documents[0].body == b"<rss>"


def test_a_certificate_for_another_name_is_refused(on_bench, fake_network):
    with pytest.raises(errors.TlsFailed, match="Hostname mismatch"):
        secure(on_bench, fake_network, "other.test")


def test_what_does_not_speak_tls_is_refused(on_bench, fake_network):
    async def plain(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read(1)

    with pytest.raises(errors.TlsFailed):
        secure(on_bench, fake_network, "feeds.test", plain, tls=False)


def test_a_handshake_that_is_cut_is_refused(on_bench, fake_network):
    async def hang_up(reader, writer):
        await reader.read(1)

    with pytest.raises(errors.TlsFailed):
        secure(on_bench, fake_network, "feeds.test", hang_up, tls=False)


def test_a_large_body_arrives_whole_over_tls(on_bench, fake_network):
    body = bytes(range(256)) * 8192
    data = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    assert secure(on_bench, fake_network, "feeds.test", data).documents[0].body == body


def test_an_unknown_authority_is_refused(on_bench, fake_network):
    async def scenario(bench):
        fetcher = type(bench.fetcher)(bench.fetcher._http, user_agent="x", clock=bench.fetcher._clock, network=network)
        network.doors = {"8.8.4.4": await bench.raw.start(OK, tls=True)}
        bench.fetcher, ours = fetcher, bench.fetcher
        await ours.aclose()
        return await bench.get("https://feeds.test/")

    network = fake_network({"feeds.test": [["8.8.4.4"]]})
    with pytest.raises(errors.TlsFailed, match=r"self.signed"):
        on_bench(scenario, network=network)
