"""The composition root: the only place that chooses adapters, and what the command line and the daemon talk to.

An `App` is one opened site. Only one process may write to it at a time (`errors.Locked`); reading takes no lock.
This module parses no arguments and prints nothing.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import __version__, journal, leftovers, locks
from aggregator.agenda import Agenda, When
from aggregator.clock import SystemClock
from aggregator.errors import PublishError, Stopped, StoreCorrupt, UsageError
from aggregator.fetchers import open_fetchers
from aggregator.mark import Mark
from aggregator.model import FetchState, Outcome, Record, Source, Summary
from aggregator.model.published import Published
from aggregator.operations import announce, housekeeping, rules
from aggregator.operations.aftermath import Aftermath, telling
from aggregator.operations.purge import purge
from aggregator.operations.stories import Review
from aggregator.queues.local import LocalQueue
from aggregator.refresh import House
from aggregator.rounds import Round
from aggregator.steps import naming, select, slugs
from aggregator.steps.cadence import current
from aggregator.steps.urls import host
from aggregator.steps.visits.due import require_set_clock, select_due, well
from aggregator.stores import discard, open_store
from aggregator.sync import Synced, sync
from aggregator.threads import apart
from aggregator.tree import open_tree
from aggregator.workers import PARSE_BYTES, PARSE_SECONDS, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from aggregator.ports import Access, Clock, Store
    from aggregator.settings import Settings
    from aggregator.tree import ItemTree

KEY_PREFIX = 6


class App:
    """One opened site; see `App.open`."""

    def __init__(
        self, settings: Settings, store: Store, tree: ItemTree, clock: Clock, *, dry_run: bool = False
    ) -> None:
        self.settings = settings
        self.store = store
        self.tree = tree
        self.clock = clock
        self.dry_run = dry_run
        self.topics: tuple[str, ...] = ()
        """URLs of the feeds that were published and noted for the hub: `announce` them when the site is closed."""
        self._mark = Mark(settings)

    @staticmethod
    @contextmanager
    def open(
        settings: Settings,
        *,
        write: bool = False,
        wait: float = 0.0,
        dry_run: bool = False,
        rebuild: bool = False,
        command: str = "",
        clock: Clock | None = None,
    ) -> Iterator[App]:
        """Open a site for the time of a `with` block.

        With `write` the site's lock is taken, waiting up to `wait` seconds (else `errors.Locked`). With `dry_run`
        nothing on disk is touched: the index is copied to memory. With neither it is only read. With `rebuild` a
        damaged index is put aside for a new one. Raises `errors.StoreError` if the index is unusable.
        """
        tree = open_tree(settings, dry=dry_run)
        with ExitStack() as stack:
            if write and not dry_run:
                stack.enter_context(locks.lock(lock_file(settings), wait=wait, who=command))
                tree.sweep()
                leftovers.sweep(Path(settings.root) / settings.publish.dir)
            access: Access = "scratch" if dry_run else "write" if write else "read"
            store = stack.enter_context(_open_store(settings, access, rebuild=rebuild))
            yield App(settings, store, tree, clock or SystemClock(), dry_run=dry_run)

    async def refresh(
        self,
        ids: Sequence[str] = (),
        *,
        when: When = "now",
        publish: bool = True,
        near: bool = True,
        on_outcome: Callable[[Outcome], None] = lambda _: None,
        stop: asyncio.Event | None = None,
    ) -> Summary:
        """Refresh the sources `ids`, else all; which of them `when` says. Then publish what changed.

        Without `near` copies and related items are not looked for: the next refresh does. `on_outcome` hears of every
        source as soon as it is done. Setting `stop` gives running sources a few seconds to finish, starts no others and
        gives publishing a few, too; else the next refresh does it. What could not be published is told in the summary.
        Raises `errors.UsageError` for an unknown id, `DiskError`, `StoreError`, `WorkersFailed`.
        """
        require_set_clock(self.clock.now())
        started = self.clock.monotonic()
        chosen, skipped = select_due(states := self.states(), ids, due=when != "now", now=self.clock.now())
        stop = stop or asyncio.Event()
        synced = await apart(self.sync, stopping=stop.is_set)  # the loop also serves the feeds
        for outcome in skipped:
            on_outcome(outcome)
        house = house_of(self, chosen, near=near)
        visit = Round(house, Agenda(house, chosen, when), on_outcome, stop)
        await visit.run(LocalQueue(self.clock))
        aftermath = aftermath_of(self, house, stop, publish=publish)
        summary = await replace(aftermath, publish=telling(aftermath.publish)).settle(synced)
        seconds = self.clock.monotonic() - started
        return replace(summary, outcomes=(*skipped, *visit.outcomes), seconds=seconds, well=well(states, ids))

    def sync(self, *, accept_deletions: bool = False, stopping: Callable[[], bool] = lambda: False) -> Synced:
        """Take edits, additions and deletions of item files into the index. Raises `errors.TreeError`.

        `stopping` is asked before every file that is read: once it says so all is left for the next time.
        """
        now, retag = self.clock.now(), not self._mark.rules_stand()
        try:
            synced = sync(
                self.tree,
                self.store,
                rules.reader(self.settings, now, stopping),
                now=now,
                authority=self.settings.site.tag_authority,
                accept_deletions=accept_deletions,
                retag=rules.retagger(self.settings, now, stopping) if retag else None,
                since=housekeeping.remembered_since(self.settings, now),
            )
        except Stopped:
            return Synced()
        if retag and not self.dry_run:
            self._mark.keep_rules()
        return synced

    def publish(self) -> Published:
        """Take in what was done to item files, render every feed and write those whose bytes differ."""
        synced = self.sync()
        review_of(self).look(synced.touched)
        done = self._publish(everything=True)
        return replace(done, problems=(*synced.problems, *done.problems))

    def publish_changed(self, stopping: Callable[[], bool] = lambda: False) -> Published:
        """Publish the feeds that items of this refresh touched; all of them if the configuration changed since.

        Once `stopping` says so all of it is left for the next time, what is written already included.
        """
        try:
            return self._publish(everything=not self._mark.stands(), stopping=stopping)
        except Stopped:
            return Published()

    def _publish(self, *, everything: bool, stopping: Callable[[], bool] = lambda: False) -> Published:
        pending, states = self.store.outbox(), self.store.states()
        if not (everything or pending) and self._mark.shows(states):
            return Published()
        from aggregator import outputs, publish  # noqa: PLC0415 - 80 ms that a round without news need not pay

        settings, cache = self.settings, str(Path(self.settings.root, publish.FRAGMENTS))
        ahead, adapters = partial(announce.foresee, settings), outputs.discover(settings)
        press = publish.Publisher(settings, self.store, self.tree.read, adapters, cache=cache, ahead=ahead)
        try:
            published = press.publish(None if everything else pending, check=self.dry_run, stopping=stopping)
        except (PublishError, Stopped) as error:  # what was written will not be written again
            if not self.dry_run:
                announce.noted(settings, Published(topics=error.topics))
            raise
        if not self.dry_run:
            published = announce.noted(settings, published)  # before what may fail on a full disk
            self.topics += published.topics
            self.store.outbox(pending)
            self._mark.keep(states)
        return published

    def states(self) -> list[tuple[Source, FetchState]]:
        """Return every configured source with what is remembered of it, in configured order."""
        states = self.store.states()
        known = ((source, states.get(source.id) or FetchState(source=source.id)) for source in self.settings.sources)
        return [(source, current(state, source)) for source, state in known]

    def items(
        self,
        *,
        tag: str = "",
        source: str = "",
        since: datetime | None = None,
        duplicates: bool = False,
        limit: int = 20,
    ) -> list[Record]:
        """Return items, newest first; with `duplicates` the copies that were set aside, or that another one stands for.

        With `tag` or `source` an article stands once, as in the feeds; a folder has what it brought under other names,
        too. Raises `errors.UsageError` for a source or tag that is neither configured nor named by any item.
        """
        brought = self.store.history.brought_by(source)
        if source and not brought:
            naming.require("source", [source], {**self.settings.by_id, **self.store.sources()})
        aside = None if duplicates or tag or source else False
        found = self.store.items(tag=tag, source=source, since=since, aside=aside, limit=0 if aside is None else limit)
        if tag and not found:
            naming.require("tag", [tag], rules.tags(self.settings, self.store), key=slugs.tag_key)
        found = select.newest_first([*found, *select.matching(brought, tag, since)]) if brought else found
        if duplicates:
            return [one for one in found if one.duplicate_of or one.story not in {"", one.key}][: limit or None]
        return select.collapse(found, stories="keep")[: limit or None] if aside is None else found

    def find(self, ref: str) -> Record:
        """Return the item with this key, unique prefix of six or more digits, path, link or entry id.

        Raises `errors.UsageError` if there is none, or more than one.
        """
        items, root = self.settings.storage.items, self.settings.root
        path = ref.removeprefix("./").removeprefix(f"{items}/").removeprefix(f"{os.path.relpath(items, root)}/")
        found = self.store.items(text=path)
        if not found and len(ref) >= KEY_PREFIX and all(digit in "0123456789abcdef" for digit in ref):
            found = self.store.items(prefix=ref)
        standing = [record for record in found if not record.duplicate_of] or found
        if not standing:
            raise UsageError(f"no item {ref!r}: give a key, six or more digits of it, a path, a link or an entry id")
        if len(standing) > 1:
            raise UsageError(f"{ref!r} could be any of {', '.join(record.key for record in standing)}")
        return standing[0]

    def text(self, record: Record) -> str:
        """Return the text of an item's file. Raises OSError."""
        return self.tree.read(record)

    def reindex(self, *, accept_deletions: bool = False) -> Synced:
        """Read every item file again and make the index say what the files say."""
        if not self.dry_run:
            known = self.store.items()
            self.store.replace([replace(record, size=-1) for record in known])
        synced = self.sync(accept_deletions=accept_deletions)
        review_of(self).look(synced.touched)
        return synced

    def purge(self, source_id: str) -> tuple[int, tuple[str, ...]]:
        """Delete a source's items and feeds for good; return how many, and which. Others' copies take their places."""
        count = purge(self.store, self.tree, source_id, self.settings.sources, self.clock.now())
        return count, self.publish().removed


def lock_file(settings: Settings) -> Path:
    """Return the file whose lock a process holds while it writes to the site."""
    return Path(settings.root) / "var" / "tagwire.lock"


def review_of(app: App) -> Review:
    """Return what looks for copies in a site."""
    return Review(settings=app.settings, store=app.store, tree=app.tree, now=app.clock.now())


def aftermath_of(app: App, house: House, stop: asyncio.Event, *, publish: bool = True) -> Aftermath:
    """Return what is done in a site when sources were asked; without `publish` that is left to the next refresh."""
    wanted = app.publish_changed if publish else lambda _: Published()
    return Aftermath(house=house, review=lambda: review_of(app), publish=wanted, dry=app.dry_run, stopping=stop.is_set)


def house_of(app: App, chosen: Sequence[Source], *, near: bool = True) -> House:
    """Return what refreshes the `chosen` sources of a site."""
    settings, contact = app.settings, app.settings.site.base_url
    crowd = len({host(source.url) or source.id for source in chosen})  # a host's sources come one after the other
    robots = None if app.dry_run else Path(settings.root) / "var" / "robots.json"
    return House(
        settings=settings,
        store=app.store,
        tree=app.tree,
        fetchers=open_fetchers(settings.http, version=__version__, contact=contact, clock=app.clock, robots=robots),
        workers=Workers(max(1, min(os.cpu_count() or 1, 4, crowd)), seconds=PARSE_SECONDS, memory_bytes=PARSE_BYTES),
        clock=app.clock,
        hosts={source.id: host(source.url) for source in settings.sources},
        near=near,
    )


def _open_store(settings: Settings, access: Access, *, rebuild: bool) -> Store:
    try:
        return open_store(settings.storage.index, settings.root, access=access)
    except StoreCorrupt:
        if not rebuild:
            raise
        journal.read(Path(settings.root) / settings.storage.items)  # what nothing can be built from changes nothing
        discard(settings.storage.index, settings.root)
        return open_store(settings.storage.index, settings.root)
