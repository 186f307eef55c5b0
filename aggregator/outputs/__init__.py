"""Outputs: a feed to bytes, one module per format; the site-wide documents (`opml`, `status`) stand beside them.

A module with `FORMAT` is an adapter of the `Output` port and is found by itself; one with `open_output` depends on
the site. This module renders nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.ports import Output
    from aggregator.settings import Settings


def discover(settings: Settings | None = None) -> Mapping[str, Output]:
    """Return the outputs of this package, for that site if one is given, by their format in alphabetical order."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    adapters: dict[str, Output] = {}
    for module in modules:
        if hasattr(module, "FORMAT"):
            for_site = settings is not None and hasattr(module, "open_output")
            adapters[module.FORMAT] = cast("Output", module.open_output(settings) if for_site else module)
    return dict(sorted(adapters.items()))
