"""Spans for OpenTelemetry; importable with the extra `telemetry` only."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.spans import Fact, Tell

_SEND_EVERY_MS = 1000
"""A worker child that is replaced loses what it has not sent."""
_W3C = TraceContextTextMapPropagator()


class OtelSpans:
    """`Spans` over a tracer provider of OpenTelemetry."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("exports")

    @contextmanager
    def span(self, name: str, *, parent: str | None = None, **facts: Fact) -> Iterator[Tell]:
        """A span that is current meanwhile; of an error only the code is told, for its words may quote a row."""
        with self._tracer.start_as_current_span(
            name,
            context=_W3C.extract({"traceparent": parent}) if parent else None,
            attributes={f"exports.{key}": fact for key, fact in facts.items()},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield lambda key, fact: span.set_attribute(f"exports.{key}", fact)
            except BaseException as error:
                span.set_status(
                    StatusCode.ERROR, error.code if isinstance(error, ExportError) else type(error).__name__
                )
                raise

    def traceparent(self) -> str | None:
        """The traceparent of the current span."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent")

    def close(self) -> None:
        """Send what has not been sent, and stop."""
        self._provider.shutdown()


def sending_to(endpoint: str) -> OtelSpans:
    """Spans that are sent to an OTLP collector over HTTP, in the background."""
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider = TracerProvider(resource=Resource.create({"service.name": "exports"}))
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_SEND_EVERY_MS))
    return OtelSpans(provider)
