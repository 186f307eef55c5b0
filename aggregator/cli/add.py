"""`tagwire add`: find the feed that an address stands for and append it to config/sources.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Options, command, pass_options
from aggregator.errors import HttpStatus, NotAFeed, ParseError, SourceError, TagwireError, UsageError

if TYPE_CHECKING:
    from aggregator.config.editing import Change
    from aggregator.operations.discovery import Found


@command(
    "add",
    examples={
        "tagwire add https://example.org/blog/": "the feed of a page",
        "tagwire add ~/notes --id notes --tag Notes": "a folder of your own",
        "tagwire add --no-discover https://example.org/rss": "as it is",
    },
)
@click.argument("addresses", metavar="URL|PATH...", nargs=-1, required=True)
@click.option("--id", "id_", metavar="ID", help="Stable name; default: from the URL's host.")
@click.option("--title", help="Name shown to people; default: the feed's own.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Tag for every item; may be repeated.")
@click.option("--every", metavar="DURATION", help="Fixed time between fetches; default: adapts to the source.")
@click.option("--no-discover", is_flag=True, help="Ask nobody: add the URLs as they are.")
@pass_options
def add(
    options: Options,
    *,
    addresses: tuple[str, ...],
    id_: str,
    title: str,
    tags: tuple[str, ...],
    every: str,
    no_discover: bool,
) -> int:
    """Find feeds and add them to config/sources.toml.

    URL is that of a feed, or of a page that names one; PATH a feed file or a folder of Markdown files. The text is
    appended: comments stay. A URL that does not answer is added as it is.
    """
    from aggregator.cli.output import emit, err, safe

    if len(addresses) > 1 and (id_ or title):
        raise click.UsageError("--id and --title are for one address")
    keys = {"id": id_, "title": title, "tags": list(tags), "every": every}
    added, failed, code = [], [], 0
    for address in addresses:
        try:
            added.append(_added(options, address, keys, discover=not no_discover))
        except TagwireError as error:
            if len(addresses) == 1 and not options.json:
                raise
            failed.append({"address": address, "kind": error.kind, "error": str(error)})
            code = max(code, error.exit_code)
            about = "" if address in str(error) else f"{address}: "
            err(f"tagwire: {safe(about + str(error))}")
    if options.json:
        emit({"added": added, "failed": failed})
    return code


def _added(options: Options, address: str, keys: dict[str, Any], *, discover: bool) -> dict[str, Any]:
    """Add one source, tell it, and return it as JSON shows it."""
    from aggregator.cli.output import err, safe
    from aggregator.config.editing import Editor, assumed, keys_for

    guess = assumed(address) if discover else ""
    where = {"url": guess} if guess else keys_for(address, options.place().root)
    wanted = {name: value for name, value in keys.items() if value}
    found, note = None, ""
    if "url" in where:
        with options.editing("add") as site:  # what is known already is refused before anybody is asked
            Editor(*site).add({**where, **wanted})
        if discover:
            options.start_logging()
            found, note = _found(options, where["url"])
            where["url"] = found.url if found else where["url"]
    if guess and not found:
        raise UsageError(f"{address!r} is no path here, and at {guess} nobody could be asked: {note}")
    with options.editing("add") as site:
        change = Editor(*site).add({**where, **wanted})
        change.write()
    if guess and not options.quiet:
        err(f"tagwire: {safe(address)} has no scheme, so {safe(guess)} was asked")
    if not options.json and not options.quiet:
        _tell(change, found, note)
    source = change.settings.sources[-1]
    return {
        "id": source.id,
        "kind": source.kind,
        "address": source.address,
        "found": found.how if found else None,
        "title": found.title if found else None,
        "newest": list(found.newest) if found else [],
        "others": [{"url": one.url, "title": one.title} for one in found.others] if found else [],
        "note": note,
    }


def _found(options: Options, url: str) -> tuple[Found | None, str]:
    """Return the feed at a URL, or why nobody could be asked. Raises `errors.SourceError` if there is no feed."""
    import asyncio

    from aggregator.operations.discovery import find_feed

    try:
        return asyncio.run(find_feed(options.settings(), url)), ""
    except NotAFeed as error:
        raise UsageError(f"{url}: {error} (--no-discover adds it anyhow)") from error
    except HttpStatus as error:
        if not error.retryable and error.status < 500:  # noqa: PLR2004 - the server's own trouble begins there
            raise UsageError(f"{url}: {error} (--no-discover adds it anyhow)") from error
        return None, str(error)
    except ParseError as error:
        return None, str(error)
    except SourceError as error:
        return None, f"{error.kind}: {error}"


def _tell(change: Change, found: Found | None, note: str) -> None:
    from aggregator.cli.output import counted, err, out, safe

    source = change.settings.sources[-1]
    out(f"added {source.id}: {safe(source.address)}")
    if note:
        err(f"tagwire: {safe(source.address)} could not be looked at, it was added as it is: {safe(note)}")
    if found is None:
        return
    entries = counted(found.entries, "entry", "entries")
    out(f"  {safe(found.title, 100) or '(untitled)'}, {entries}; found by {found.how}")
    for title in found.newest:
        out(f"  - {safe(title, 100)}")
    for one in found.others:
        out(f"  not added: {safe(one.url)}{f' ({safe(one.title, 100)})' if one.title else ''}")


command = add
