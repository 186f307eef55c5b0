"""Which IP addresses may be dialled: our own deny table, and what the operator opened.

`ipaddress.is_global` is not enough: it changes between Python releases and does not look into NAT64, 6to4, Teredo or
ISATAP addresses, all of which can carry a private IPv4 address to a private host. IPv6 is refused unless it is global
unicast; IPv4 is refused if the IANA special-purpose registry names it (RFC 6890 and its updates).

This module resolves nothing and dials nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PRIVATE: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier"),
        ("127.0.0.0/8", "loopback"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks or a local proxy's made-up answers"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
    )
)
"""What `allow_private_networks` opens."""

_NEVER: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "this host"),
        ("169.254.0.0/16", "link-local, where clouds keep credentials"),
        ("192.0.0.0/24", "for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "for protocols"),
        ("2001:db8::/32", "for documentation"),
        ("3fff::/20", "for documentation"),
    )
)
"""What only `allow_hosts` opens, by address or network."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator opened: host names, networks, and whether private networks are open altogether."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    private: bool = False


def policy(allow_hosts: Iterable[str], *, private: bool = False) -> Policy:
    """Return the policy that `[http] allow_hosts` and `allow_private_networks` describe.

    An entry that is neither an address nor a network is a host name; it opens exactly that name, whatever it
    resolves to, and no subdomain of it.
    """
    names: set[str] = set()
    networks: list[Network] = []
    for entry in allow_hosts:
        text = entry.strip().removeprefix("[").removesuffix("]")
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError:
            names.add(_name(text))
    return Policy(frozenset(names), tuple(networks), private)


def refusal(address: str, rules: Policy, *, host: str = "") -> str:
    """Return why `address`, an answer for `host`, must not be dialled; empty if it may be.

    An address that carries IPv4 addresses is judged by each of them.
    """
    if host and _name(host) in rules.names:
        return ""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "not an IP address"
    reasons = [reason for part in _faces(parsed) if (reason := _judge(part, rules))]
    return reasons[0] if reasons and not _listed(parsed, rules) else ""


def is_literal(host: str) -> bool:
    """Whether `host` is itself an IP address, in its standard spelling."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _name(host: str) -> str:
    """Return a host name as DNS compares it: lower case, no final dot, ASCII where it has such a form."""
    name = host.rstrip(".").lower()
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _faces(address: Address) -> Iterator[Address]:
    """Yield the addresses that decide about this one: those it carries, else itself (RFC 6052, 3056, 4380, 5214)."""
    if isinstance(address, IPv4Address):
        yield address
        return
    value = int(address)
    if address in _MAPPED or address in _NAT64:
        yield IPv4Address(value & 0xFFFFFFFF)
    elif address in _SIX_TO_FOUR:
        yield IPv4Address(value >> 80 & 0xFFFFFFFF)
    elif address in _TEREDO:
        yield IPv4Address(value >> 64 & 0xFFFFFFFF)
        yield IPv4Address(value & 0xFFFFFFFF ^ 0xFFFFFFFF)
    else:
        yield address
    if value >> 32 & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(value & 0xFFFFFFFF)


def _listed(address: Address, rules: Policy) -> bool:
    return any(address in network for network in rules.networks)


def _judge(address: Address, rules: Policy) -> str:
    """Return why this one address is refused, looking at nothing that it carries."""
    if _listed(address, rules):
        return ""
    for network, reason in _NEVER:
        if address in network:
            return f"{address} is {reason}"
    for network, reason in _PRIVATE:
        if address in network:
            return "" if rules.private else f"{address} is {reason}"
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return f"{address} is not a public address"
    return ""
