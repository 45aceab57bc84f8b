"""Who waits and who works, named once for those who dispatch and those who look; and where a job stands."""

from alembic import op

revision = "0008_name_who_waits_and_works"
down_revision = "0007_create_manifests"
branch_labels = None
depends_on = None

# Before a job stand, of each requester, the jobs whose turn is earlier, and the one of the same turn if the requester
# is before its own. Counted along the index, so that it costs as much as there are jobs before it. It is strict, so
# that it costs nothing where there is nobody to place.
_PLACE = """
CREATE FUNCTION place_in_queue(waiting_id uuid) RETURNS TABLE (place bigint, seconds float8)
LANGUAGE sql STABLE STRICT ROWS 1 AS $$
    WITH lines AS (
        SELECT waiting.requester, coalesce(users.served_at, '-infinity') AS served_at, coalesce(busy.jobs, 0) AS busy,
               (SELECT created_at FROM export_jobs AS job
                WHERE job.requester = waiting.requester AND job.status = 'pending' AND job.dispatched_at IS NULL
                ORDER BY job.created_at LIMIT 1) AS oldest_at
        FROM waiting_requesters AS waiting
        JOIN users ON users.id = waiting.requester
        LEFT JOIN busy_requesters AS busy ON busy.requester = waiting.requester
    ),
    mine AS (
        SELECT lines.requester, lines.served_at, lines.oldest_at,
               lines.busy + (
                   SELECT count(*) FROM export_jobs AS older
                   WHERE older.requester = lines.requester AND older.status = 'pending' AND older.dispatched_at IS NULL
                     AND (older.created_at, older.id) <= (job.created_at, job.id)
               ) AS turn
        FROM export_jobs AS job JOIN lines ON lines.requester = job.requester
        WHERE job.id = waiting_id AND job.status = 'pending' AND job.dispatched_at IS NULL
    ),
    before AS (
        SELECT sum((
            SELECT count(*) FROM (
                SELECT 1 FROM export_jobs AS job
                WHERE job.requester = lines.requester AND job.status = 'pending' AND job.dispatched_at IS NULL
                ORDER BY job.created_at, job.id
                LIMIT greatest(0, mine.turn - lines.busy - 1 + CAST(
                    (lines.served_at, lines.oldest_at, lines.requester)
                    < (mine.served_at, mine.oldest_at, mine.requester) AS integer))
            ) AS earlier
        )) AS jobs
        FROM mine, lines
    ),
    recent AS (
        SELECT extract(epoch FROM completed_at - started_at) AS seconds FROM export_jobs AS job
        WHERE job.status = 'completed' ORDER BY job.completed_at DESC LIMIT 50
    )
    SELECT CAST(before.jobs AS bigint) + 1 AS place,
           CAST(coalesce((SELECT avg(seconds) FROM recent), 1) AS float8) AS seconds
    FROM mine, before
$$"""


def upgrade() -> None:
    # A loose index scan: one step per waiting requester, however many jobs each of them has.
    op.execute("""
        CREATE VIEW waiting_requesters AS
        WITH RECURSIVE requesters(requester) AS (
            (SELECT requester FROM export_jobs
             WHERE status = 'pending' AND dispatched_at IS NULL
             ORDER BY requester LIMIT 1)
            UNION ALL
            SELECT (SELECT job.requester FROM export_jobs AS job
                    WHERE job.status = 'pending' AND job.dispatched_at IS NULL AND job.requester > requesters.requester
                    ORDER BY job.requester LIMIT 1)
            FROM requesters WHERE requesters.requester IS NOT NULL
        )
        SELECT requester FROM requesters WHERE requester IS NOT NULL""")
    op.execute("""
        CREATE VIEW busy_requesters AS
        SELECT requester, count(*) AS jobs, count(*) FILTER (WHERE is_large) AS large FROM export_jobs
        WHERE status = 'running' OR (status = 'pending' AND dispatched_at IS NOT NULL)
        GROUP BY requester""")
    op.execute(_PLACE)


def downgrade() -> None:
    op.execute("DROP FUNCTION place_in_queue")
    op.execute("DROP VIEW waiting_requesters, busy_requesters")
