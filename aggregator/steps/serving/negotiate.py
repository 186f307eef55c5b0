"""Which of several representations a client would rather have, from its Accept and Accept-Encoding headers.

RFC 9110 §12.5.1 and §12.5.3. Headers that nobody would send in earnest count as absent. This module knows no files.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_LONGEST: Final = 1000
"""Characters of a header that are worth reading; browsers send under 200."""
_QUALITY: Final = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
_IDENTITY: Final = "identity"


@lru_cache(maxsize=512)
def media_type(accept: str, offers: tuple[str, ...]) -> str:
    """Return the offer that the header likes best, of equals the first; empty if it rules all of them out (`q=0`).

    Of offers that it merely does not name the first is taken: a server may disregard the header rather than send 406,
    and a feed is better than nothing. What is ruled out is never sent (§12.4.2).
    """
    ranges = _weights(accept) or {"*/*": 1.0}
    likings = {offer: _liking(offer, ranges) for offer in offers}
    fit = [offer for offer in offers if likings[offer] != 0.0]
    return max(fit, key=lambda offer: likings[offer] or 0.0, default="")


@lru_cache(maxsize=512)
def encoding(accept: str, offers: tuple[str, ...]) -> str:
    """Return the content coding of the offers that the header likes best, empty for none; of equals the first."""
    codings = _weights(accept)
    if not codings:
        return ""
    others = codings.get("*", 0.0)
    plain = codings.get(_IDENTITY, 0.0)
    best = max(offers, key=lambda offer: codings.get(offer, others))
    weight = codings.get(best, others)
    return best if weight > 0 and weight >= plain else ""


def _liking(offer: str, ranges: dict[str, float]) -> float | None:
    """The weight of the most specific range that covers the offer, None if none does."""
    kind = offer.partition("/")[0]
    for name in (offer, f"{kind}/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return None


def _weights(header: str) -> dict[str, float]:
    """Name → weight; members whose weight cannot be read are left out, other parameters are ignored."""
    if len(header) > _LONGEST:
        return {}
    found: dict[str, float] = {}
    for member in header.lower().split(","):
        name, *parameters = (part.strip() for part in member.split(";"))
        weight = next((part[2:].strip() for part in parameters if part.startswith("q=")), "1")
        if name and _QUALITY.fullmatch(weight):
            found[name] = float(weight)
    return found
