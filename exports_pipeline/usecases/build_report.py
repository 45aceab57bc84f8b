"""Build a report of a template with the rights of its requester."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from exports_pipeline.core.manifest import Snapshot
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.report import Report
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.ask_question import ask_question

MADE_AT, DATA_AS_OF = "Made at", "Data as of"
"""The facts of a report that differ each time it is made."""


def build_report(
    template: str,
    parameters: Mapping[str, Any],
    requester: Requester,
    *,
    ports: ExportPorts,
    at: datetime | None = None,
    tick: Callable[[], None] = lambda: None,
) -> tuple[Report, Snapshot]:
    """The report of parameters as they were given, and the snapshot of the warehouse that it was made of.

    Periods are counted from the day of `at`, which is now unless given.

    Raises:
        UnknownTemplate, InvalidParameter, RequestError: the parameters do not fit, or not for this requester.
        WarehouseBusy, WarehouseUnavailable, QueryFailed: the warehouse did not answer.
    """
    values = ports.reports.check(template, parameters, catalog=ports.catalog, requester=requester)
    now = ports.clock()
    with ports.warehouse.open() as session:
        report = ports.reports.build(
            template,
            values,
            lambda question: ask_question(question, requester, catalog=ports.catalog, session=session, tick=tick),
            now=at or now,
            attest=lambda: ports.attest(tick),
        )
        snapshot = session.snapshot
    made = (
        ("Made for", requester.email or str(requester.user_id)),
        (MADE_AT, f"{now:%Y-%m-%d %H:%M} UTC"),
        (DATA_AS_OF, f"{snapshot.as_of:%Y-%m-%d %H:%M} UTC"),
    )
    return replace(report, facts=(*report.facts, *made), parameters=dict(parameters)), snapshot
