-- Marks due pending export jobs as dispatched and returns them, as many as there are free slots.
-- Grain: one row per export job. Order: the requester with the fewest jobs in slots first, then age.
-- Parameters: slots (int), now (timestamptz). The caller holds the dispatch lock.
WITH RECURSIVE requesters(requester) AS (
    -- a loose index scan: one step per waiting requester, however many jobs each of them has
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
free AS (
    SELECT greatest(0, CAST(:slots AS bigint) - coalesce(sum(jobs), 0))::bigint AS slots FROM busy
),
candidates AS (
    SELECT job.id, job.created_at,
           coalesce(busy.jobs, 0) + row_number() OVER (
               PARTITION BY requesters.requester ORDER BY job.created_at, job.id
           ) AS turn
    FROM requesters
    LEFT JOIN busy ON busy.requester = requesters.requester
    CROSS JOIN LATERAL (
        SELECT waiting.id, waiting.created_at FROM export_jobs AS waiting
        WHERE waiting.requester = requesters.requester
          AND waiting.status = 'pending' AND waiting.dispatched_at IS NULL AND waiting.due_at <= :now
        ORDER BY waiting.created_at, waiting.id
        LIMIT (SELECT slots FROM free)
    ) AS job
    WHERE requesters.requester IS NOT NULL
),
chosen AS (
    SELECT id FROM candidates ORDER BY turn, created_at, id LIMIT (SELECT slots FROM free)
)
UPDATE export_jobs SET dispatched_at = :now
FROM chosen WHERE export_jobs.id = chosen.id
RETURNING export_jobs.*
