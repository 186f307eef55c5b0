"""/metrics for Prometheus: the index as gauges, what this process did as counters.

Every figure is read off the index or counted where it happens; labels are configured sources and words of ours, so that
strangers cannot multiply them, but for a bounded number of feeds and aggregators. This module keeps nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from aggregator import __version__
from aggregator.publish.catalogue import health_of
from aggregator.steps.visits.interval import next_visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from prometheus_client.core import Metric

    from aggregator.model import FetchState
    from aggregator.server.live import Told, View

_SOURCES: Final = 5000
"""Sources with figures of their own; of those behind them only the sums are told."""
_INSTANTS: Final[tuple[tuple[str, str, Callable[[FetchState], datetime | None]], ...]] = (
    ("tagwire_source_last_fetch_timestamp_seconds", "When the source was last asked.", lambda s: s.fetched_at),
    ("tagwire_source_last_success_timestamp_seconds", "When it last answered well.", lambda s: s.ok_at),
    ("tagwire_source_next_fetch_timestamp_seconds", "When it is asked next.", next_visit),
)
_HEALTH: Final = ("ok", "failing", "new", "paused")


def render(
    view: View,
    told: Told | None,
    requests: Mapping[tuple[str, int], int],
    connections: int,
    subscribers: Mapping[tuple[str, str], int],
) -> bytes:
    """Return the exposition text; `requests` are counted by (route, status), `subscribers` by (feed, aggregator)."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    read = _gauge(
        "tagwire_subscribers", "Readers of a feed, as aggregators report them.", subscribers, "feed", "aggregator"
    )
    registry.register(_Families([*_index(view), *_daemon(view, told), *_http(requests, connections), read]))
    return generate_latest(registry)


class _Families:
    """Ready families, as a collector."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def _index(view: View) -> Iterator[Metric]:
    yield _gauge("tagwire_build_info", "The version that runs.", {(__version__,): 1}, "version")
    yield _gauge("tagwire_index_up", "Whether the index can be read.", {(): int(not view.error)})
    if view.error:
        return
    shown = view.states[:_SOURCES]
    conditions = [health_of(source, state) for source, state in view.states]
    counted = {(health,): conditions.count(health) for health in _HEALTH}
    yield _gauge("tagwire_sources", "Configured sources by condition.", counted, "condition")
    yield _gauge("tagwire_items", "Items, copies that are set aside not counted.", {(): sum(view.items.values())})
    yield _gauge("tagwire_tags", "Tags that have items.", {(): view.tags})
    held = {(source.id,): view.count(source.id) for source, _ in shown}
    yield _gauge("tagwire_source_items", "Items of a source.", held, "source")
    failures = {(source.id,): state.failures for source, state in shown}
    yield _gauge("tagwire_source_failures", "Failures in a row.", failures, "source")
    for name, text, instant in _INSTANTS:
        values = {(source.id,): when.timestamp() for source, state in shown if (when := instant(state))}
        yield _gauge(name, text, values, "source")


def _daemon(view: View, told: Told | None) -> Iterator[Metric]:
    if told is None:
        return
    pulse, tally = told.pulse, told.tally
    idle = max(view.taken - pulse.moved_at, 0.0)
    yield _gauge("tagwire_scheduler_idle_seconds", "Since the daemon last finished anything.", {(): idle})
    yield _gauge("tagwire_scheduler_up", "Whether the daemon gets on.", {(): int(pulse.healthy(view.taken))})
    yield _counter("tagwire_scheduler_beats", "Looks at what is due.", {(): pulse.beats})
    yield _counter("tagwire_scheduler_beats_failed", "Looks that ended with an error.", {(): pulse.failed})
    yield _counter("tagwire_fetch", "Visits to sources.", tally.results, "source", "result")
    seconds = {(source,): value for source, value in tally.seconds.items()}
    yield _counter("tagwire_fetch_seconds", "Time that visits took.", seconds, "source")
    yield _counter("tagwire_items_seen", "Items by what became of them.", tally.items, "source", "kind")


def _http(requests: Mapping[tuple[str, int], int], connections: int) -> Iterator[Metric]:
    answered = {(route, str(status)): count for (route, status), count in requests.items()}
    yield _counter("tagwire_http_requests", "Requests that were answered.", answered, "route", "status")
    yield _gauge("tagwire_http_connections", "Open connections.", {(): connections})


def _gauge(name: str, text: str, values: Mapping[Any, float], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _counter(name: str, text: str, values: Mapping[Any, float], *labels: str) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
