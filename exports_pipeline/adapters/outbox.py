"""The outbox of deliveries in Postgres."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, RowMapping, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.tables import deliveries
from exports_pipeline.core.delivery import Delivery, DeliveryState, Kind, Notice
from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel, Recipient

_row = deliveries.c
_OPEN = (DeliveryState.PENDING, DeliveryState.SENDING)


class PostgresOutbox:
    """`Outbox` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, notice: Notice, recipient: Recipient, *, now: datetime) -> bool:
        """Write a notice to a recipient, unless it is there already."""
        new = insert(deliveries).values(
            kind=notice.kind,
            occasion=notice.occasion,
            user_id=notice.user_id,
            about=dict(notice.about),
            job_id=notice.job_id,
            **pending(recipient, now),
        )
        with transaction(self._engine) as connection:
            written = new.on_conflict_do_nothing(constraint="deliveries_once").returning(_row.id)
            return connection.execute(written).first() is not None

    def reserve(
        self,
        *,
        job_id: UUID | None,
        now: datetime,
        lease: timedelta,
        limit: int = 20,
        channels: Collection[Channel] = tuple(Channel),
    ) -> list[Delivery]:
        """Mark due deliveries as being sent until the lease ends; two callers never get the same one."""
        due = (
            select(_row.id)
            .where(*_due(channels, now))
            .order_by(_row.next_try_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        if job_id is not None:
            due = due.where(_row.job_id == job_id)
        statement = (
            update(deliveries)
            .where(_row.id.in_(due))
            .values(state=DeliveryState.SENDING, tries=_row.tries + 1, next_try_at=now + lease)
            .returning(deliveries)
        )
        with transaction(self._engine) as connection:
            return [_delivery(row) for row in connection.execute(statement).mappings()]

    def is_due(self, channels: Collection[Channel], *, now: datetime) -> bool:
        """Whether a delivery by one of the channels waits to be sent."""
        with reading(self._engine) as connection:
            return bool(connection.execute(select(exists().where(*_due(channels, now)))).scalar_one())

    def renew(self, delivery: Delivery, *, until: datetime) -> bool:
        """Move the end of the lease of a delivery that this try still sends."""
        return self._change(_still_sent_by(delivery), next_try_at=until)

    def sent(self, delivery: Delivery, *, receipt: str, now: datetime) -> None:
        """Settle a delivery as sent, whichever try it was."""
        is_open = (_row.id == delivery.id, _row.state.in_(_OPEN))
        self._change(is_open, state=DeliveryState.SENT, receipt=receipt, settled_at=now, next_try_at=None)

    def postponed(self, delivery: Delivery, error: ExportError, *, next_try_at: datetime) -> None:
        """Note why a try failed and when the next one is due."""
        values = {"last_error": error.sentence, "next_try_at": next_try_at}
        self._change(_still_sent_by(delivery), state=DeliveryState.PENDING, **values)

    def failed(self, delivery: Delivery, error: ExportError, *, now: datetime) -> None:
        """Settle a delivery as failed."""
        values = {"last_error": error.sentence, "settled_at": now, "next_try_at": None}
        self._change(_still_sent_by(delivery), state=DeliveryState.FAILED, **values)

    def again(self, delivery_id: UUID, *, now: datetime, audit: AuditEntry) -> Delivery | None:
        """Make a failed delivery pending again, with its tries forgotten."""
        values = {"state": DeliveryState.PENDING, "tries": 0, "next_try_at": now, "settled_at": None}
        failed = update(deliveries).where(_row.id == delivery_id, _row.state == DeliveryState.FAILED).values(values)
        with transaction(self._engine) as connection:
            row = connection.execute(failed.returning(deliveries)).mappings().one_or_none()
            if row is not None:
                write_entry(connection, audit)
        return _delivery(row) if row else None

    def of_job(self, job_id: UUID) -> list[Delivery]:
        """All deliveries of a job."""
        query = select(deliveries).where(_row.job_id == job_id).order_by(_row.created_at, _row.id)
        with transaction(self._engine) as connection:
            return [_delivery(row) for row in connection.execute(query).mappings()]

    def _change(self, which: tuple[ColumnElement[bool], ...], **values: Any) -> bool:
        with transaction(self._engine) as connection:
            return connection.execute(update(deliveries).where(*which).values(**values)).rowcount > 0


def _still_sent_by(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    """The count of tries fences: what an earlier try says after its lease has ended changes nothing."""
    return _row.id == delivery.id, _row.state == DeliveryState.SENDING, _row.tries == delivery.tries


def _due(channels: Collection[Channel], now: datetime) -> tuple[ColumnElement[bool], ...]:
    return _row.state.in_(_OPEN), _row.next_try_at <= now, _row.channel.in_(channels)


def pending(recipient: Recipient, now: datetime) -> dict[str, Any]:
    """The values of a row that was not tried yet."""
    return {
        "channel": recipient.channel,
        "address": recipient.address,
        "destination_id": recipient.destination_id,
        "state": DeliveryState.PENDING,
        "tries": 0,
        "next_try_at": now,
        "created_at": now,
    }


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(
        id=row["id"],
        kind=Kind(row["kind"]),
        job_id=row["job_id"],
        user_id=row["user_id"],
        about=row["about"],
        recipient=Recipient(
            channel=Channel(row["channel"]), address=row["address"], destination_id=row["destination_id"]
        ),
        state=DeliveryState(row["state"]),
        tries=row["tries"],
        next_try_at=row["next_try_at"],
        created_at=row["created_at"],
        settled_at=row["settled_at"],
        last_error=row["last_error"],
        receipt=row["receipt"],
    )
