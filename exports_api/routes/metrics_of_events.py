"""Metrics of events: what there is, and its figures over time."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from exports_api.access import SIGNED_IN
from exports_api.deps import Caller, Parts
from exports_api.routes.documented import problems
from exports_api.schemas.metrics import MetricList, MetricQuery, MetricView, SeriesView
from exports_pipeline.usecases.read_metrics import read_metric

router = APIRouter(prefix="/api/analytics/metrics", tags=["events"])

MetricName = Annotated[str, Path(description="Name of the metric.", examples=["conversations"])]


@router.get("", dependencies=[SIGNED_IN], summary="List the metrics", responses=problems())
async def get_metrics(_caller: Caller, parts: Parts) -> MetricList:
    """What your events are measured by, with the dimensions that figures can be filtered and told apart by."""
    return MetricList(items=[MetricView.of(metric) for metric in parts.ports.metrics.metrics])


@router.get("/{metric}", dependencies=[SIGNED_IN], summary="Read a metric", responses=problems(404, 422))
def get_metric(caller: Caller, parts: Parts, metric: MetricName, query: Annotated[MetricQuery, Query()]) -> SeriesView:
    """The figures of your own events, complete: a bucket in which nothing happened is zero, too.

    An event counts within a minute of coming in.
    """
    asked = query.as_question()
    return SeriesView.of(read_metric(metric, asked, caller, ports=parts.ports), asked)
