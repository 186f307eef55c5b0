"""`tagwire tags`: list, explain, suggest, rename and merge tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aggregator.cli import show
from aggregator.cli.options import CommandGroup, Options, pass_options, wait_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aggregator.config import Place as Site
    from aggregator.config.retagging import TagChange, TagEditor
    from aggregator.operations.tags import Explanation, Ground, Place
    from aggregator.settings import Settings
    from aggregator.steps.suggest import Suggestion

SHOWN = 5
"""Paths that are told of files that were left alone."""

dry_option = click.option("--dry-run", is_flag=True, help="Tell what would change, but change nothing.")


@click.group(
    "tags",
    cls=CommandGroup,
    invoke_without_command=True,
    examples={
        "tagwire tags": "all tags and their items",
        "tagwire tags suggest": "rules that may be missing",
        "tagwire tags rename Photo Photography": "in rules, items and feeds",
    },
)
@click.pass_context
def tags(ctx: click.Context) -> None:
    """List, explain, suggest, rename and merge tags."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@tags.command(
    "list",
    examples={
        "tagwire tags list --json": "for scripts",
    },
)
@pass_options
def list_(options: Options) -> None:
    """List the tags with their items, feeds, parents and other spellings; the same as `tagwire tags`."""
    from dataclasses import asdict

    from aggregator.cli.output import emit, err, out, safe, table
    from aggregator.operations.tags import listed

    with options.app() as app:
        lines = listed(app.settings, app.store)
    if options.json:
        emit({"tags": [asdict(line) for line in lines]})
    elif not lines:
        err("no tags")
    else:
        rows = [("TAG", "ITEMS", "FEED", "PARENT", "ALIASES")]
        for line in lines:
            aliases = ", ".join(line.aliases)
            rows.append(
                (safe(line.name, 60), str(line.items), safe(line.path, 80), safe(line.parent), safe(aliases, 80))
            )
        out(table(rows, right=(1,)))


@tags.command(
    "explain",
    examples={
        "tagwire tags explain 7020bd": "which rule gave which tag",
    },
)
@click.argument("item", metavar="ITEM")
@pass_options
def explain(options: Options, item: str) -> None:
    """Tell why an item has each of its tags, and which rules were vetoed.

    ITEM is a key, six or more of its first digits, a path, a link or an entry id.
    """
    from dataclasses import asdict

    from aggregator.cli.output import emit, out, safe
    from aggregator.operations.tags import explained

    with options.app() as app:
        record = show.find(app, item)
        found = explained(app.settings, record, app.text(record), app.clock.now())
    if options.json:
        reasons = [asdict(ground) for ground in found.grounds]
        emit({"key": record.key, "title": record.title, "tags": list(found.tags), "reasons": reasons})
        return
    out(f"{record.key}  {safe(record.title)}")
    for line in _told(found):
        out(safe(line, 400))


def _told(found: Explanation) -> Iterable[str]:
    given = [ground for ground in found.grounds if ground.kind != "veto"]
    for name in dict.fromkeys(ground.tag for ground in given):
        yield f"{name}: {'; '.join(_reason(ground, ours=found.ours) for ground in given if ground.tag == name)}"
    for ground in found.grounds:
        if ground.kind == "veto":
            yield f"not {ground.tag}: {_places(ground.hits)}, but vetoed by {_places(ground.vetoes)}"
    if not found.current:
        yield "the rules have changed: the next refresh or publish gives these tags"


def _reason(ground: Ground, *, ours: bool) -> str:
    arrow = f" → {ground.tag}" if ground.written != ground.tag else ""
    words: dict[str, Callable[[], str]] = {
        "source": lambda: "the item's source",
        "source-tag": lambda: f"a tag of the source{f', {ground.written!r}{arrow}' if arrow else ''}",
        "category": lambda: f"{'category' if ours else 'tag in the file,'} {ground.written!r}{arrow}",
        "rule": lambda: f"rule, {_places(ground.hits)}",
        "parent": lambda: f"parent of {ground.written}",
    }
    return words[ground.kind]()


def _places(places: Iterable[Place]) -> str:
    return ", ".join(f"'{place.term}' in the {place.field} (…{place.around}…)" for place in places)


@tags.command(
    "suggest",
    examples={
        "tagwire tags suggest >> config/tags.toml": "then edit what it says",
    },
)
@pass_options
def suggest(options: Options) -> None:
    """Print rules that tags.toml may lack, ready to be pasted into it.

    Spellings that look alike, frequent categories without a rule, and frequent words in titles of untagged items.
    """
    from dataclasses import asdict

    from aggregator.cli.output import emit, err, out
    from aggregator.operations.tags import suggested
    from aggregator.steps.words import han

    with options.app() as app:
        found = suggested(app.settings, app.store)
    if options.json:
        emit({"suggestions": [{**asdict(one), "toml": _pasted(one)} for one in found]})
    elif not found:
        err("no suggestions")
    else:
        out("\n".join(map(_pasted, found)).rstrip("\n"))
    if not han.available() and not options.json:
        err("hint: Traditional and Simplified spellings are told apart, since the extra zh is not installed")


def _pasted(one: Suggestion) -> str:
    """Return the suggestion as TOML; for a tag that has a table already as a comment."""
    from aggregator.cli.output import counted, safe
    from aggregator.config.patching import toml

    items = counted(one.items, "item")
    aliases = toml([safe(alias) for alias in one.aliases])
    if one.known:
        return f"# looks like {toml(safe(one.name))}, {items}; to its aliases add {aliases[1:-1]}\n"
    why = {
        "category": "a category without a rule",
        "spelling": "these look alike",
        "term": "in titles of untagged items",
    }
    lines = [f"# {why[one.kind]}, {items}", "[[tags]]", f"name = {toml(safe(one.name))}"]
    if one.aliases:
        lines.append(f"aliases = {aliases}")
    if one.match:
        lines.append(f"match = {toml([safe(word) for word in one.match])}")
    return "\n".join(lines) + "\n"


@tags.command(
    "rename",
    examples={
        "tagwire tags rename --dry-run Photo Photography": "what would change",
        "tagwire tags rename Photo Photography": "items and feeds follow",
    },
)
@click.argument("old")
@click.argument("new")
@dry_option
@wait_option
@pass_options
def rename(options: Options, *, old: str, new: str, dry_run: bool, wait: float) -> None:
    """Give the tag OLD the name NEW, in tags.toml, in the items and in the feeds.

    OLD becomes an alias, so entries that say OLD follow; what was its feed says where the feed is now.
    """
    _change(options, lambda editor: editor.rename(old, new), dry_run=dry_run, wait=wait)


@tags.command(
    "merge",
    examples={
        "tagwire tags merge Photo Photos Photography": "three become one",
    },
)
@click.argument("names", metavar="TAG... INTO", nargs=-1, required=True)
@dry_option
@wait_option
@pass_options
def merge(options: Options, *, names: tuple[str, ...], dry_run: bool, wait: float) -> None:
    """Make each TAG another spelling of INTO, with all of their words and vetoes.

    As with rename, items and feeds follow; INTO may be new.
    """
    if len(names) < 2:  # noqa: PLR2004 - something, and what it becomes
        raise click.UsageError("expected one or more tags and the tag that they become")
    _change(options, lambda editor: editor.merge(names[:-1], names[-1]), dry_run=dry_run, wait=wait)


def _change(options: Options, plan: Callable[[TagEditor], TagChange], *, dry_run: bool, wait: float) -> None:
    """Make a change of tags, let items and feeds follow, and tell what became of them.

    It is planned twice: at first, so that the site is opened under the settings to come; and again when nobody else can
    change the files, which is the plan that is written.
    """
    from aggregator.cli.output import counted, emit, err, out, safe
    from aggregator.config.retagging import TagEditor

    with options.app() as app:
        known = app.store.tags()
        sources = [*app.store.sources()]
        today = f"{app.clock.now():%Y-%m-%d}"

    def planned(place: Site, settings: Settings) -> TagChange:
        return plan(TagEditor(place=place, settings=settings, known=known, sources=sources, today=today))

    change = planned(options.place(), options.settings())
    with options.app(change.settings, write=True, wait=wait, dry_run=dry_run, command="tags") as app:
        if not dry_run:
            with options.editing("tags") as site:
                planned(*site).write()
        synced = app.sync()
        published = app.publish_changed()
    for problem in (*synced.problems, *published.problems):
        err(f"tagwire: {safe(str(problem))}")
    told: dict[str, Any] = {"name": change.name, "gone": list(change.gone), "items": synced.retagged}
    told |= {"files": list(synced.rewritten), "left": list(synced.left)}
    told |= {"feeds": [*published.written, *published.removed], "dry_run": dry_run}
    if options.json:
        emit(told)
    elif not options.quiet:
        verb = "would become" if dry_run else "became"
        out(f"{', '.join(map(safe, change.gone))} {verb} {safe(change.name)}")
        files = f"{len(told['files'])} of {'its' if told['items'] == 1 else 'their'} files"
        out(f"{counted(told['items'], 'item')}, {files}, {counted(len(told['feeds']), 'published file')}")
        if synced.left:
            out(_left(synced.left, change.name))
        if dry_run:
            out("dry run: nothing was changed")


def _left(paths: Sequence[str], name: str) -> str:
    """Return which files keep the former name; under which name their items stand all the same."""
    from aggregator.cli.output import counted, safe

    more = f", and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    files = f"{', '.join(safe(path) for path in paths[:SHOWN])}{more}"
    return f"{counted(len(paths), 'file')} left as others wrote them, with their items under {safe(name)}: {files}"


command = tags
