"""Work in a thread that is never left behind: whoever gives up waiting for it waits until it has ended all the same.

This module does not know what the work is; work that may take long has to be told by its own means that it should end.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
Result = TypeVar("Result")


async def apart(function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """Return what the function returns, called in a thread while the event loop goes on.

    A thread cannot be cancelled. If the waiting is, it goes on to the thread's end and is cancelled then: what the
    function works with is not closed before.
    """
    working = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait({working})
        raise
