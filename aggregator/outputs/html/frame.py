"""Templates and style sheets, read from the package. This module renders nothing."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup


@cache
def style() -> tuple[Markup, str]:
    """Return the pages' style sheet, and its hash for the Content-Security-Policy (CSP 3 §2.3.1)."""
    css = source("page.css")
    digest = b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    return Markup(css), digest  # noqa: S704 - our own file


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aggregator.outputs.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
    )
    environment.filters["path"] = quote
    return environment


@cache
def template(name: str) -> Template:
    """Return a compiled template."""
    return _environment().get_template(name)


def source(name: str) -> str:
    """Return the text of a template or style sheet."""
    environment = _environment()
    loader = environment.loader
    assert loader is not None
    return loader.get_source(environment, name)[0]
