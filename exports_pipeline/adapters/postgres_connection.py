"""A psycopg connection that waits for no answer without end."""

from psycopg import Connection, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.errors import _WaitTimeout

ANSWER_WITHIN_S = 4.0
"""A statement of the ledger takes milliseconds; none may take longer than this, locks included."""


class ImpatientConnection(Connection):
    """Gives a statement up, and itself with it, when Postgres takes too long.

    A Postgres that is frozen, or behind a network that swallows packets, keeps its sockets open: TCP's own timeouts
    see nothing wrong with the first and need minutes for the second.
    """

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an answer as long as one may take.

        Raises:
            OperationalError: there was none; the connection is closed.
        """
        try:
            return super().wait(gen, interval, ANSWER_WITHIN_S if timeout is None else timeout)
        except _WaitTimeout as error:
            self.pgconn.finish()
            raise OperationalError(f"Postgres did not answer within {ANSWER_WITHIN_S:g} s.") from error
