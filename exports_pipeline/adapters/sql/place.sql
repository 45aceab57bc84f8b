-- Where a pending export job stands in the order of dispatch, and how long an export took lately.
-- Grain: one row, or none if the job is not waiting. Parameters: job_id (uuid).
-- Before it stand, of each requester, the jobs whose turn is earlier, and the one of the same turn if the requester is
-- before this one. Counted along the index, so that it costs as much as there are jobs before it.
WITH RECURSIVE requesters(requester) AS (
    (SELECT requester FROM export_jobs
     WHERE status = 'pending' AND dispatched_at IS NULL
     ORDER BY requester LIMIT 1)
    UNION ALL
    SELECT (SELECT job.requester FROM export_jobs AS job
            WHERE job.status = 'pending' AND job.dispatched_at IS NULL AND job.requester > requesters.requester
            ORDER BY job.requester LIMIT 1)
    FROM requesters WHERE requesters.requester IS NOT NULL
),
busy AS (
    SELECT requester, count(*) AS jobs FROM export_jobs
    WHERE status = 'running' OR (status = 'pending' AND dispatched_at IS NOT NULL)
    GROUP BY requester
),
lines AS (
    SELECT requesters.requester, coalesce(users.served_at, '-infinity') AS served_at,
           coalesce(busy.jobs, 0) AS busy,
           (SELECT created_at FROM export_jobs AS job
            WHERE job.requester = requesters.requester AND job.status = 'pending' AND job.dispatched_at IS NULL
            ORDER BY job.created_at LIMIT 1) AS oldest_at
    FROM requesters
    JOIN users ON users.id = requesters.requester
    LEFT JOIN busy ON busy.requester = requesters.requester
),
mine AS (
    SELECT lines.requester, lines.served_at, lines.oldest_at,
           lines.busy + (
               SELECT count(*) FROM export_jobs AS older
               WHERE older.requester = job.requester AND older.status = 'pending' AND older.dispatched_at IS NULL
                 AND (older.created_at, older.id) <= (job.created_at, job.id)
           ) AS turn
    FROM export_jobs AS job JOIN lines ON lines.requester = job.requester
    WHERE job.id = :job_id AND job.status = 'pending' AND job.dispatched_at IS NULL
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
    SELECT extract(epoch FROM completed_at - started_at) AS seconds FROM export_jobs
    WHERE status = 'completed' ORDER BY completed_at DESC LIMIT 50
)
SELECT CAST(before.jobs AS bigint) + 1 AS position,
       CAST(coalesce((SELECT avg(seconds) FROM recent), 1) AS float8) AS seconds
FROM mine, before
