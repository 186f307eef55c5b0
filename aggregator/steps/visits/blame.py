"""Who is to blame for pages of entries that could not be had: each page by itself, or the server that gives none.

A dead link says nothing of its neighbours; a server that cannot be reached says nothing of any entry. This module
fetches nothing and tells nobody.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from aggregator.errors import (
    ConnectFailed,
    DeadlineExceeded,
    DnsFailed,
    HttpStatus,
    InternalError,
    ProxyFailed,
    RobotsDisallowed,
    SourceError,
    TlsFailed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Wanted

TRIES = 3
"""Rounds in which an entry's page is asked for before the entry is kept without it."""
PATIENCE = 10
"""The same while the server is to blame: four days and more, since the source backs off meanwhile."""
IN_A_ROW = 3
"""Pages in a row that the server withholds, after which the others are left for the next round."""

_SILENT = (DnsFailed, ConnectFailed, TlsFailed, DeadlineExceeded, ProxyFailed, RobotsDisallowed, InternalError)
_SHUT = frozenset({401, 403, 407, 408, 421, 425, 429})


class Failed(NamedTuple):
    """An entry whose page could not be had or read."""

    one: Wanted
    error: SourceError


def is_its_own(error: SourceError) -> bool:
    """Return whether a page failed by itself: the server answered (404, another shape), and others may be well."""
    if isinstance(error, HttpStatus):
        return error.status < HTTPStatus.INTERNAL_SERVER_ERROR and error.status not in _SHUT
    return not isinstance(error, _SILENT)


def hopeless(failed: Sequence[Failed], tried: int) -> bool:
    """Return whether the server withheld so many of the pages `tried` that others need not be asked for now."""
    withheld = sum(not is_its_own(error) for _, error in failed)
    return withheld >= IN_A_ROW + tried - withheld


def is_silent(failed: Sequence[Failed], tried: int) -> bool:
    """Return whether the server is to blame: it gave nothing, and not only pages that failed while others came."""
    answered = len(failed) < tried or any(is_its_own(error) for _, error in failed)
    return hopeless(failed, tried) and not answered and not all(one.tries for one, _ in failed)
