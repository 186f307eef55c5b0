"""A site's configuration: TOML files and TAGWIRE_ variables made into frozen `Settings`, or every mistake at once.

`load` reads and checks, `locate` finds the site, `schema` is the table of all keys; `editing` changes sources.toml and
`showing` prints settings. This package does not fetch, publish or read the clock, and never guesses at a wrong value.
"""

from __future__ import annotations

from aggregator.config.loading import load
from aggregator.config.reading import Place, locate

__all__ = ["Place", "load", "locate"]
