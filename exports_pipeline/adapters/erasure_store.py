"""The journal of erasures in Postgres, and the transaction that takes a person out of the ledger."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, RowMapping, insert, select, text, update

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.erasure_statements import FILES, KINDS, OWNER_KEYS, RECIPIENTS, STATEMENTS
from exports_pipeline.adapters.erasure_tables import erasures
from exports_pipeline.adapters.job_rows import filters_as_json
from exports_pipeline.adapters.postgres import transaction
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.adapters.tables import schedules, users
from exports_pipeline.core.erasure import Erasure, erased_owner_key
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.ledger import AuditEntry

_row, _user = erasures.c, users.c
_AS_LONG_AS_IT_TAKES = text("SET LOCAL statement_timeout = 0")
"""Whoever made a million exports is erased in one transaction, too."""


class PostgresErasures:
    """`ErasureStore` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, user_id: UUID, asked_by: UUID, *, now: datetime) -> Erasure | None:
        """The erasure of a user that is under way or has been done, else a new one; the row of the user is locked."""
        with transaction(self._engine) as connection:
            person = connection.execute(select(users).where(_user.id == user_id).with_for_update()).mappings().first()
            if person is None:
                return None
            last = select(erasures).where(_row.user_id == user_id).order_by(_row.began_at.desc()).limit(1)
            found = connection.execute(last).mappings().first()
            if found is not None and (found["certified_at"] is None or _is_still_erased(person)):
                return _erasure(found)
            off = {"deactivated_at": person["deactivated_at"] or now}
            connection.execute(update(users).where(_user.id == user_id).values(off))
            stopped = {"is_active": False, "next_due_at": None}
            connection.execute(update(schedules).where(schedules.c.user_id == user_id).values(stopped))
            new = insert(erasures).values(user_id=user_id, asked_by=asked_by, began_at=now).returning(erasures)
            begun = _erasure(connection.execute(new).mappings().one())
            entry = AuditEntry(at=now, actor=asked_by, action="user.erasure_begun", **_about(begun))
            write_entry(connection, entry)
        return begun

    def count(self, erasure_id: UUID, name: str, number: int) -> None:
        """Note how much there is of something, unless that was noted before."""
        counted = {name: number}
        with transaction(self._engine) as connection:
            noted = update(erasures).where(_row.id == erasure_id, ~_row.counts.has_key(name))
            connection.execute(noted.values(counts=_row.counts.concat(counted)))

    def erase_rows(self, erasure: Erasure, *, now: datetime) -> Erasure:
        """Erase everything personal from the ledger in one transaction; without effect once that was done."""
        with transaction(self._engine) as connection:
            connection.execute(_AS_LONG_AS_IT_TAKES)
            own = select(erasures).where(_row.id == erasure.id).with_for_update()
            noted = _erasure(connection.execute(own).mappings().one())
            if noted.erased_at is not None:
                return noted
            digests = {"files": connection.execute(text(FILES), {"person": erasure.user_id}).scalar_one()}
            counts = _erase(connection, erasure, now)
            written = update(erasures).where(_row.id == erasure.id).values(
                counts=_row.counts.concat(counts), digests=digests, erased_at=now
            )  # fmt: skip
            return _erasure(connection.execute(written.returning(erasures)).mappings().one())

    def certified(self, erasure_id: UUID, audit: AuditEntry, *, now: datetime) -> Erasure:
        """Note that everything is done, once."""
        with transaction(self._engine) as connection:
            done = update(erasures).where(_row.id == erasure_id, _row.certified_at.is_(None)).values(certified_at=now)
            if connection.execute(done).rowcount:
                write_entry(connection, audit)
            return _erasure(connection.execute(select(erasures).where(_row.id == erasure_id)).mappings().one())


def _erase(connection: Connection, erasure: Erasure, now: datetime) -> dict[str, int]:
    """Erase the rows, and count them."""
    person = erasure.user_id
    known = connection.execute(select(_user.email, _user.telegram_chat_id).where(_user.id == person)).one()
    addresses = [str(person), *(each.lower() for each in known if each)]
    values: dict[str, Any] = {"person": person, "addresses": addresses, "now": now, "mark": erased_owner_key(person)}
    counts = {"recipients": _leave_schedules(connection, erasure, values)}
    counts["jobs_of_others"] = connection.execute(load_sql("erase_recipient_of_jobs"), values).rowcount
    keys = list(connection.execute(text(OWNER_KEYS), values).scalars())
    marks = [mark for place in range(1, 2 * len(keys) + 1) if (mark := erased_owner_key(person, place)) not in keys]
    for name, statement in STATEMENTS.items():
        counts[name] = connection.execute(text(statement), values).rowcount
    counts |= {"jobs": 0, "kinds": 0}
    plain = [key for key in keys if not key.startswith(erased_owner_key(person))]
    for key, mark in zip(plain, marks, strict=False):  # there are as many marks as keys, and more
        renamed = {"person": person, "key": key, "mark": mark}
        of_jobs = renamed | {"nothing": json.dumps(filters_as_json(Filters())), "now": now}
        counts["jobs"] += connection.execute(load_sql("erase_jobs"), of_jobs).rowcount
        counts["kinds"] += connection.execute(text(KINDS), renamed).rowcount
    by = {"person": person, "by": erasure.asked_by, "now": now}
    blanked = text("SELECT erase_audit_person(:person, :by, :now)")
    counts["audit_entries"] = connection.execute(blanked, by).scalar_one()
    of_others = text("SELECT erase_audit_addresses(:addresses, :person, :by, :now)")
    counts["audit_entries_of_others"] = connection.execute(of_others, by | {"addresses": addresses}).scalar_one()
    return counts


def _leave_schedules(connection: Connection, erasure: Erasure, values: dict[str, Any]) -> int:
    """Take a person out of the schedules of others; each of those has an entry that says so."""
    left = list(connection.execute(text(RECIPIENTS), values).scalars())
    for schedule_id in left:
        about: dict[str, Any] = {"entity_type": "schedule", "entity_id": str(schedule_id), "subject": erasure.user_id}
        action = "schedule.recipient_erased"
        write_entry(connection, AuditEntry(at=values["now"], actor=erasure.asked_by, action=action, **about))
    return len(left)


def _is_still_erased(person: RowMapping) -> bool:
    """Whether no token of the person came in since: it would have brought the owner key back."""
    return bool(person["owner_key"] == erased_owner_key(person["id"]))


def _about(erasure: Erasure) -> dict[str, Any]:
    return {
        "subject": erasure.user_id,
        "entity_type": "user",
        "entity_id": str(erasure.user_id),
        "details": {"erasure": str(erasure.id)},
    }


def _erasure(row: RowMapping) -> Erasure:
    return Erasure(**row)
