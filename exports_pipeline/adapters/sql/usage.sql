-- What a user has used since an instant, when the oldest of it was used, and where a limit is met, which use must pass.
-- Grain: one row. Parameters: requester (uuid), since (timestamptz), jobs, rows, bytes (bigint, null: no limit).
WITH requested AS (
    SELECT created_at, row_number() OVER (ORDER BY created_at DESC) AS so_far
    FROM export_jobs
    WHERE requester = :requester AND created_at > :since
),
made AS (
    SELECT
        completed_at,
        sum(volume) OVER newest_first AS rows,
        sum(CAST(progress ->> 'bytes' AS bigint)) OVER newest_first AS bytes
    FROM export_jobs
    WHERE requester = :requester AND status = 'completed' AND completed_at > :since
    WINDOW newest_first AS (ORDER BY completed_at DESC, id)
)
SELECT
    (SELECT count(*) FROM requested) AS jobs,
    (SELECT min(created_at) FROM requested) AS jobs_first_at,
    (SELECT max(created_at) FROM requested WHERE so_far >= CAST(:jobs AS bigint)) AS jobs_met_at,
    CAST(coalesce((SELECT max(rows) FROM made), 0) AS bigint) AS rows,
    (SELECT min(completed_at) FROM made) AS rows_first_at,
    (SELECT max(completed_at) FROM made WHERE rows >= CAST(:rows AS bigint)) AS rows_met_at,
    CAST(coalesce((SELECT max(bytes) FROM made), 0) AS bigint) AS bytes,
    (SELECT min(completed_at) FROM made) AS bytes_first_at,
    (SELECT max(completed_at) FROM made WHERE bytes >= CAST(:bytes AS bigint)) AS bytes_met_at,
    (
        SELECT count(*) FROM export_jobs
        WHERE requester = :requester AND status = 'pending' AND dispatched_at IS NULL
    ) AS waiting
