"""The deny table: what must never be dialled, in every spelling that an address has, and what an operator opens."""

from __future__ import annotations

import pytest

from aggregator.steps import addresses

CLOSED = addresses.policy(())

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2400:3200::1",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
    "2001:0:808:808:0:0:f7f7:f7f7",
    "2001:200::1",
]

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "::1",
    "fc00::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:808:808:0:0:80ff:fffe",
    "2001:0:a00:1:0:0:f7f7:f7f7",
    "2606:4700::5efe:a00:1",
    "2606:4700::200:5efe:7f00:1",
]

NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.0.1",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::2",
    "::127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "64:ff9b:1::1",
    "64:ff9b::a9fe:a9fe",
    "::ffff:169.254.169.254",
    "2002:a9fe:a9fe::",
    "4000::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_dialled(address):
    assert addresses.refusal(address, CLOSED) == ""


@pytest.mark.parametrize("address", PRIVATE + NEVER)
def test_special_addresses_are_refused_with_a_reason(address):
    assert " is " in addresses.refusal(address, CLOSED)


@pytest.mark.parametrize("address", PRIVATE)
def test_one_switch_opens_private_networks_and_loopback(address):
    assert addresses.refusal(address, addresses.policy((), private=True)) == ""


@pytest.mark.parametrize("address", NEVER)
def test_the_switch_opens_nothing_that_no_private_feed_lives_on(address):
    assert addresses.refusal(address, addresses.policy((), private=True))


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("10.0.0.0/8", "10.9.8.7"),
        ("10.1.2.3/8", "10.9.8.7"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("64:ff9b::/96", "64:ff9b::a00:1"),
        ("[::1]", "::1"),
        ("fe80::/10", "fe80::1%eth0"),
        ("169.254.169.254", "169.254.169.254"),
    ],
)
def test_a_listed_address_or_network_is_open(entry, address):
    assert addresses.refusal(address, addresses.policy([entry])) == ""


@pytest.mark.parametrize("address", ["10.0.0.2", "127.0.0.1", "::1", "169.254.169.254"])
def test_a_listed_address_opens_no_other(address):
    assert addresses.refusal(address, addresses.policy(["10.0.0.1"]))


@pytest.mark.parametrize(
    ("entry", "host"),
    [("nas.local", "NAS.local"), ("nas.local.", "nas.local"), ("新闻.test", "xn--efvy88h.test"), ("a..b", "a..b")],
)
def test_a_listed_name_is_open_wherever_it_points(entry, host):
    assert addresses.refusal("192.168.1.2", addresses.policy([entry]), host=host) == ""


@pytest.mark.parametrize("host", ["evil.nas.local", "local", "nas.local.evil.test", ""])
def test_a_listed_name_opens_no_other_name(host):
    assert addresses.refusal("192.168.1.2", addresses.policy(["nas.local"]), host=host)


@pytest.mark.parametrize("text", ["", "localhost", "2130706433", "0x7f.1", "127.1", "1.2.3.4.5", "1.2.3.4:80"])
def test_what_is_no_address_in_standard_spelling_is_refused(text):
    assert addresses.refusal(text, CLOSED) == "not an IP address"
    assert not addresses.is_literal(text)


def test_standard_spellings_are_literals():
    assert addresses.is_literal("127.0.0.1")
    assert addresses.is_literal("::1")
