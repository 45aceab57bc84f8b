"""Reads metrics that were rolled up in Postgres."""

from collections.abc import Sequence

from sqlalchemy import Engine

from exports_pipeline.adapters.metric_lines import Crowd, Kind, Lines, Sum, Tally
from exports_pipeline.adapters.metric_question import Figures, Where, asked_of, statement
from exports_pipeline.adapters.postgres import rows
from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.metric import Aggregate, Metric
from exports_pipeline.core.metric_store import MOST_POINTS, Line
from exports_pipeline.core.midnights import Shifted, shifted
from exports_pipeline.core.refusals import TooManyPoints

MOST_SKETCHES = 100_000
"""Stored buckets with customers that one question may read, of two kilobytes each."""


class MetricReader:
    """Answers what the events of some buckets amount to, told apart by dimensions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lines(
        self,
        tenant: str,
        metrics: Sequence[Metric],
        buckets: Sequence[Bucket],
        *,
        where: Where,
        by: Sequence[str],
        is_of_points: bool = False,
    ) -> list[tuple[Line, ...]]:
        """The figures of each group in each bucket, those of most events first, of one metric after the other.

        Metrics that count events are read together by one statement, any other by one of its own. Of points alone,
        totals count no customers.

        Raises:
            TooManyPoints: there are more than `MOST_POINTS`, or their customers stand in more than `MOST_SKETCHES`.
        """
        found: dict[str, tuple[Line, ...]] = {}
        for together in _by_statement(metrics):
            shift = shifted(buckets) if together[0].aggregate is Aggregate.COUNT else None
            for name, lines in self._read(tenant, together, buckets, shift, where, by).items():
                found[name] = lines.lines(len(buckets), shift, is_of_points=is_of_points)
        return [found[metric.name] for metric in metrics]

    def _read(
        self,
        tenant: str,
        metrics: Sequence[Metric],
        buckets: Sequence[Bucket],
        shift: Shifted | None,
        where: Where,
        by: Sequence[str],
    ) -> dict[str, Lines]:
        """What is stored of metrics that have the same buckets and figures."""
        figures, kind = _figures_of(metrics[0])
        most = MOST_SKETCHES if figures is Figures.CUSTOMERS else MOST_POINTS * len(metrics)
        edges: Sequence[Bucket] = ()
        if shift:
            buckets, edges, most = shift.buckets, shift.edges, 2 * most
        wanted = statement(tuple(where), tuple(by), figures)
        asked = asked_of(tenant, metrics, buckets, edges, where, by) | {"most": most + 1}
        found = rows(self._engine, wanted, asked)
        if len(found) > most:
            raise TooManyPoints(
                f"More than {most:,} stored figures; narrow the dates, or ask by fewer dimensions.", field="by"
            )
        lines = [Lines(kind, is_grouped=bool(by)) for _ in metrics]
        for row in found:
            lines[row[0] - 1].add(row)
        return {metric.name: each for metric, each in zip(metrics, lines, strict=True)}


def _figures_of(metric: Metric) -> tuple[Figures, Kind]:
    """What is read of a metric, and what its rows are added up to."""
    if metric.takes_customers:
        return Figures.CUSTOMERS, Crowd
    return (Figures.VALUES, Sum) if metric.takes_values else (Figures.COUNT, Tally)


def _by_statement(metrics: Sequence[Metric]) -> list[list[Metric]]:
    """Those that count events together, each of the others alone."""
    counts = [metric for metric in metrics if metric.aggregate is Aggregate.COUNT]
    others = [[metric] for metric in metrics if metric.aggregate is not Aggregate.COUNT]
    return [counts, *others] if counts else others
