"""Checks of what is published: addresses that readers will see, and feeds that they can read."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from lxml import etree

from aggregator.errors import PublishError
from aggregator.operations.doctor.findings import Finding, some
from aggregator.operations.doctor.places import existing
from aggregator.settings import Site
from aggregator.steps.filenames import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.operations.doctor.findings import Patient

ATOM = "{http://www.w3.org/2005/Atom}"
_REQUIRED = ("id", "title", "updated")
"""RFC 4287 §4.1.1."""
_HERE = ("localhost", "127.0.0.1", "[::1]")
_MEND = "tagwire publish"


def address(patient: Patient) -> Iterator[Finding]:
    """Feeds name an address that readers elsewhere can reach."""
    base = patient.settings.site.base_url
    host = urlsplit(base).netloc.rpartition(":")[0] or urlsplit(base).netloc
    if host in _HERE:
        message = f"site.base_url is {base}: self links mean this machine alone"
        yield Finding(check="address", level="warning", message=message, fix="set it to the public URL of the feeds")
    if not base.endswith("/"):
        message = f"site.base_url is {base}, without a slash at its end"
        yield Finding(check="address", level="error", message=message, fix=f'base_url = "{base}/"')


def authority(patient: Patient) -> Iterator[Finding]:
    """Ids of feeds are this site's own."""
    if patient.settings.site.tag_authority == Site().tag_authority:
        yield Finding(
            check="authority",
            level="warning",
            message=f"site.tag_authority is the default {Site().tag_authority!r}, so ids of feeds are not unique",
            fix="set it to a domain of yours and a year, before others subscribe: it must never change afterwards",
        )


def feeds(patient: Patient) -> Iterator[Finding]:
    """Published feeds are well-formed, and know their own address."""
    root, base = _home(patient), patient.settings.site.base_url
    if "atom" not in patient.settings.publish.formats:
        return
    if not (root / "all.xml").exists():
        message = f"{root / 'all.xml'} is not there: nothing was published yet"
        yield Finding(check="feeds", level="warning", message=message, fix=_MEND)
    sick: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(root.rglob("*.xml")):
        name = path.relative_to(root).as_posix()
        if complaint := _complaint(path, base + quote(name, errors="surrogateescape")):
            sick[complaint].append(name)
    ours = _mended(patient) if sick else None
    for complaint, names in sick.items():
        for fix, some_of in _cures(names, root, ours).items():
            message = f"{some([*map(shown, some_of)])} in {root}: {complaint}"
            yield Finding(check="feeds", level="error", message=message, fix=fix)


def contents(patient: Patient) -> Iterator[Finding]:
    """Published files are there, and say what the index says."""
    if not (_home(patient) / "index.html").exists() and not (_home(patient) / "all.xml").exists():
        return  # nothing was published yet, which another check tells
    wanted = patient.publication
    if wanted is None:  # which another check tells
        return
    if isinstance(wanted, PublishError):
        for line in str(wanted).splitlines():
            what, _, cure = line.rpartition("; ")
            fix = f"{cure}, then run `{_MEND}`" if what else f"mend what it names, then run `{_MEND}`"
            yield Finding(check="contents", level="error", message=what or line, fix=fix)
        return
    root = Path(patient.settings.root)
    missing = [path for path in wanted.written if not (root / path).exists()]
    other = [path for path in (*wanted.written, *wanted.removed) if path not in missing]
    ill = any(_kept(patient.tree.root / problem.where) for problem in wanted.problems)
    fix = f"first what `permissions` or `items` says, then `{_MEND}`" if ill else _MEND
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        yield Finding(check="contents", level="error", message=f"{some(missing)} {verb} missing", fix=fix)
    if other:
        message = f"{some(other)}: not what would be published now"
        yield Finding(check="contents", level="warning", message=message, fix=fix)


def _kept(path: Path) -> bool:
    """Whether an item that cannot be read has its file still; one that is gone the next publication takes for that."""
    return not os.access(existing(str(path.parent)), os.X_OK) or path.is_file()


def _home(patient: Patient) -> Path:
    return Path(patient.settings.root) / patient.settings.publish.dir


def _mended(patient: Patient) -> set[Path] | None:
    """Return the files that a publication would write or remove; None if that cannot be told now."""
    wanted = patient.publication
    if wanted is None or isinstance(wanted, PublishError):
        return None
    return {Path(patient.settings.root, path) for path in (*wanted.written, *wanted.removed)}


def _cures(names: Sequence[str], root: Path, ours: set[Path] | None) -> dict[str, list[str]]:
    """Return sick files by what mends them: publishing, unless they are no feeds of ours."""
    cures: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        if (root / name).is_dir():
            cures[f"move that folder away, then run `{_MEND}`"].append(name)
        elif ours is None or (root / name) in ours:
            cures[_MEND].append(name)
        else:
            cures[f"no feed of ours: move it out of {root}"].append(name)
    return cures


def _complaint(path: Path, url: str) -> str:
    """Return what is wrong with a published feed; empty if nothing is."""
    try:
        feed = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
    except OSError as error:
        return f"{error.strerror}"
    except etree.XMLSyntaxError as error:
        return f"not well-formed: {error}"
    if feed.tag != f"{ATOM}feed":
        return f"an Atom feed was expected, this is {feed.tag}"
    if missing := [name for name in _REQUIRED if feed.find(f"{ATOM}{name}") is None]:
        return f"has no {', '.join(missing)}"
    links = [link.get("href", "") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    return "" if not links or url in links else f"published for another address ({urlsplit(links[0]).netloc})"
