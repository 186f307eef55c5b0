"""The owner's templates of pages, as a part of the configuration."""

from __future__ import annotations

import pytest

from aggregator.config.loading import load
from aggregator.config.reading import locate
from aggregator.config.watching import Watch
from aggregator.errors import ConfigError
from aggregator.mark import Mark


@pytest.fixture
def config(tmp_path):
    (tmp_path / "config/templates").mkdir(parents=True)
    (tmp_path / "config/tagwire.toml").write_text("")
    return tmp_path / "config"


def settings(config):
    return load(str(config.parent), environ={})


def test_files_in_the_folder_are_templates(config):
    assert settings(config).templates == ()
    (config / "templates/post.html").write_text("<p>{{ post.title }}</p>")
    (config / "templates/_mine.html").write_text("x")
    for name in (".post.html.swp", "post.html~", "#post.html#", "post.html.bak", "post.swp", "a.orig", "a.rej"):
        (config / "templates" / name).write_text("{% if %}")
    assert settings(config).templates == (("_mine.html", "x"), ("post.html", "<p>{{ post.title }}</p>"))


def test_every_mistake_is_told_with_its_place(config):
    (config / "templates/post.html").write_text("\n{% if %}")
    (config / "templates/psot.html").write_text("x")
    (config / "templates/page.css").write_bytes(b"\xff")
    with pytest.raises(ConfigError) as caught:
        settings(config)
    first, second, third = sorted(caught.value.mistakes)
    assert "config/templates/page.css:1:1: cannot be read" in first
    assert "config/templates/post.html:2:1: Expected an expression" in second
    assert "config/templates/psot.html:1:1: no page is made from it; there are base.html, index.html" in third


def test_a_changed_template_publishes_everything_anew(config):
    Mark(settings(config)).keep({})
    assert Mark(settings(config)).stands()
    (config / "templates/page.css").write_text("body{}")
    assert not Mark(settings(config)).stands()


def test_a_running_daemon_sees_a_template_and_keeps_the_old_one_if_it_is_wrong(config):
    watch = Watch(locate(str(config.parent), "", {}))
    template = config / "templates/post.html"
    template.write_text("one")
    assert watch.renew()
    template.write_text("{% if %}")
    assert not watch.renew()
    assert watch.settings.templates == (("post.html", "one"),)
    template.unlink()
    assert watch.renew()
    assert not watch.settings.templates
