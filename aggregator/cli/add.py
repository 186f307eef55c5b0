"""`tagwire add`: append a source to config/sources.toml. This module fetches nothing."""

from __future__ import annotations

import click

from aggregator.cli.options import Options, command, pass_options


@command("add")
@click.argument("address", metavar="URL|PATH")
@click.option("--id", "id_", metavar="ID", help="Stable name; default: from the URL's host.")
@click.option("--title", help="Name shown to people; default: the feed's own.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Tag for every item; may be repeated.")
@click.option("--every", metavar="DURATION", help="Fixed time between fetches; default: adapts to the source.")
@pass_options
def add(options: Options, address: str, id_: str, title: str, tags: tuple[str, ...], every: str) -> None:
    """Add a source to config/sources.toml.

    URL is that of a feed; PATH a feed file or a folder of Markdown files. The text is appended: comments stay.
    """
    from aggregator.cli.output import emit, out, safe
    from aggregator.config.editing import Editor, keys_for

    place = options.place()
    wanted = {**keys_for(address, place.root), "id": id_, "title": title, "tags": list(tags), "every": every}
    change = Editor(place, options.settings()).add({key: value for key, value in wanted.items() if value})
    change.write()
    source = change.settings.sources[-1]
    if options.json:
        emit({"added": {"id": source.id, "kind": source.kind, "address": source.address}})
    elif not options.quiet:
        out(f"added {source.id}: {safe(source.address)}")


command = add
