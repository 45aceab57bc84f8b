"""The figures of the ledger in Postgres, for metrics."""

from sqlalchemy import Engine, select, text

from exports_pipeline.adapters.postgres import transaction
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.adapters.tables import delivery_totals, job_totals, seconds_totals
from exports_pipeline.core.figures import DeliveryTotal, Figures, JobTotal, SecondsTotal

_TIMEOUT = text("SET LOCAL statement_timeout = '2s'")
_SECONDS = select(seconds_totals).order_by(seconds_totals.c.phase, seconds_totals.c.label, seconds_totals.c.up_to)


class PostgresFigures:
    """`FigureReader` over Postgres: four small statements, of at most two seconds each."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> Figures:
        """All figures; what ended is read from totals that triggers keep, what has not from partial indexes."""
        with transaction(self._engine) as connection:
            connection.execute(_TIMEOUT)
            now = connection.execute(load_sql("figures")).mappings().one()
            jobs = connection.execute(select(job_totals)).mappings()
            deliveries = connection.execute(select(delivery_totals)).mappings()
            seconds = connection.execute(_SECONDS).mappings()
            return Figures(
                **now,
                jobs=tuple(JobTotal(**row) for row in jobs),
                deliveries=tuple(DeliveryTotal(**row) for row in deliveries),
                seconds=tuple(SecondsTotal(**row) for row in seconds),
            )
