"""A WebSub hub and the commands that publish."""

from __future__ import annotations

from urllib.parse import parse_qs

from aggregator import locks
from aggregator.testing import LoopbackSite


def test_the_hub_hears_of_feeds_beside_which_another_could_not_be_written(tagwire, site):
    """They are not written again when the other one is: now or never."""
    with LoopbackSite() as hub:
        told = f'[publish]\nhub = "{hub.page("/hub", "", status=202)}"\n[http]\nallow_private_networks = true\n'
        (site / "config/tagwire.toml").write_text(told, encoding="utf-8")
        (site / "feeds/all.xml").mkdir(parents=True)
        assert tagwire("refresh").code == 1
        (site / "feeds/all.xml").rmdir()
        assert tagwire("publish").code == 0
        heard = [topic for one in hub.requests for topic in parse_qs(one.body.decode())["hub.url"]]
    assert {"all.xml", "all.json"} <= {topic.rpartition("/")[2] for topic in heard}
    assert len(heard) == len(set(heard)), "each once"


def test_the_hub_hears_of_a_publication_when_the_lock_is_given_back(tagwire, site):
    """A hub that takes its time keeps no other command waiting."""

    class Curious(LoopbackSite):
        """A hub that looks whether the site is locked."""

        def answer(self, path, headers, body=b""):
            with locks.lock(site / "var/tagwire.lock", who="the hub"):
                free.append(parse_qs(body.decode())["hub.url"])
            return super().answer(path, headers, body)

    free: list[list[str]] = []
    with Curious() as hub:
        settings = site / "config/tagwire.toml"
        told = f'[publish]\nhub = "{hub.page("/hub", "", status=202)}"\n[http]\nallow_private_networks = true\n'
        settings.write_text(told, encoding="utf-8")
        for command in (["refresh"], ["tags", "rename", "科技", "technique"], ["publish"]):
            done = tagwire(*command)
            assert (done.code, done.err) == (0, "")
    assert len(free) == len(hub.requests) == 2, "a publication that changes nothing is not announced"
    assert any(topic.endswith("/tags/tech.xml") for topic in free[1])
