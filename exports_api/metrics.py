"""What Prometheus reads: what this process counts, and what the ledger does."""

from collections.abc import Iterable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST as MEDIA_TYPE

__all__ = ["MEDIA_TYPE", "ApiMetrics"]

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class ApiMetrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "exports_http_requests_total", "Requests answered.", ["route", "method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "exports_http_request_seconds",
            "Seconds until the last byte of the answer.",
            ["route", "method"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._exports = Counter(
            "exports_requested_total", "Export jobs requested, replays aside.", ["format"], registry=self._registry
        )
        self._ledger_up = Gauge("exports_ledger_up", "Whether the ledger told its figures.", registry=self._registry)
        self._ledger_seconds = Gauge(
            "exports_ledger_read_seconds", "Seconds that reading them took.", registry=self._registry
        )

    def answered(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        answers, times = self._of(route, method, status)
        answers.inc()
        times.observe(seconds)

    @cache  # noqa: B019 - one for each process, as are the figures
    def _of(self, route: str, method: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(route, method, status), self._seconds.labels(route, method)

    def export_requested(self, file_format: str) -> None:
        """Count a new export job."""
        self._exports.labels(file_format).inc()

    def ledger_read(self, *, is_up: bool, seconds: float) -> None:
        """Note how reading the ledger's figures went."""
        self._ledger_up.set(is_up)
        self._ledger_seconds.set(seconds)

    def page(self, of_ledger: Iterable[Metric] = ()) -> bytes:
        """All figures in Prometheus' text format, with those of the ledger after those of this process."""
        return generate_latest(self._registry) + generate_latest(_Given(of_ledger))


class _Given(CollectorRegistry):
    """Metrics that were collected already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        super().__init__()
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
