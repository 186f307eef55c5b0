"""Templates, style and script of the pages: ours, and in their place those that the site's owner wrote.

This module reads no files: the owner's templates stand in `settings.Settings.templates`. It renders no page by itself.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, PackageLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import safe_range
from markupsafe import Markup

from aggregator.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from jinja2 import Template

FOLDER: Final = "config/templates"
"""Where the owner's templates lie, as mistakes in them are told."""
BASE: Final = "base.html"
STYLE: Final = "page.css"
SCRIPT: Final = "search_box.js"
REPLACEABLE: Final = (
    BASE,
    "index.html",
    "tags.html",
    "tag.html",
    "status.html",
    "feed.html",
    "item.html",
    "post.html",
    "origin.html",
    "post_tags.html",
    "post_links.html",
    "live.html",
    "search.html",
    STYLE,
    "feed.css",
)
"""Files that an owner may put in place of ours; the script is not among them, since its hash stands in every policy."""
_PATHS: Final = 4096
"""Paths of which the quoted form is remembered: those of tags stand on several pages, each time a site is published."""
_MISTAKES: Final = (TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError)


class Theme:
    """The templates of one site; `own` are the owner's, by name."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._own = own
        self._templates: dict[str, Template] = {}
        self._package = PackageLoader("aggregator.outputs.html", "templates")
        self._environment = Environment(
            loader=FunctionLoader(self._load),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
        )
        self._environment.globals["range"] = safe_range  # a loop of billions would keep everything from being published
        self._environment.filters["path"] = lru_cache(maxsize=_PATHS)(quote)
        self.style, self.style_hash = self._inline(STYLE)
        self.script, self.script_hash = self._inline(SCRIPT)

    def render(self, name: str, **values: object) -> str:
        """Return the template filled in. Raises `errors.PublishError` with the place in an owner's template."""
        try:
            return self._template(name).render(**values)
        except (*_MISTAKES, RecursionError) as error:
            places = _places(error.__traceback__)
            if not places:
                raise
            endless = isinstance(error, RecursionError)
            raise PublishError(_endless(places) if endless else f"{places[-1]}: {error}") from error

    def mistaken(self, name: str, message: str) -> PublishError:
        """Return the error for a page whose template `name`, or the frame around it, does not keep a rule."""
        return PublishError(f"{FOLDER}/{name if name in self._own else BASE}: {message}")

    def source(self, name: str) -> str:
        """Return the text of a template, style sheet or script."""
        return self._load(name)[0]

    def _template(self, name: str) -> Template:
        found = self._templates.get(name)
        if found is None:
            found = self._templates[name] = self._environment.get_template(name)
            found.globals = {**found.globals}  # a chain of maps, which each rendering would go through in Python
        return found

    def _load(self, name: str) -> tuple[str, str | None, None]:
        """Text and file name, as jinja2's loaders give them; tracebacks name the file."""
        if name in self._own:
            return self._own[name], f"{FOLDER}/{name}", None
        try:
            return self._package.get_source(self._environment, name)[0], None, None
        except TemplateNotFound:
            raise TemplateNotFound(name, f"no template {name!r}; there are {', '.join(REPLACEABLE)}") from None

    def _inline(self, name: str) -> tuple[Markup, str]:
        """A text as it stands in the page, and its hash for the Content-Security-Policy (CSP 3 §2.3.1)."""
        text = self.source(name)
        digest = b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        return Markup(text), digest  # noqa: S704 - our own file, or the owner's


def mistake(name: str, text: str) -> tuple[int, str] | None:
    """Return line and message of what keeps the owner's template from being compiled, None if nothing does."""
    if not name.endswith(".html"):
        return None
    try:
        Environment(autoescape=True).parse(text, name)
    except TemplateError as error:
        return getattr(error, "lineno", 0) or 1, str(error.message or error)
    return None


def _places(trace: TracebackType | None) -> list[str]:
    """The lines of an owner's templates in a traceback, the innermost last."""
    places: list[str] = []
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(f"{FOLDER}/"):
            places.append(f"{file}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places


def _endless(places: Sequence[str]) -> str:
    """Say which of an owner's templates go round in a circle, given their lines in the traceback."""
    circle = sorted({place for place, times in Counter(places).items() if times > 1} or {places[-1]})
    through = f", by way of {', '.join(circle[1:])}" if circle[1:] else ""
    return f"{circle[0]}: includes, extends or calls itself{through}, without end"
