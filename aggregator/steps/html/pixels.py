"""Images that only count readers, share or show the author: known by address. By hand; last looked over November 2026.

Only services and names that serve nothing else stand here: a picture that is taken for a pixel is lost as a thumbnail.
Bodies keep such images as they keep others. This module does not look at sizes (`steps.summary`).
"""

from __future__ import annotations

import re

_HOSTS = """
    ad.doubleclick.net ads.pheedo.com b.scorecardresearch.com bat.bing.com c.statcounter.com
    counter.theconversation.com counter.yadro.ru feedads.g.doubleclick.net googleads.g.doubleclick.net gravatar.com
    hm.baidu.com mc.yandex.ru p1.parsely.com pi.feedsportal.com ping.chartbeat.net pixel.facebook.com
    pixel.parsely.com pixel.quantserve.com pixel.wp.com px.ads.linkedin.com rc.feedsportal.com
    sb.scorecardresearch.com sp.analytics.yahoo.com ssl.google-analytics.com stats.g.doubleclick.net
    stats.wordpress.com stats.wp.com www.google-analytics.com
"""
HOSTS: frozenset[str] = frozenset(_HOSTS.split())
"""Hosts that serve nothing but pixels, banners and avatars."""
_BELOW = (".2o7.net", ".gravatar.com", ".imrworldwide.com", ".list-manage.com", ".met.vgwort.de", ".omtrdc.net")
"""Ends of hosts: each customer has one of its own; Gravatar has `0.` to `3.`, `secure.` and more."""
_PATHS = (
    r"feeds\d?\.[\w.-]+/~(?:[ar4]|ff)/",
    r"feeds\.wordpress\.com/1\.0/",
    r"images\.pheedo\.com/images/mm/",
    r"(?:www\.)?facebook\.com/tr(?:[/?#]|$)",
    r"(?:[\w-]+\.)*medium\.com/_/stat(?:[?#]|$)",
)
_ADDRESS = re.compile(rf"https?://(?:{'|'.join(_PATHS)})", re.IGNORECASE)
"""Beginnings: FeedBurner, which many have under a name of their own, and others that also serve pages."""
_NAME = re.compile(
    r"/(?:[bg]\.gif\?"
    r"|(?:1px|1x1|beacon|blank|clear|counter|hit|pixel|spacer|tracker|tracking|transparent|utm)"
    r"\.(?:aspx?|gif|php|png)(?:[?#]|$)"
    r"|(?:beacon|pixel|track/open(?:\.php)?)/?(?:[?#]|$)"
    r"|avatar/[0-9a-f]{32}(?:[0-9a-f]{32})?(?:[./?#]|$))",
    re.IGNORECASE,
)
"""Ends of paths: `/b.gif?…`, `/1x1.gif`; Gravatar's hashes, which its mirrors keep."""


def is_pixel(host: str, url: str) -> bool:
    """Whether an image's absolute URL, on `host` (lower case), is that of a pixel or an avatar, by its address."""
    return host in HOSTS or host.endswith(_BELOW) or bool(_NAME.search(url) or _ADDRESS.match(url))
