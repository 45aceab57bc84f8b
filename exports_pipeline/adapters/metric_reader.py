"""Reads metrics that were rolled up in Postgres."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from sqlalchemy import Engine

from exports_pipeline.adapters.metric_lines import Crowd, Lines, Sum
from exports_pipeline.adapters.metric_question import Where, asked_of, statement
from exports_pipeline.adapters.postgres import reading
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
        takes_customers = metrics[0].takes_customers
        most = MOST_SKETCHES if takes_customers else MOST_POINTS * len(metrics)
        edges: Sequence[Bucket] = ()
        if shift:
            buckets, edges, most = shift.buckets, shift.edges, 2 * most
        wanted = statement(tuple(where), len(by), takes_customers=takes_customers)
        asked = asked_of(tenant, metrics, buckets, edges, where, by) | {"most": most + 1}
        # The driver's own cursor, as sketches come many times faster in the binary form.
        with reading(self._engine) as connection:
            driver: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # it is psycopg
            with driver.cursor(binary=True) as cursor:
                rows = cursor.execute(wanted, asked).fetchall()
        if len(rows) > most:
            raise TooManyPoints(
                f"More than {most:,} stored figures; narrow the dates, or ask by fewer dimensions.", field="by"
            )
        kind = Crowd if takes_customers else Sum
        found = [Lines(kind, is_grouped=bool(by)) for _ in metrics]
        for number, place, *figures in rows:
            found[number - 1].add(place, figures)
        return {metric.name: lines for metric, lines in zip(metrics, found, strict=True)}


def _by_statement(metrics: Sequence[Metric]) -> list[list[Metric]]:
    """Those that count events together, each of the others alone."""
    counts = [metric for metric in metrics if metric.aggregate is Aggregate.COUNT]
    others = [[metric] for metric in metrics if metric.aggregate is not Aggregate.COUNT]
    return [counts, *others] if counts else others
