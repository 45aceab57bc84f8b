"""Ask a report's question for its requester: the same catalogue, filters, isolation and redaction as an export."""

from collections.abc import Callable

from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.data_ports import WarehouseSession
from exports_pipeline.core.filters import select
from exports_pipeline.core.question import Answer, Question
from exports_pipeline.core.requester import Requester


def ask_question(
    question: Question,
    requester: Requester,
    *,
    catalog: Catalog,
    session: WarehouseSession,
    tick: Callable[[], None] = lambda: None,
) -> Answer:
    """What a question finds among the rows that the requester may export.

    Raises:
        RequestError: the question does not fit the catalogue, or not for this requester.
        WarehouseBusy, WarehouseUnavailable, QueryFailed: the warehouse did not answer.
    """
    dataset = catalog.find(question.dataset, requester)
    selection = select(dataset, question.filters, requester, timezone=question.timezone)
    return session.answer(selection, question, tick=tick)
