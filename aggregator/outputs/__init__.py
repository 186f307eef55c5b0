"""Outputs: a feed to bytes, one module per format; the site-wide documents (`opml`, `status`) stand beside them.

A module with `FORMAT` is an adapter of the `Output` port and is found by itself. This module renders nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.ports import Output


def discover() -> Mapping[str, Output]:
    """Return the output modules of this package by the name of their format, in alphabetical order."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    adapters = {module.FORMAT: cast("Output", module) for module in modules if hasattr(module, "FORMAT")}
    return dict(sorted(adapters.items()))
