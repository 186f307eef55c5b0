"""How soon news arrive, and for how many requests: our cadence beside simpler policies, on synthetic posting histories.

    python benchmarks/scheduling.py [--sources 6000] [--seed 2026] [--svg docs/scheduling.svg]

Nothing is fetched. Each source posts for 28 days, which the policies may know from its first document (the newest 30
entries), and then for 7 days in which its items are waited for. A delay is the time from an item's publication to the
first visit after it; the mean is taken over all items. `ours` is `steps.cadence` itself, the others are written here:

* fixed: every 30, 60 or 120 minutes;
* inverse rate: the mean time between the posts of the last week, 5 min to 24 h, 24 h below two posts.

The histories (`MIXES`, `rate`, `history`), all instants in one time zone. Rates: a share of dormant sources with one
post in 60 days on average; of the others log-normal, at most 2,000 posts a week. Shapes, whatever the rate:

* half by day: four fifths of it from 8 to 22 o'clock, at weekends half as much;
* two tenths like a clock: at even intervals, up to a tenth of one late (a weekly blog, a wire by the hour);
* three tenths in bursts of 2 to 8 posts within an hour, by day.

One source in ten writes no dates: its rate has to be learned.
"""

from __future__ import annotations

import argparse
import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path

from aggregator.model import FetchState, Hints, NotModified, Response, Source
from aggregator.settings import Schedule
from aggregator.steps import cadence

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
HOUR, DAY = 3600.0, 86400.0
PAST, WATCHED = 28 * DAY, 7 * DAY
MIXES = {"ordinary": (1.0, 0.3, 2.0, 1.7), "busy": (0.25, 0.1, 14.0, 1.7)}
"""Name → share of --sources, share of dormant ones, median posts a week of the others, sigma."""
KINDS = (("quiet", 1.0), ("weekly", 7.0), ("daily", 70.0), ("wire", float("inf")))
"""Name → up to how many posts a week, for the table."""
DOCUMENT = 30
UNDATED = 10  # one source in so many

Policy = Callable[["Feed"], Iterator[float]]


@dataclass(frozen=True)
class Feed:
    """One source: when it posts, in seconds from -PAST to WATCHED, and whether its entries say so."""

    name: str
    kind: str
    posts: list[float]
    dated: bool
    phase: float
    """Where between 0 and 1 of its first interval a policy stands when the watch begins."""


@dataclass(frozen=True)
class Result:
    """What a policy costs and brings: requests a day and source, mean delay in minutes, and by kind of source."""

    name: str
    requests: float
    delay: float
    kinds: dict[str, tuple[float, float]]


def poisson(rng: random.Random, rate: float, keep: Callable[[float], float]) -> Iterator[float]:
    """Yield instants of a Poisson process of `rate` a second, thinned by `keep`, a probability at each instant."""
    at = -PAST
    while (at := at + rng.expovariate(rate)) < WATCHED:
        if rng.random() < keep(at):
            yield at


def hour(at: float) -> float:
    return at % DAY / HOUR


def by_day(at: float) -> float:
    """Quiet nights, and weekends with half of the posts."""
    return (1.0 if 8 <= hour(at) < 22 else 0.35) * (0.5 if at // DAY % 7 >= 5 else 1.0)


BY_DAY = 0.729 * 6 / 7
"""Mean of `by_day`."""


def rate(mix: str, rng: random.Random) -> float:
    """Return the posts a week of one source."""
    _, dormant, median, sigma = MIXES[mix]
    if rng.random() < dormant:
        return 7 / 60
    return min(rng.lognormvariate(log(median), sigma), 2000.0)


def history(posts_a_week: float, rng: random.Random) -> list[float]:
    """Return the posts of one source, sorted."""
    shape, mean = rng.random(), 7 * DAY / posts_a_week
    if shape < 0.5:
        return list(poisson(rng, 1 / mean / BY_DAY, by_day))
    if shape < 0.7:
        first, number = -PAST + rng.uniform(0, mean), int((PAST + WATCHED) / mean) + 1
        return sorted(first + mean * (turn + rng.uniform(0, 0.1)) for turn in range(number))
    starts = poisson(rng, 1 / mean / 5 / BY_DAY, by_day)
    return sorted(at + rng.uniform(0, HOUR) for at in starts for _ in range(rng.randint(2, 8)))


def feeds(mix: str, count: int, seed: int) -> list[Feed]:
    """Return the sources of a mix."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        often = rate(mix, rng)
        made.append(
            Feed(
                name=f"s{number}",
                kind=next(name for name, most in KINDS if often <= most),
                posts=[at for at in history(often, rng) if -PAST <= at < WATCHED],
                dated=bool(rng.randrange(UNDATED)),
                phase=rng.random(),
            )
        )
    return made


def fixed(minutes: float) -> Policy:
    """Return the policy that visits at a fixed interval."""

    def visits(feed: Feed) -> Iterator[float]:
        at = feed.phase * minutes * 60
        while True:
            yield at
            at += minutes * 60

    return visits


def inverse_rate(feed: Feed) -> Iterator[float]:
    """Visit at the mean time between the posts of the last week that are known at the visit."""
    at = feed.phase * HOUR
    while True:
        yield at
        week = bisect_right(feed.posts, at) - bisect_left(feed.posts, at - 7 * DAY)
        at += min(max(7 * DAY / week, 300.0), DAY) if week >= 2 else DAY


def ours(schedule: Schedule) -> Policy:
    """Return our own policy: `steps.cadence` with the settings, on servers that answer conditional requests."""

    def visits(feed: Feed) -> Iterator[float]:
        source = Source(id=feed.name, url=f"https://example.org/{feed.name}")
        state, seen = FetchState(source=feed.name), bisect_right(feed.posts, 0.0)
        dates = [START + timedelta(seconds=at) for at in feed.posts[:seen][-DOCUMENT:]] if feed.dated else []
        document = Response(url=source.url, documents=(), etag='"1"')
        state = cadence.changed(state, document, Hints(), dates, 0, source, schedule, START)
        assert state.next_at is not None
        # The watch begins in the middle of ordinary life, not with everybody's first visit.
        at = (state.next_at - START).total_seconds() * feed.phase
        while True:
            yield at
            now, known = START + timedelta(seconds=at), bisect_right(feed.posts, at)
            state = replace(state, generation=state.generation + 1)
            if known > seen:
                state = cadence.changed(state, document, Hints(), (), known - seen, source, schedule, now)
            else:
                state = cadence.unchanged(state, NotModified(url=source.url), source, schedule, now)
            assert state.next_at is not None
            seen, at = known, (state.next_at - START).total_seconds()

    return visits


def measure(name: str, policy: Policy, sources: list[Feed]) -> Result:
    """Return what a policy costs and brings over all sources."""
    requests: dict[str, int] = {}
    delays: dict[str, list[float]] = {}
    for feed in sources:
        waiting = bisect_right(feed.posts, 0.0)
        for at in policy(feed):
            known = bisect_right(feed.posts, at)
            delays.setdefault(feed.kind, []).extend(at - posted for posted in feed.posts[waiting:known])
            waiting = max(waiting, known)
            if at >= WATCHED:
                break
            requests[feed.kind] = requests.get(feed.kind, 0) + 1
    size = {kind: sum(feed.kind == kind for feed in sources) * WATCHED / DAY for kind, _ in KINDS}
    every = [delay for some in delays.values() for delay in some]
    return Result(
        name=name,
        requests=sum(requests.values()) / sum(size.values()),
        delay=sum(every) / len(every) / 60,
        kinds={
            kind: (
                requests.get(kind, 0) / max(size[kind], 1),
                sum(some) / len(some) / 60 if (some := delays.get(kind, [])) else 0.0,
            )
            for kind, _ in KINDS
        },
    )


def run(sources: list[Feed]) -> tuple[list[Result], list[Result]]:
    """Return the results of the policies to compare, and those of ours at several values of `base`."""
    compared = [measure(f"fixed {minutes} min", fixed(minutes), sources) for minutes in (30, 60, 120)]
    compared.append(measure("inverse rate", inverse_rate, sources))
    bases = (30, 45, 60, 90, 120)
    curve = [measure(f"ours, base {base} min", ours(Schedule(base=base * 60.0)), sources) for base in bases]
    return compared, curve


DEFAULT = "base 60 min"
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 400, 64, 48


def svg(compared: list[Result], curve: list[Result]) -> str:
    """Return the plot: requests against delay, delays in powers of two; one wants to be in the lower left corner."""
    right = max(one.requests for one in compared) * 1.1
    delays = [one.delay for one in (*compared, *curve)]
    ticks = [tick for tick in (7.5, 15, 30, 60, 120, 240, 480, 960) if min(delays) / 2 < tick < max(delays) * 2]
    low, high = log(ticks[0]), log(ticks[-1])

    def x(requests: float) -> float:
        return round(LEFT + requests / right * (WIDTH - LEFT - 16), 1)

    def y(delay: float) -> float:
        return round(HEIGHT - BOTTOM - (log(delay) - low) / (high - low) * (HEIGHT - BOTTOM - 24), 1)

    def text(at_x: float, at_y: float, words: object, anchor: str = "start") -> str:
        return f'<text x="{at_x}" y="{at_y}" text-anchor="{anchor}">{words}</text>'

    def dot(one: Result, radius: int, color: str) -> str:
        return f'<circle cx="{x(one.requests)}" cy="{y(one.delay)}" r="{radius}" fill="{color}"/>'

    floor, edge = HEIGHT - BOTTOM, WIDTH - 16
    label = "Mean delay of an item against requests per source and day"
    font = 'font-family="sans-serif" font-size="12"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {font} role="img">']
    parts += [f"<title>{label}</title>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for delay in ticks:
        parts += [text(LEFT - 8, y(delay) + 4, delay, "end"), f'<path d="M{LEFT} {y(delay)}H{edge}" stroke="#ddd"/>']
    parts += [text(x(tick), floor + 18, tick, "middle") for tick in range(0, int(right) + 1, 8)]
    parts += [f'<path d="M{LEFT} 16V{floor}H{edge}" fill="none" stroke="#333"/>']
    parts += [text(edge, HEIGHT - 10, "requests per source and day", "end")]
    parts += [text(LEFT + 6, 14, "mean delay of an item, minutes")]
    line = " ".join(f"{x(one.requests)},{y(one.delay)}" for one in curve)
    parts += [f'<polyline points="{line}" fill="none" stroke="#0a7d3c" stroke-width="2"/>']
    for one in curve:
        chosen = one.name.endswith(DEFAULT)
        parts += [dot(one, 6 if chosen else 3, "#0a7d3c")]
        if chosen:
            parts += [text(x(one.requests) + 6, y(one.delay) - 26, f"{one.name} (default)")]
        else:
            parts += [text(x(one.requests) - 8, y(one.delay) + 10, one.name.removeprefix("ours, base "), "end")]
    for one in compared:
        end = one.requests > right * 0.8
        parts += [dot(one, 5, "#b3261e")]
        parts += [text(x(one.requests) + (8 if end else -4), y(one.delay) - 8, one.name, "end" if end else "start")]
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Print the table, and write the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    for mix in MIXES:
        sources = feeds(mix, int(options.sources * MIXES[mix][0]), options.seed)
        compared, curve = run(sources)
        report(mix, sources, compared, curve)
        if options.svg and mix == "ordinary":
            options.svg.write_text(svg(compared, curve), encoding="utf-8")


def report(mix: str, sources: list[Feed], compared: list[Result], curve: list[Result]) -> None:
    """Print one mix: ratios to a fixed hour, and requests a day and delay by how often sources post."""
    base = next(one for one in compared if one.name == "fixed 60 min")
    items = sum(at >= 0 for feed in sources for at in feed.posts)
    print(f"{mix}: {len(sources)} sources, {items} items in {WATCHED / DAY:.0f} days")
    kinds = "".join(f"{kind:>12}" for kind, _ in KINDS)
    print(f"{'':22}{'requests/day':>13}{'ratio':>7}{'delay min':>11}{'ratio':>7}{kinds}")
    for one in (*compared, *curve):
        told = f"{one.requests:13.1f}{one.requests / base.requests:7.3f}{one.delay:11.1f}{one.delay / base.delay:7.3f}"
        each = "".join(f"{f'{requests:.1f}/{delay:.0f}':>12}" for requests, delay in one.kinds.values())
        print(f"{one.name:22}{told}{each}")
    print()


if __name__ == "__main__":
    main()
