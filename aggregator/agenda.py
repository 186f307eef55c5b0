"""Which hosts a round visits, and which of their sources it may ask: the store says so, when a host's turn comes.

What is due is known to the store alone (`Store.due_hosts`, `Store.claim`), so that several processes could share one;
what is read of its states here is a hint, for the order and for what hosts said before. Nothing is fetched here.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Literal

from aggregator.model import FetchState
from aggregator.steps import cadence, indexing
from aggregator.steps.urls import host
from aggregator.steps.visits import due, moves

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Outcome, Source
    from aggregator.refresh import House

When = Literal["now", "due", "slice"]
"""Every source at once, those whose time has come, or of those only as many as a daemon asks at one beat."""
Claims = list[tuple["Source", FetchState]]

LEASE = 15 * 60.0
"""Seconds after which a claim that was never committed may be taken over."""
CLAIMS = 20
"""Sources of one host claimed in one transaction."""


class Agenda:
    """The hosts of one round, and what may be asked of each; `told` has what Retry-After of a host said to sources."""

    def __init__(self, house: House, sources: Sequence[Source], when: When) -> None:
        self.told: dict[str, list[datetime]] = {}
        self.began = house.clock.now()
        self._house = house
        self._sources = sources
        self._when = when
        self._hosts: dict[str, str] = {}
        self._due_at: dict[str, int] = {}
        self._outdated: list[Source] = []
        self._by_host: dict[str, list[Source]] = {}
        self._look(house.store.states(), [*house.settings.sources, *sources])
        for source in sources:
            self._by_host.setdefault(self._hosts[source.id], []).append(source)

    def _look(self, states: Mapping[str, FetchState], sources: Sequence[Source]) -> None:
        """Remember which host each source is asked at, what it was told, and whether its plan still holds.

        What is read from disk has no host: it is one of its own, whose sources never wait for each other.
        """
        now = self._house.clock.now()
        for source in {one.id: one for one in sources}.values():
            stored = states.get(source.id) or FetchState(source=source.id)
            state = cadence.current(stored, source)
            name = host(moves.target(source, state))
            self._hosts[source.id] = name or f"file:{source.id}"
            self.told.setdefault(self._hosts[source.id], [])
            if name and state.retry_at:
                self.told.setdefault(state.retry_host or name, []).append(state.retry_at)
            state = cadence.replanned(state, now)
            self._due_at[source.id] = indexing.due_at(state)
            if state != stored:
                self._outdated.append(source)

    def anew(self) -> Agenda:
        """Return what a round over the same sources that begins now would have to do."""
        return Agenda(self._house, self._sources, self._when)

    def hosts(self) -> list[str]:
        """Return the hosts to visit, the longest overdue first; of what has piled up only so many with `slice`."""
        house = self._house
        house.store.enroll([(one.id, self._hosts[one.id]) for one in house.settings.sources if one.enabled])
        if self._when == "now":
            return list(self._by_host)
        self._replan()
        now, most = house.clock.now(), len(self._hosts)
        waiting = [name for name in house.store.due_hosts(now, most) if name in self._by_host]
        if self._when == "due":
            return waiting
        return due.slice_of(waiting, frozenset(house.store.due_hosts(now - due.PILED_UP, most)))

    def claims(self, name: str) -> Iterator[Claims]:
        """Yield a host's sources with their states, claimed a few at a time, each few when they are asked for.

        Those of them that are not due, or that somebody else has claimed meanwhile, are left out, the longest overdue
        come first; with `slice` there are only so many.
        """
        sources, only_due = self._by_host[name], self._when != "now"
        if only_due:
            sources = sorted(sources, key=lambda one: self._due_at[one.id])
        left = due.SLICE_OF_HOST if self._when == "slice" else len(sources)
        start = 0
        while sources[start:] and left > 0:
            few = {one.id: one for one in sources[start : start + min(CLAIMS, left)]}
            claimed = self._house.store.claim(list(few), self._house.clock.now(), LEASE, due=only_due)
            if not claimed:
                return
            yield [(few[state.source], state) for state in claimed]
            left -= len(claimed)
            start += len(few)

    def _replan(self) -> None:
        """Make the store plan by what holds now: an address that its owner changed, a clock that was set back."""
        house, wanted = self._house, {one.id for sources in self._by_host.values() for one in sources}
        for source in self._outdated:
            if source.id in wanted:
                (claim,) = house.store.claim([source.id], house.clock.now(), LEASE)
                state = cadence.replanned(cadence.current(claim, source), house.clock.now())
                house.store.commit(replace(state, next_at=house.clock.now()), ())


class Detours:
    """Sources whose redirects led to a host that was busy: they come back one after the other, in that host's place.

    The store has them put off already, so that they are only late if the round ends before their turn.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._waiting: dict[str, dict[str, tuple[Source, Outcome]]] = {}
        self._numbers = count()

    def put(self, source: Source, outcome: Outcome) -> list[str]:
        """Let a source wait; return the key of the job that is needed for it, if none is under way for its host."""
        needed = outcome.busy not in self._waiting
        self._waiting.setdefault(outcome.busy, {})[source.id] = source, outcome
        return [f"{outcome.busy} {next(self._numbers)}"] if needed else []  # a queue knows a key until its job is over

    def claims(self, name: str) -> Iterator[Claims]:
        """Yield those that wait for a host, those that come meanwhile, too, each claimed when its turn comes."""
        waiting = self._waiting[name]
        while waiting:
            source, _ = waiting.pop(next(iter(waiting)))
            yield [(source, one) for one in self._house.store.claim([source.id], self._house.clock.now(), LEASE)]
        del self._waiting[name]

    def left(self) -> list[Outcome]:
        """Return what came of those that still wait: nothing so far."""
        return [outcome for waiting in self._waiting.values() for _, outcome in waiting.values()]
