"""Show a report as a page, made while somebody waits and kept nowhere."""

from collections.abc import Mapping
from typing import Any

from exports_pipeline.core.formats import Format
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.build_report import build_report
from exports_pipeline.usecases.note_looks import note_preview


def preview_report(
    template: str,
    parameters: Mapping[str, Any],
    requester: Requester,
    *,
    ports: ExportPorts,
    unmask_reason: str | None = None,
) -> bytes:
    """The report as one HTML page; that it was looked at stands in the audit log before it is anybody's.

    Raises:
        UnknownTemplate, InvalidParameter, RequestError: the parameters do not fit, or not for this requester.
        WarehouseBusy, WarehouseUnavailable, QueryFailed: the warehouse did not answer.
        LedgerUnavailable: the look could not be noted.
    """
    report, _ = build_report(template, parameters, requester, ports=ports, unmask_reason=unmask_reason)
    page = b"".join(ports.reports.render(report, file_format=Format.HTML, tick=lambda: None))
    note_preview(template, requester, ports=ports)
    return page
