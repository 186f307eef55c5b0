"""Images that only count readers: known by their address. Chosen by hand; last looked over in November 2026.

Only services and names that serve nothing else stand here: a picture that is taken for a pixel is lost as a thumbnail.
Bodies keep such images as they keep others. This module does not look at sizes (`steps.summary`).
"""

from __future__ import annotations

import re

_HOSTS = """
    ad.doubleclick.net b.scorecardresearch.com bat.bing.com c.statcounter.com counter.theconversation.com
    counter.yadro.ru feedads.g.doubleclick.net googleads.g.doubleclick.net hm.baidu.com mc.yandex.ru p1.parsely.com
    pi.feedsportal.com ping.chartbeat.net pixel.facebook.com pixel.parsely.com pixel.quantserve.com pixel.wp.com
    px.ads.linkedin.com rc.feedsportal.com sb.scorecardresearch.com sp.analytics.yahoo.com ssl.google-analytics.com
    stats.g.doubleclick.net stats.wordpress.com stats.wp.com www.google-analytics.com
"""
HOSTS: frozenset[str] = frozenset(_HOSTS.split())
"""Hosts that serve nothing but pixels and banners."""
_BELOW = (".2o7.net", ".imrworldwide.com", ".list-manage.com", ".met.vgwort.de", ".omtrdc.net")
"""Ends of hosts: each customer has one of its own."""
_PATHS = (
    r"feeds\d?\.[\w.-]+/~(?:[ar4]|ff)/",
    r"feeds\.wordpress\.com/1\.0/",
    r"(?:www\.)?facebook\.com/tr(?:[/?#]|$)",
    r"(?:[\w-]+\.)*medium\.com/_/stat(?:[?#]|$)",
)
_ADDRESS = re.compile(rf"https?://(?:{'|'.join(_PATHS)})", re.IGNORECASE)
"""Beginnings: FeedBurner, which many have under a name of their own, and others that also serve pages."""
_NAME = re.compile(
    r"/(?:[bg]\.gif\?"
    r"|(?:1px|1x1|beacon|blank|clear|counter|hit|pixel|spacer|tracker|tracking|transparent|utm)"
    r"\.(?:aspx?|gif|php|png)(?:[?#]|$)"
    r"|(?:beacon|pixel|track/open(?:\.php)?)/?(?:[?#]|$))",
    re.IGNORECASE,
)
"""Ends of paths: `/b.gif?…`, `/1x1.gif`."""


def is_pixel(host: str, url: str) -> bool:
    """Whether an image's absolute URL, on `host` (lower case), is that of a pixel, as far as its address tells."""
    return host in HOSTS or host.endswith(_BELOW) or bool(_NAME.search(url) or _ADDRESS.match(url))
