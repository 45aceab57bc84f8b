"""How another roll-up of the same events follows in the transactions of the metrics' own."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection


class FollowingRollUp(Protocol):
    """A roll-up of the same events into tables of its own, as `PostgresMetricStore(also=...)` takes it.

    What writes runs in a transaction (REPEATABLE READ) of the metrics' roll-up, are alone in it, and must commit,
    close or keep nothing of it: what they write is seen together with the metrics, or not at all. It is called
    again from the start when the transaction is repeated after a conflict.
    """

    def add(self, connection: Connection, batch_ids: Sequence[int]) -> None:
        """Roll the events up whose `batch_id` is one of these; each batch comes once.

        They are marked as rolled up in the same transaction, before this is called. Other batches may be open:
        whatever reads events of before as well must leave out those of open batches (`not_open` does).
        """

    def mend(self, connection: Connection) -> None:
        """Make anew what was changed: what the tables of stale things name, which this deletes there.

        `stale_minutes` and `stale_customers` are locked against those who would add to them; so at most a second.
        """

    def is_stale(self, connection: Connection) -> bool:
        """Whether `mend` would have anything to do; asked often, so it takes a millisecond."""

    def catch_up(self, connection: Connection) -> int:
        """Do a part of what a new definition asks for; how many customers it was, 0 when all of it is done.

        Nothing is locked meanwhile, and new events are added between one part and the next.
        """

    def is_behind(self, connection: Connection) -> bool:
        """Whether `catch_up` would have anything to do; asked as often as `is_stale`."""
