"""A psycopg connection that waits for no answer without end."""

from psycopg import Connection, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.errors import _WaitTimeout
from psycopg.waiting import Wait

from exports_pipeline.core.giving_way import give_way

ANSWER_WITHIN_S = 4.0
"""A statement of the ledger takes milliseconds; none may take longer than this, locks included."""


class ImpatientConnection(Connection):
    """Gives a statement up, and itself with it, when Postgres takes too long.

    A Postgres that is frozen, or behind a network that swallows packets, keeps its sockets open: TCP's own timeouts
    see nothing wrong with the first and need minutes for the second.
    """

    gives_way = False
    """Whether other questions of the same thread may go on while this one waits. They must not while the connection is
    made or handed out, since the locks of its pool belong to threads."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an answer as long as one may take.

        Raises:
            OperationalError: there was none; the connection is closed.
        """
        steps = self._giving_way(gen) if self.gives_way else gen
        try:
            return super().wait(steps, interval, ANSWER_WITHIN_S if timeout is None else timeout)
        except _WaitTimeout as error:
            self.pgconn.finish()
            raise OperationalError(f"Postgres did not answer within {ANSWER_WITHIN_S:g} s.") from error

    def _giving_way(self, gen: PQGen[RV]) -> PQGen[RV]:
        """The same steps, each of those that wait for something to read begun when it is there."""
        try:
            state = next(gen)
            while True:
                if state == Wait.R:
                    give_way(self.pgconn.socket)
                state = gen.send((yield state))
        except StopIteration as ended:
            answer: RV = ended.value
            return answer
