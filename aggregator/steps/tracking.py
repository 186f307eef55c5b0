"""Query parameters that only tell who sent the reader. Chosen by hand; last looked over in October 2026.

Names that a site may need to find the page (id, p, sid, uid, source, session, ref, …) never stand here.
This module does not take URLs apart (`steps.urls`).
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIXES: tuple[str, ...] = (
    "utm_",
    "mtm_",
    "itm_",
    "hsa_",
    "pk_",
    "mc_",
    "ga_",
    "_hs",
    "__hs",
    "oly_",
    "vero_",
    "at_recipient_",
)
"""Beginnings of names: Urchin, Matomo, HubSpot, Piwik, Mailchimp, Google, Omeda, Vero."""

_NAMES = """
    _branch_match_id _ga _gl _openstat _ke ck_subscriber_id cmpid dclid dpg_source epik fb_action_ids fb_action_types
    fb_ref fb_source fbclid gad_campaignid gad_source gbraid gclid gclsrc hsctatracking igsh igshid irclickid li_fat_id
    mkt_tok ml_subscriber ml_subscriber_hash msclkid ncid ns_campaign ns_mchannel ns_source piwik_campaign piwik_keyword
    rb_clickid s_cid scm share_from share_medium share_source share_token spm spm_id_from srsltid ttclid twclid
    vd_source wbraid wickedid wt_zmc yclid ysclid xtor
"""
NAMES: frozenset[str] = frozenset(_NAMES.split())
"""Whole names, in lower case: click identifiers, newsletters, share buttons."""

VALUES: Mapping[str, frozenset[str]] = MappingProxyType(
    {"from": frozenset({"timeline", "singlemessage", "groupmessage"}), "isappinstalled": frozenset({"0", "1"})}
)
"""Names that track only with these values: WeChat adds them to what is shared."""

_WEIXIN = """
    ascene chksm clicktime devicetype enterid exportkey nettype pass_ticket poc_token scene subscene wx_header
"""
HOSTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "weixin.qq.com": frozenset(_WEIXIN.split()),
        "qq.com": frozenset({"chksm", "scene"}),
    }
)
"""Names that track only on these hosts and below."""

_KNOWN = "|".join(
    sorted(
        map(re.escape, {*NAMES, *VALUES, *(name for names in HOSTS.values() for name in names)}), key=len, reverse=True
    )
)
_SUSPECT = re.compile(rf"(?:^|&)(?:{'|'.join(PREFIXES)}|(?:{_KNOWN})(?:[=&#]|$))", re.IGNORECASE)


def suspected(query: str) -> bool:
    """Whether a query may hold tracking parameters at all; cheap, and never False for one that does."""
    return _SUSPECT.search(query) is not None


def is_tracking(host: str, name: str, value: str) -> bool:
    """Whether the parameter `name=value` of a URL on `host` (lower case) says nothing about which page is meant."""
    name = name.lower()
    if name in NAMES or name.startswith(PREFIXES):
        return True
    if value.lower() in VALUES.get(name, ()):
        return True
    return any(name in names and (host == site or host.endswith("." + site)) for site, names in HOSTS.items())
