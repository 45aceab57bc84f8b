"""Reads the audit log with its seals as it is at one moment, some ten thousand entries at a time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, text

from exports_pipeline.core.audit_chain import Anchor, SealedEntry, Stray
from exports_pipeline.core.event_months import month_after, start_of

_READ_AT_ONCE = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ANCHOR = text("""
    SELECT month, sequence, hash, (SELECT sum(entries)::bigint FROM audit_anchors) AS entries
    FROM audit_anchors ORDER BY month DESC LIMIT 1""")
_SINCE = "at >= coalesce(CAST(:since AS timestamptz), '-infinity')"
_UNTIL = "at < coalesce(CAST(:until AS timestamptz), 'infinity')"
_FIRST = text(f"SELECT sequence FROM audit_seals WHERE {_SINCE} ORDER BY sequence LIMIT 1")  # noqa: S608 - words of ours
_LAST = text(f"SELECT sequence FROM audit_seals WHERE {_UNTIL} ORDER BY sequence DESC LIMIT 1")  # noqa: S608 - as above
_HASHES = text("SELECT sequence, hash FROM audit_seals WHERE sequence = ANY(CAST(:sequences AS bigint[]))")
_PLACE = text("SELECT sequence FROM audit_seals WHERE hash = :hash LIMIT 1")
_STRAYS = text(f"""
    SELECT id, at, action FROM audit_log AS entry
    WHERE {_SINCE} AND {_UNTIL}
        AND NOT EXISTS (SELECT FROM audit_seals WHERE entry_id = entry.id AND audit_seals.at = entry.at)
        AND NOT EXISTS (SELECT FROM audit_unsealed WHERE id = entry.id AND audit_unsealed.at = entry.at)
    ORDER BY at, id LIMIT :limit""")  # noqa: S608 - words of ours
_LOST = text(f"""
    SELECT (details ->> 'entry')::bigint AS id, (details ->> 'at')::timestamptz AS at FROM audit_log
    WHERE action = 'audit.entry_missing' AND {_SINCE} AND {_UNTIL} ORDER BY audit_log.at LIMIT :limit""")  # noqa: S608 - as above
_UNNOTED = text("""
    SELECT month FROM audit_anchors AS anchor
    WHERE dropped_at >= (SELECT (max(month) + INTERVAL '1 month') AT TIME ZONE 'UTC' FROM audit_anchors)
        AND NOT EXISTS (
            SELECT FROM audit_log
            WHERE action = 'audit.month_dropped' AND entity_id = to_char(anchor.month, 'YYYY-MM')
                AND details ->> 'hash' = encode(anchor.hash, 'hex')
                AND (details ->> 'sequence')::bigint = anchor.sequence)
    ORDER BY month""")
# The canonical form, as the function seal_audit_log has it; here once more, so that whoever could change the function
# does not change the check. OFFSET 0 keeps it to one look by the key for each seal.
_SEALED = """
    SELECT seal.sequence, seal.entry_id, (extract(epoch FROM seal.at) * 1000000)::bigint, seal.digest,
           seal.previous_hash, seal.hash, found.entry, found.personal, found.salt, found.personal_digest,
           coalesce(found.is_noted, false)
    FROM audit_seals AS seal
    LEFT JOIN LATERAL (
        SELECT
            convert_to(jsonb_build_array(
                'exports-audit/1', entry.id, (extract(epoch FROM entry.at) * 1000000)::bigint, entry.actor,
                entry.subject, entry.service, entry.key_id, entry.action, entry.entity_type, entry.entity_id,
                entry.job_id, entry.before, entry.after, entry.details, entry.outcome, entry.request_id,
                encode(entry.personal_digest, 'hex')
            )::text, 'UTF8') AS entry,
            convert_to(jsonb_build_array(entry.address, entry.agent, entry.personal)::text, 'UTF8') AS personal,
            entry.salt, entry.personal_digest,
            entry.salt IS NULL AND EXISTS (
                SELECT FROM audit_log AS erasure
                WHERE (erasure.action = 'audit.person_erased' AND erasure.entity_id <> ''
                    AND erasure.entity_id IN (entry.actor::text, entry.subject::text))
                    OR (erasure.action = 'audit.address_erased'
                        AND erasure.details -> 'of_others' @> to_jsonb(entry.id))
            ) AS is_noted
        FROM audit_log AS entry
        WHERE entry.at = seal.at AND entry.id = seal.entry_id
        OFFSET 0
    ) AS found ON true
    WHERE seal.sequence BETWEEN %s AND %s
    ORDER BY seal.sequence"""


class PostgresChainReader:
    """`ChainReader` over one transaction that sees one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def anchor(self) -> Anchor:
        """Where the chain begins."""
        return read_anchor(self._connection)

    def bounds(self, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        """The first and the last place of entries in the range."""
        first = self._connection.execute(_FIRST, {"since": since}).scalar_one_or_none()
        last = self._connection.execute(_LAST, {"until": until}).scalar_one_or_none()
        anchored = self.anchor().sequence
        if first is None or last is None:
            return anchored + 1, anchored
        return (anchored + 1 if since is None else first), last

    def hashes(self, sequences: Sequence[int]) -> Mapping[int, bytes]:
        """The hashes at these places."""
        rows = self._connection.execute(_HASHES, {"sequences": list(sequences)})
        return {row.sequence: bytes(row.hash) for row in rows}

    def place_of(self, seal_hash: bytes) -> int | None:
        """Where the seal with this hash stands."""
        place: int | None = self._connection.execute(_PLACE, {"hash": seal_hash}).scalar_one_or_none()
        return place

    def sealed(self, first: int, last: int) -> Iterator[Sequence[SealedEntry]]:
        """Seals with their entries by place; read without SQLAlchemy, which would take as long as all the rest."""
        driver: Any = self._connection.connection.driver_connection
        for begin in range(first, last + 1, _READ_AT_ONCE):
            with driver.cursor(binary=True) as cursor:
                cursor.execute(_SEALED, (begin, min(last, begin + _READ_AT_ONCE - 1)))
                yield [SealedEntry._make(row) for row in cursor.fetchall()]

    def strays(self, since: datetime | None, until: datetime | None, *, limit: int) -> Sequence[Stray]:
        """Entries without a seal that do not wait for one."""
        rows = self._connection.execute(_STRAYS, {"since": since, "until": until, "limit": limit})
        return [Stray(entry_id=row.id, at=row.at.astimezone(UTC), action=row.action) for row in rows]

    def lost(self, since: datetime | None, until: datetime | None, *, limit: int) -> Sequence[tuple[int, datetime]]:
        """Entries that were gone before they were sealed."""
        rows = self._connection.execute(_LOST, {"since": since, "until": until, "limit": limit})
        return [(row.id, row.at.astimezone(UTC)) for row in rows]

    def drops_unnoted(self) -> Sequence[date]:
        """Months that were dropped without an entry that says so."""
        return list(self._connection.execute(_UNNOTED).scalars())

    def pending(self) -> int:
        """Entries that wait for a seal."""
        count: int = self._connection.execute(text("SELECT count(*) FROM audit_unsealed")).scalar_one()
        return count


def read_anchor(connection: Connection) -> Anchor:
    """Where the chain begins now."""
    row = connection.execute(_ANCHOR).one_or_none()
    if row is None:
        return Anchor()
    expired = start_of(month_after(row.month)) - _EPOCH
    return Anchor(
        sequence=row.sequence,
        hash=bytes(row.hash),
        month=row.month,
        expired_us=int(expired.total_seconds()) * 1_000_000,
        entries=row.entries,
    )
