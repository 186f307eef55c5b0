"""A running process follows its configuration files, and never into a mistake."""

from __future__ import annotations

import logging

import pytest

from aggregator.config import locate
from aggregator.config.watching import Watch
from aggregator.errors import ConfigError


@pytest.fixture
def site(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tagwire.toml").write_text('[site]\ntitle = "one"\n')
    return tmp_path


def watch(site):
    return Watch(locate(str(site), "", {}))


def test_nothing_changed_is_nothing_to_read(site):
    watched = watch(site)
    before = watched.settings
    assert not watched.renew()
    assert watched.settings is before


def test_a_changed_file_is_in_force_and_told_once(site, caplog):
    watched = watch(site)
    (site / "config" / "tagwire.toml").write_text('[site]\ntitle = "another"\n')
    with caplog.at_level(logging.INFO, logger="aggregator.config.watching"):
        assert watched.renew()
        assert not watched.renew()
    assert watched.settings.site.title == "another"
    assert caplog.text.count("is in force") == 1


def test_files_that_come_and_go_are_changes(site):
    watched = watch(site)
    sources = site / "config" / "sources.toml"
    sources.write_text('[[sources]]\nid = "a"\nurl = "http://127.0.0.1:9/a.xml"\n')
    assert watched.renew()
    assert [source.id for source in watched.settings.sources] == ["a"]
    sources.unlink()
    assert watched.renew()
    assert watched.settings.sources == ()


def test_a_mistake_is_told_with_its_place_and_the_old_settings_stay(site, caplog):
    """A daemon outlives a typing error, and takes the mended file."""
    watched = watch(site)
    path = site / "config" / "tagwire.toml"
    path.write_text('[site]\ntitel = "two"\n')
    assert not watched.renew()
    assert watched.settings.site.title == "one"
    assert "tagwire.toml:2:1" in caplog.text
    assert "the one before stays in force" in caplog.text
    path.write_text('[site]\ntitle = "three"\n')
    assert watched.renew()
    assert watched.settings.site.title == "three"


def test_a_mended_mistake_is_told_even_if_nothing_else_changed(site, caplog):
    watched = watch(site)
    path = site / "config" / "tagwire.toml"
    before = path.read_bytes() if path.exists() else b""
    path.write_bytes(before + b"\n[broken\n")
    assert not watched.renew()
    path.write_bytes(before + b"\n")
    with caplog.at_level(logging.INFO, logger="aggregator.config.watching"):
        assert not watched.renew()
    assert "in order again" in caplog.text


def test_the_same_settings_written_again_are_no_change(site):
    watched = watch(site)
    path = site / "config" / "tagwire.toml"
    path.write_text('[site]\ntitle = "one"  # a comment\n')
    assert not watched.renew()


def test_a_site_that_is_wrong_from_the_start_is_an_error(site):
    (site / "config" / "tagwire.toml").write_text("[site\n")
    with pytest.raises(ConfigError):
        watch(site)


def test_a_check_tells_at_once_and_changes_nothing_before_the_files_are_renewed(site, caplog):
    """Whoever asks is answered: with mistakes as long as they are there, and also when all is well."""
    caplog.set_level(logging.INFO, logger="aggregator.config.watching")
    watched = watch(site)
    path = site / "config" / "tagwire.toml"
    path.write_text('[site]\ntitel = "two"\n')
    watched.check()
    watched.check()
    assert caplog.text.count("tagwire.toml:2:1") == 2
    assert (watched.stale(), watched.renew()) == (False, False)
    path.write_text('[site]\ntitle = "two"\n')
    watched.check()
    assert "is in order; the next look" in caplog.text
    assert (watched.settings.site.title, watched.stale()) == ("one", True)
    assert watched.renew()
    assert (watched.settings.site.title, watched.stale()) == ("two", False)
    watched.check()
    assert (watched.stale(), watched.renew()) == (False, False)


def test_a_mistake_made_after_a_check_that_found_none_keeps_both_out(site):
    watched = watch(site)
    path = site / "config" / "tagwire.toml"
    path.write_text('[site]\ntitle = "two"\n')
    watched.check()
    path.write_text('[site]\ntitel = "three"\n')
    assert not watched.renew()
    assert watched.settings.site.title == "one"
