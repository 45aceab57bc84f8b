"""Statements that somebody runs over the API's own connection."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from exports_pipeline.adapters.acting import NOBODY, Acting, act_as

REFUSED = "42501"


def acting(engine, who):
    """Runs a statement for somebody, or nobody: its rows, how many it changed, or the code of the refusal."""

    def run(statement, values=None):
        act_as(Acting.of(who) if who else NOBODY)
        try:
            with engine.begin() as connection:
                result = connection.execute(text(statement), values or {})
                return result.all() if result.returns_rows else result.rowcount
        except DBAPIError as error:
            return error.orig.sqlstate
        finally:
            act_as(NOBODY)

    return run
