"""Reads what the page of the insights shows, with as few questions as it can."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi.concurrency import run_in_threadpool

from exports_api.web.forms.insights import WITHOUT, InsightQuery
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.insights import Facet
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_course import Course, read_course
from exports_pipeline.usecases.read_insights import Bars, jobs_for, read_bars, read_largest, read_names

_STACKED, _BARS, _CHOICES, _LARGEST = 8, 10, 50, 15
_CHOSEN_BY = {"tag": Facet.TAG, "plan": Facet.PLAN, "dataset": Facet.DATASET}
_CONTROLS = (*_CHOSEN_BY, "user")


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """What the whole page shows."""

    course: Course
    """The totals, and how they came about; each bar with the ways of delivery as its parts."""
    tags: Bars
    plans: Bars
    largest: Sequence[ExportJob]
    choices: Mapping[str, Sequence[str]]
    """What each control offers, the most used first; users by their ids."""
    names: Mapping[UUID, str]
    """What users are called."""
    people: Mapping[str, str]
    """The same by their ids as an address has them."""


async def glance(query: InsightQuery, requester: Requester, *, ports: ExportPorts) -> Course:
    """The totals and the series of the requester's exports, or of everybody's for those who may see these.

    Raises:
        NotAllowed: the exports of somebody else are asked for.
    """
    return await run_in_threadpool(_course, jobs_for(requester, query.jobs), query, ports)


async def dashboard(query: InsightQuery, requester: Requester, *, ports: ExportPorts) -> Dashboard:
    """All of it.

    Raises:
        NotAllowed: as above.
    """
    jobs = jobs_for(requester, query.jobs)
    # Two threads, each with one question after the other: more would wait for each other's turn to run.
    course, (largest, found, names) = await asyncio.gather(
        run_in_threadpool(_course, jobs, query, ports),
        run_in_threadpool(_rest, jobs, query, requester, ports),
    )
    tags, plans = (found.get(f"drawn {field}", found[field]) for field in ("tag", "plan"))
    return Dashboard(
        course=course,
        tags=tags,
        plans=_first(plans, _BARS),
        largest=largest,
        choices=_choices(query, found),
        names=names,
        people={str(user_id): name for user_id, name in names.items()},
    )


def _course(jobs: JobFilter, query: InsightQuery, ports: ExportPorts) -> Course:
    bars, points = query.granularity_of_bars, query.granularity
    return read_course(jobs, query.days, Facet.DESTINATION, bars=bars, points=points, limit=_STACKED, ports=ports)


def _rest(
    jobs: JobFilter, query: InsightQuery, requester: Requester, ports: ExportPorts
) -> tuple[Sequence[ExportJob], Mapping[str, Bars], Mapping[UUID, str]]:
    """The largest exports, the bars of each control, and what everybody in them is called."""
    facets = {**_CHOSEN_BY, **({"user": Facet.USER} if requester.views_insights else {})}
    # A control that is set offers all of its values; what is drawn is narrowed by it as well.
    asked = {field: (jobs_for(requester, query.without(field)), facet) for field, facet in facets.items()}
    asked |= {f"drawn {field}": (jobs, facets[field]) for field in ("tag", "plan") if field in query.chosen}
    found = {
        field: read_bars(of, query.days, [facet], limit=_CHOICES, ports=ports) for field, (of, facet) in asked.items()
    }
    largest = read_largest(jobs, query.days, limit=_LARGEST, ports=ports)
    if not requester.views_insights:
        return largest, found, {}
    people = {UUID(each) for each in _choices(query, found)["user"]} | {job.requester.user_id for job in largest}
    return largest, found, read_names(people, ports=ports)


def _choices(query: InsightQuery, found: Mapping[str, Bars]) -> dict[str, list[str]]:
    """What each control offers: the values that there are, and the one that is set."""
    choices = {
        field: [bar.key[0] or WITHOUT for bar in bars.bars] for field, bars in found.items() if field in _CONTROLS
    }
    for field, value in query.chosen.items():
        if field in choices and value not in choices[field]:
            choices[field].append(value)
    return choices


def _first(bars: Bars, count: int) -> Bars:
    return Bars(bars=bars.bars[:count], left_out=bars.left_out + max(0, len(bars.bars) - count))
