"""`tagwire items`: the newest items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Options, command, pass_options
from aggregator.cli.options import since as since_option

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import Record


@command(
    "items",
    examples={
        "tagwire items --tag AI --since 7d": "a week of one tag",
        "tagwire items --source example -n 0 --json": "all of a source",
        "tagwire items --dropped": "what filters kept out",
    },
)
@click.option("--tag", default="", help="Only items with this tag.")
@click.option("--source", default="", metavar="SOURCE", help="Only items of this source.")
@click.option(
    "--since",
    type=since_option,
    metavar="WHEN",
    help="Only items since: 7d, or 2026-11-01.",
)
@click.option(
    "--limit", "-n", type=click.IntRange(0, 10**9), default=20, show_default=True, help="At most so many; 0: all."
)
@click.option("--duplicates", is_flag=True, help="The copies instead: set aside, or under URLs of their own.")
@click.option("--dropped", is_flag=True, help="The entries that filters kept out instead, and why.")
@pass_options
def items(
    options: Options, *, tag: str, source: str, since: datetime | None, limit: int, duplicates: bool, dropped: bool
) -> None:
    """List the newest items."""
    from zoneinfo import ZoneInfo

    if dropped:
        if tag or duplicates:
            raise click.UsageError("--dropped goes with --source, --since and --limit only")
        _list_dropped(options, source, since, limit)
        return

    from aggregator.cli.output import emit, err, out, safe, table

    with options.app() as app:
        records = app.items(tag=tag, source=source, since=since, limit=limit, duplicates=duplicates)
        zone = ZoneInfo(app.settings.site.timezone)
    if options.json:
        emit({"items": [document(record) for record in records]})
    elif not records:
        err("no items")
    else:
        rows = [("PUBLISHED", "SOURCE", "KEY", "TITLE")]
        for record in records:
            when = f"{record.published.astimezone(zone):%Y-%m-%d %H:%M}"
            rows.append((when, safe(record.source), record.key, safe(record.title, 120)))
        out(table(rows))


def _list_dropped(options: Options, source: str, since: datetime | None, limit: int) -> None:
    from zoneinfo import ZoneInfo

    from aggregator.cli.output import emit, err, out, rfc3339, safe, table
    from aggregator.steps import naming

    with options.app() as app:
        found = [one for one in app.store.drops.listed(source=source) if since is None or one.at >= since]
        if source and not found:
            naming.require("source", [source], {**app.settings.by_id, **app.store.sources()})
        zone = ZoneInfo(app.settings.site.timezone)
    found = found[: limit or None]
    if options.json:
        keys = ("key", "source", "title", "link", "why")
        emit({"dropped": [{key: getattr(one, key) for key in keys} | {"at": rfc3339(one.at)} for one in found]})
    elif not found:
        err("no dropped entries")
    else:
        rows = [("DROPPED", "SOURCE", "TITLE", "WHY")]
        for one in found:
            when = f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}"
            rows.append((when, safe(one.source), safe(one.title, 80), safe(one.why, 120)))
        out(table(rows))


def document(record: Record) -> dict[str, Any]:
    """Return the item as JSON shows it."""
    from aggregator.cli.output import rfc3339

    return {
        "key": record.key,
        "source": record.source,
        "title": record.title,
        "link": record.link,
        "id": record.entry_id,
        "path": record.path,
        "published": rfc3339(record.published),
        "updated": rfc3339(record.updated),
        "first_seen": rfc3339(record.first_seen),
        "tags": list(record.tags),
        "lang": record.lang,
        "duplicate_of": record.duplicate_of or None,
        "story": record.story or None,
        "copies": list(record.copies),
        "related": list(record.related),
        "edited": record.edited,
    }


command = items
