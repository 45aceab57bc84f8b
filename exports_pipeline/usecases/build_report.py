"""Build a report of a template with the rights of its requester."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from exports_pipeline.core.manifest import Snapshot
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.question import Answer, Question
from exports_pipeline.core.report import UNMASKED, Report
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.unmasking import NO_REASON, as_asked
from exports_pipeline.usecases.ask_question import ask_question
from exports_pipeline.usecases.note_lifted import note_lifted

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
    unmask_reason: str | None = None,
    job_id: UUID | None = None,
) -> tuple[Report, Snapshot]:
    """The report of parameters as they were given, and the snapshot of the warehouse that it was made of.

    Periods are counted from the day of `at`, which is now unless given. Columns that are unmasked are noted in the
    audit log before the report is anybody's.

    Raises:
        UnknownTemplate, InvalidParameter, RequestError: the parameters do not fit, or not for this requester.
        WarehouseBusy, WarehouseUnavailable, QueryFailed: the warehouse did not answer.
        LedgerUnavailable: what is unmasked could not be noted.
    """
    requester = as_asked(requester, unmask_reason, needs_reason=ports.unmask_needs_reason)
    answers: list[tuple[Question, Answer]] = []

    def ask(question: Question) -> Answer:
        answer = ask_question(question, requester, catalog=ports.catalog, session=session, tick=tick)
        answers.append((question, answer))
        return answer

    values = ports.reports.check(template, parameters, catalog=ports.catalog, requester=requester)
    now = ports.clock()
    with ports.warehouse.open() as session:
        report = ports.reports.build(template, values, ask, now=at or now, attest=lambda: ports.attest(tick))
        snapshot = session.snapshot
    made = (
        ("Made for", requester.email or str(requester.user_id)),
        (MADE_AT, f"{now:%Y-%m-%d %H:%M} UTC"),
        (DATA_AS_OF, f"{snapshot.as_of:%Y-%m-%d %H:%M} UTC"),
    )
    lifted = dict.fromkeys((question.dataset, name) for question, answer in answers for name in answer.lifted)
    note_lifted(requester, tuple(lifted), reason=unmask_reason, job_id=job_id, ports=ports)
    redactions = {name: how for _, answer in answers for name, how in answer.redactions.items()}
    whole = replace(
        report,
        facts=(*report.facts, *_unmasked(tuple(lifted), unmask_reason), *made),
        parameters=dict(parameters),
        redactions=tuple(redactions.items()),
        lifted=tuple(lifted),
    )
    return whole, snapshot


def _unmasked(lifted: tuple[tuple[str, str], ...], reason: str | None) -> tuple[tuple[str, str], ...]:
    names = ", ".join(dict.fromkeys(name for _, name in lifted))
    return ((UNMASKED, f"{names}: {reason or NO_REASON}"),) if lifted else ()
