"""Figures for HTML → Markdown → HTML over real items: how much of text, links and images comes back, and what it costs.

    python benchmarks/roundtrip.py DIRECTORY [--show N]

DIRECTORY holds JSON files, each a list of objects with `description` (HTML), `link` and `language`.
Compared are the sanitised HTML and what is published of it: visible text without white space, link targets of links
that show something, image sources; all in document order.
"""

from __future__ import annotations

import argparse
import difflib
import json
import pathlib
import time

from lxml import html as lxml_html

from aggregator.steps import summary, urls
from aggregator.steps.html import markdown, prepare, sanitize


def visible(html):
    """Text without white space, targets of links that show something, sources of images."""
    root = lxml_html.fragment_fromstring(html, create_parent="div")
    words = "".join("".join(root.itertext()).split())
    links = [a.get("href") for a in root.iter("a") if "".join(a.itertext()).strip() or a.find(".//img") is not None]
    images = [image.get("src") for image in root.iter("img")]
    return words, [urls.iri_to_uri(link) for link in links], [urls.iri_to_uri(image) for image in images]


def items(directory):
    """(HTML, link, language) of every item."""
    for path in sorted(pathlib.Path(directory).glob("*.json")):
        for item in json.loads(path.read_text("utf-8")):
            yield item.get("description") or "", item.get("link") or "", item.get("language") or ""


class Stopwatch:
    """Adds up CPU seconds by stage."""

    def __init__(self):
        self.seconds = {}

    def __call__(self, stage, function, *arguments):
        """Return what `function` returns."""
        start = time.process_time()
        result = function(*arguments)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - start
        return result


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("directory")
    arguments.add_argument("--show", type=int, default=0, help="print the first differences")
    options = arguments.parse_args()
    watch = Stopwatch()
    total = touched = 0
    equal = {"text": 0, "links": 0, "images": 0}
    for html, link, lang in items(options.directory):
        total += 1
        clean = watch("sanitize", sanitize.sanitize, html, link)
        ready = watch("prepare", prepare.prepare, clean)
        touched += ready is not clean
        body = watch("to_markdown", markdown.to_markdown, ready)
        shown = watch("to_html", markdown.to_html, body)
        watch("text_of", summary.text_of, clean, lang)
        for name, before, after in zip(equal, visible(clean), visible(shown), strict=True):
            equal[name] += before == after
            if before != after and options.show > 0:
                options.show -= 1
                report(link, name, before, after)
    print(f"{total} items, {touched} changed by the preparation")
    for name, count in equal.items():
        print(f"{name:12} {count / total:8.2%}  ({total - count} differ)")
    for stage, seconds in watch.seconds.items():
        print(f"{stage:12} {seconds / total * 1e6:8.0f} µs an item")


def report(link, name, before, after):
    """Show where two sequences part."""
    print(f"--- {name} {link}")
    changes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for kind, a, b, c, d in [change for change in changes if change[0] != "equal"][:4]:
        print(f"    {kind} {before[max(a - 15, 0) : b + 15]!r} -> {after[max(c - 15, 0) : d + 15]!r}")


if __name__ == "__main__":
    main()
