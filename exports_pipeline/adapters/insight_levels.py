"""Which level of the roll-ups answers a question."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from exports_pipeline.core.insights import Facet
from exports_pipeline.core.job_filter import JobFilter

_DATA = frozenset({Facet.TYPE, Facet.DATASET, Facet.TAG, Facet.FORMAT})
LEVELS: Mapping[str, frozenset[Facet]] = MappingProxyType(
    {
        "all": frozenset(),
        "error": frozenset({Facet.STATUS, Facet.ERROR}),
        "sent": frozenset({Facet.DESTINATION}),
        "user": frozenset({Facet.USER}),
        "data": _DATA,
        "plan": frozenset({Facet.TAG, Facet.LIST, Facet.PLAN}),
        "data_error": _DATA | {Facet.STATUS, Facet.ERROR},
        "data_sent": _DATA | {Facet.DESTINATION},
        "sent_plan": frozenset({Facet.TAG, Facet.DESTINATION, Facet.LIST, Facet.PLAN}),
        "data_plan": _DATA | {Facet.LIST, Facet.PLAN},
        "data_sent_plan": _DATA | {Facet.DESTINATION, Facet.LIST, Facet.PLAN},
        "user_sent": frozenset({Facet.USER, Facet.DESTINATION}),
        "user_plan": frozenset({Facet.USER, Facet.TAG, Facet.LIST, Facet.PLAN}),
        "user_data": _DATA | {Facet.USER},
        "job": frozenset(Facet),
    }
)
"""What each level of migrations 0013, 0019 and 0029 knows, the shortest first."""
WITH_OPENINGS = ("all", "error", "sent", "user", "data", "plan", "job")
"""The levels at which openings are counted, too."""
WITH_QUARTERS = ("all", "error", "sent", "user", "data", "plan", "data_sent", "job")
"""The levels that know about less than a whole day."""
WITH_SECONDS = ("all", "user", "data")
"""The levels that keep how long jobs took."""

_FACETS_OF_FILTER = {
    "user_id": Facet.USER,
    "dataset": Facet.DATASET,
    "type": Facet.TYPE,
    "tag": Facet.TAG,
    "format": Facet.FORMAT,
    "destination": Facet.DESTINATION,
    "list": Facet.LIST,
    "plan": Facet.PLAN,
    "status": Facet.STATUS,
    "error_code": Facet.ERROR,
}


def level_for(jobs: JobFilter, by: Iterable[Facet] = (), *, among: Sequence[str] = tuple(LEVELS)) -> str | None:
    """The shortest of these levels that knows everything a filter and its facets need; None if none does."""
    needed = {*by, *(_FACETS_OF_FILTER[name] for name in given_in(jobs))}
    return next((level for level in among if needed <= LEVELS[level]), None)


def given_in(jobs: JobFilter) -> dict[str, object]:
    """What a filter asks for, by the names of its fields."""
    return {name: value for name in _FACETS_OF_FILTER if (value := getattr(jobs, name)) is not None}
