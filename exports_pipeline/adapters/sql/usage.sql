-- What a user has used since an instant, when the oldest of it was used, and where a limit is met, which use must pass.
-- Grain: one row. Parameters: requester (uuid), since (timestamptz), jobs, rows, bytes (bigint, null: no limit).
-- What is sorted and summed up step by step is so only where a limit is met.
WITH made AS (
    SELECT id, completed_at, volume AS rows, CAST(progress ->> 'bytes' AS bigint) AS bytes
    FROM export_jobs
    WHERE requester = :requester AND status = 'completed' AND completed_at > :since
),
total AS (
    SELECT
        CAST(coalesce(sum(rows), 0) AS bigint) AS rows,
        CAST(coalesce(sum(bytes), 0) AS bigint) AS bytes,
        min(completed_at) AS first_at
    FROM made
)
SELECT
    (SELECT count(*) FROM export_jobs WHERE requester = :requester AND created_at > :since) AS jobs,
    (SELECT min(created_at) FROM export_jobs WHERE requester = :requester AND created_at > :since) AS jobs_first_at,
    CASE WHEN CAST(:jobs AS bigint) IS NOT NULL THEN (
        SELECT created_at FROM export_jobs
        WHERE requester = :requester AND created_at > :since
        ORDER BY created_at DESC
        LIMIT 1 OFFSET greatest(CAST(:jobs AS bigint) - 1, 0)
    ) END AS jobs_met_at,
    total.rows,
    total.first_at AS rows_first_at,
    CASE WHEN total.rows >= CAST(:rows AS bigint) THEN (
        SELECT max(completed_at) FROM (
            SELECT completed_at, sum(rows) OVER (ORDER BY completed_at DESC, id) AS so_far FROM made
        ) AS newest_first WHERE so_far >= CAST(:rows AS bigint)
    ) END AS rows_met_at,
    total.bytes,
    total.first_at AS bytes_first_at,
    CASE WHEN total.bytes >= CAST(:bytes AS bigint) THEN (
        SELECT max(completed_at) FROM (
            SELECT completed_at, sum(bytes) OVER (ORDER BY completed_at DESC, id) AS so_far FROM made
        ) AS newest_first WHERE so_far >= CAST(:bytes AS bigint)
    ) END AS bytes_met_at,
    (
        SELECT count(*) FROM export_jobs
        WHERE requester = :requester AND status = 'pending' AND dispatched_at IS NULL
    ) AS waiting
FROM total
