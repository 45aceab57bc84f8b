"""What the API counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
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

    def answered(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, status).inc()
        self._seconds.labels(route, method).observe(seconds)

    def export_requested(self, file_format: str) -> None:
        """Count a new export job."""
        self._exports.labels(file_format).inc()

    def page(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)
