"""The activity of users in Postgres: a trigger notes every entry of the audit log, and a roll-up counts them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, TextClause, text

from exports_pipeline.adapters.activity_features import activities_by_feature, asked_by_feature
from exports_pipeline.adapters.activity_runs import stored_runs
from exports_pipeline.adapters.postgres import reading, transaction
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.activity import HEADS, OTHER_BIT, Activities, Activity, UserActivity
from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.origin import NOBODY

_ENTRIES_AT_ONCE = 10_000
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('activity_rollups'))")
_ROLL_UP = text("""
    WITH taken AS (
        DELETE FROM activity_tail WHERE ctid = ANY (ARRAY(SELECT ctid FROM activity_tail LIMIT :most))
        RETURNING at, actor, action
    ),
    added AS (
        INSERT INTO activity_rollups AS known (granularity, bucket, actor, action, entries, first_at, last_at, features)
        SELECT told.prefix || stored.length AS granularity, date_trunc(stored.length, taken.at, 'UTC') AS begins,
               told.actor, told.action, count(*), min(taken.at), max(taken.at), bit_or(told.features)
        FROM taken
        LEFT JOIN unnest(CAST(:heads AS text[])) WITH ORDINALITY AS head (name, place)
            ON head.name = split_part(taken.action, '.', 1)
        CROSS JOIN (VALUES ('hour'), ('day'), ('week'), ('month')) AS stored (length)
        CROSS JOIN LATERAL (VALUES
            ('', taken.actor, taken.action, 0),
            ('any ', taken.actor, '', CAST(1 AS bigint) << coalesce(CAST(head.place - 1 AS integer), :other)),
            ('all ', CAST(:nobody AS uuid), taken.action, 0)
        ) AS told (prefix, actor, action, features)
        GROUP BY told.prefix, stored.length, begins, told.actor, told.action
        ON CONFLICT (granularity, bucket, actor, action) DO UPDATE
        SET entries = known.entries + EXCLUDED.entries,
            features = known.features | EXCLUDED.features,
            first_at = least(known.first_at, EXCLUDED.first_at),
            last_at = greatest(known.last_at, EXCLUDED.last_at)
    )
    SELECT count(*) FROM taken""")
_ROLLED_UP = ", activity AS (SELECT * FROM rolled_up {})"
_MINUTES = "UNION ALL SELECT at, actor, action, 1, at, at FROM ({}) AS written"
_USERS = """
    SELECT ranked.actor, coalesce(users.owner_key, '') AS team, ranked.actions, ranked.first_at, ranked.last_at
    FROM (
        SELECT actor, total_of(entries) AS actions, min(first_at) AS first_at, max(last_at) AS last_at
        FROM activity GROUP BY actor ORDER BY actions DESC, actor LIMIT :most
    ) AS ranked
    LEFT JOIN users ON users.id = ranked.actor
    ORDER BY ranked.actions DESC, ranked.actor"""
_TEAMS = """,
    placed AS MATERIALIZED (
        SELECT acted.place, acted.actor, coalesce(users.owner_key, '') AS team, acted.actions
        FROM (
            SELECT width_bucket(at, CAST(:starts AS timestamptz[])) AS place, actor, total_of(entries) AS actions
            FROM activity GROUP BY 1, 2
        ) AS acted
        LEFT JOIN users ON users.id = acted.actor
    )
    -- A row of `placed` for each user in each place, so that users are counted without DISTINCT, which sorts all of it.
    SELECT place, team, total_of(actions) AS actions, count(*) AS users,
           false AS is_whole, GROUPING(team) = 1 AS is_everybody
    FROM placed GROUP BY GROUPING SETS ((place, team), (place))
    UNION ALL
    SELECT NULL, team, total_of(actions), count(*), true, GROUPING(team) = 1
    FROM (SELECT actor, team, total_of(actions) AS actions FROM placed GROUP BY actor, team) AS user_
    GROUP BY GROUPING SETS ((team), ())"""


class PostgresActivityStore:
    """`ActivityStore` over Postgres."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def most_active(self, buckets: Sequence[Bucket], *, actor: UUID | None, limit: int) -> list[UserActivity]:
        """The users who did most."""
        with reading(self._engine) as connection:
            rows = connection.execute(*_asked(_USERS, buckets, actor, most=limit)).all()
        return [
            UserActivity(
                user_id=row.actor, team=row.team, actions=row.actions, first_at=row.first_at, last_at=row.last_at
            )
            for row in rows
        ]

    def by_team(self, buckets: Sequence[Bucket], *, actor: UUID | None) -> Activities:
        """Activity by owner key."""
        with reading(self._engine) as connection:
            rows = connection.execute(*_asked(_TEAMS, buckets, actor)).all()
        return _activities(rows, len(buckets))

    def by_feature(self, buckets: Sequence[Bucket], *, actor: UUID | None) -> Activities:
        """Activity by feature."""
        with reading(self._engine) as connection:
            rows = connection.execute(*asked_by_feature(buckets, actor)).all()
        return activities_by_feature(rows, len(buckets))

    def roll_up(self) -> int:
        """Move what is new from the tail into the roll-up, some thousand entries a transaction."""
        rolled_up = 0
        given = {"most": _ENTRIES_AT_ONCE, "heads": list(HEADS), "other": OTHER_BIT, "nobody": NOBODY}
        while True:
            with transaction(self._engine) as connection:
                connection.execute(_ALONE)
                taken: int = connection.execute(_ROLL_UP, given).scalar_one()
            rolled_up += taken
            if taken < _ENTRIES_AT_ONCE:
                return rolled_up


def _asked(
    question: str, buckets: Sequence[Bucket], actor: UUID | None, **more: Any
) -> tuple[TextClause, dict[str, Any]]:
    """The statement that answers a question over `activity`, and its parameters."""
    runs = stored_runs(buckets, by_action=False)
    has_minutes = any(run.granularity == "minute" for run in runs)
    minutes = _MINUTES.format(load_sql("activity_minutes").text) if has_minutes else ""
    return text(load_sql("activity").text + _ROLLED_UP.format(minutes) + question), more | {
        "actor": actor,
        "starts": [bucket.since for bucket in buckets],
        "granularities": [run.granularity for run in runs],
        "sinces": [run.since for run in runs],
        "untils": [run.until for run in runs],
    }


def _activities(rows: Sequence[Row[Any]], buckets: int) -> Activities:
    totals: dict[str | None, Row[Any]] = {}
    points: dict[str | None, dict[int, Row[Any]]] = {}
    for row in rows:
        group = None if row.is_everybody else row.team
        if row.is_whole:
            totals[group] = row
        else:
            points.setdefault(group, {})[row.place - 1] = row
    found = {group: _activity(row, points.get(group, {}), buckets) for group, row in totals.items()}
    everybody = found.pop(None)
    ranked = sorted(found.items(), key=lambda each: (-each[1].actions, each[0] or ""))
    return Activities(everybody=everybody, groups={group or "": activity for group, activity in ranked})


def _activity(total: Row[Any], points: dict[int, Row[Any]], buckets: int) -> Activity:
    return Activity(
        actions=total.actions or 0,
        users=total.users,
        actions_series=tuple(points[place].actions if place in points else 0 for place in range(buckets)),
        users_series=tuple(points[place].users if place in points else 0 for place in range(buckets)),
    )
