"""Chooses where spans go: to the collector of the settings, or nowhere."""

import structlog

from exports_pipeline.core.spans import NoSpans, Spans
from exports_pipeline.settings import Settings

_log = structlog.get_logger()


def make_spans(settings: Settings) -> Spans:
    """Spans for the collector that the settings name; nothing is traced without one, or without the extra."""
    if settings.otlp_endpoint is None:
        return NoSpans()
    try:
        from exports_pipeline.adapters.otel_spans import sending_to  # noqa: PLC0415 - an extra that may be absent
    except ImportError:
        _log.warning("telemetry_not_installed", advice="Install exports-service[telemetry].")
        return NoSpans()
    return sending_to(settings.otlp_endpoint)
