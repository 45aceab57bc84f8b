"""The outbox in memory, over the deliveries that the ledger wrote."""

from dataclasses import replace
from uuid import uuid4

from exports_pipeline.core.delivery import Delivery, DeliveryState
from exports_pipeline.core.recipient import Channel


class InMemoryOutbox:
    """`Outbox` over the deliveries of an `InMemoryLedger`."""

    def __init__(self, ledger) -> None:
        self._ledger = ledger
        self._notices = set()

    def add(self, notice, recipient, *, now):
        key = (notice.kind, notice.occasion, recipient)
        if key in self._notices:
            return False
        self._notices.add(key)
        about = {"kind": notice.kind, "about": notice.about, "user_id": notice.user_id, "job_id": notice.job_id}
        row = {"state": DeliveryState.PENDING, "tries": 0, "next_try_at": now, "created_at": now, **about}
        delivery = Delivery(id=uuid4(), recipient=recipient, **row)
        self._ledger.deliveries[delivery.id] = delivery
        return True

    def again(self, delivery_id, *, now, audit):
        delivery = self._ledger.deliveries.get(delivery_id)
        if delivery is None or delivery.state is not DeliveryState.FAILED:
            return None
        self._ledger.record(audit)
        return self._put(delivery, state=DeliveryState.PENDING, tries=0, next_try_at=now, settled_at=None)

    def is_due(self, channels, *, now):
        return any(
            each.state in (DeliveryState.PENDING, DeliveryState.SENDING)
            and each.next_try_at <= now
            and each.recipient.channel in channels
            for each in self._ledger.deliveries.values()
        )

    def renew(self, delivery, *, until):
        return self._settle(delivery, next_try_at=until)

    def reserve(self, *, job_id, now, lease, limit=20, channels=tuple(Channel)):
        due = [
            delivery
            for delivery in self._ledger.deliveries.values()
            if delivery.state in (DeliveryState.PENDING, DeliveryState.SENDING)
            and delivery.next_try_at <= now
            and job_id in (None, delivery.job_id)
            and delivery.recipient.channel in channels
        ]
        changes = {"state": DeliveryState.SENDING, "next_try_at": now + lease}
        return [self._put(delivery, tries=delivery.tries + 1, **changes) for delivery in due[:limit]]

    def sent(self, delivery, *, receipt, now):
        now_kept = self._ledger.deliveries[delivery.id]
        if now_kept.state in (DeliveryState.PENDING, DeliveryState.SENDING):
            self._put(now_kept, state=DeliveryState.SENT, receipt=receipt, settled_at=now, next_try_at=None)

    def postponed(self, delivery, error, *, next_try_at):
        self._settle(delivery, state=DeliveryState.PENDING, last_error=error.sentence, next_try_at=next_try_at)

    def failed(self, delivery, error, *, now):
        self._settle(delivery, state=DeliveryState.FAILED, last_error=error.sentence, settled_at=now, next_try_at=None)

    def of_job(self, job_id):
        return [delivery for delivery in self._ledger.deliveries.values() if delivery.job_id == job_id]

    def _settle(self, delivery, **changes):
        kept = self._ledger.deliveries[delivery.id]
        is_theirs = kept.state is DeliveryState.SENDING and kept.tries == delivery.tries
        if is_theirs:
            self._put(kept, **changes)
        return is_theirs

    def _put(self, delivery, **changes):
        self._ledger.deliveries[delivery.id] = replace(delivery, **changes)
        return self._ledger.deliveries[delivery.id]
