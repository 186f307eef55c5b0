"""A bounded memory of rendered posts: windows show the newest, so when it is full the oldest posts go first.

Feeds are published one after the other and share their newest posts. The least recently used, which is what
`functools.lru_cache` drops, are just the ones that the next feed asks for. This module renders nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

_Value = TypeVar("_Value")

BUDGET: Final = 24 * 1024 * 1024
"""Bytes or characters, as `size` counts, that one memory may hold."""


class Newest(Generic[_Value]):
    """Values by key, of limited size in total; what takes more than a hundredth of it is not kept at all.

    When it is full, a quarter goes at once: that is cheaper, and an old value that was just made stays for a while,
    for the feeds that come next.
    """

    def __init__(self, size: Callable[[_Value], int], budget: int = BUDGET) -> None:
        self._size = size
        self._budget = self._room = budget
        self._values: dict[Hashable, tuple[datetime, _Value]] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def get(self, key: Hashable, published: datetime, make: Callable[[], _Value]) -> _Value:
        """Return the value for `key`, made if it is not there; errors of `make` pass through and nothing is kept."""
        if found := self._values.get(key):
            return found[1]
        value = make()
        size = self._size(value)
        if size <= self._budget // 100:
            self._values[key] = published, value
            self._room -= size
            if self._room < 0:
                self._shrink()
        return value

    def _shrink(self) -> None:
        oldest = iter(sorted(self._values, key=lambda key: self._values[key][0]))
        while self._room < self._budget // 4:
            self._room += self._size(self._values.pop(next(oldest))[1])
