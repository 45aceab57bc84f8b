-- Marks due pending export jobs as dispatched and returns them, as many as there are free slots.
-- Grain: one row per export job. Order: the requester with the fewest jobs in slots first,
-- then who got a slot longest ago, then who waits longest.
-- Parameters: slots (int), per_user (int), large (int: slots that large jobs may have), now (timestamptz).
-- The caller holds the dispatch lock.
WITH free AS (
    SELECT greatest(0, CAST(:slots AS bigint) - coalesce(sum(jobs), 0))::bigint AS slots,
           greatest(0, CAST(:large AS bigint) - coalesce(sum(large), 0))::bigint AS large
    FROM busy_requesters
),
candidates AS (
    SELECT job.id, job.created_at, job.is_large, requesters.requester,
           coalesce(users.served_at, '-infinity') AS served_at,
           min(job.created_at) OVER (PARTITION BY requesters.requester) AS oldest_at,
           coalesce(busy.jobs, 0) + row_number() OVER (
               PARTITION BY requesters.requester ORDER BY job.created_at, job.id
           ) AS turn
    FROM waiting_requesters AS requesters
    JOIN users ON users.id = requesters.requester
    LEFT JOIN busy_requesters AS busy ON busy.requester = requesters.requester
    CROSS JOIN LATERAL (
        (SELECT waiting.id, waiting.created_at, waiting.is_large FROM export_jobs AS waiting
         WHERE waiting.requester = requesters.requester AND NOT waiting.is_large
           AND waiting.status = 'pending' AND waiting.dispatched_at IS NULL AND waiting.due_at <= :now
         ORDER BY waiting.created_at, waiting.id
         LIMIT (SELECT slots FROM free))
        UNION ALL
        (SELECT waiting.id, waiting.created_at, waiting.is_large FROM export_jobs AS waiting
         WHERE waiting.requester = requesters.requester AND waiting.is_large
           AND waiting.status = 'pending' AND waiting.dispatched_at IS NULL AND waiting.due_at <= :now
         ORDER BY waiting.created_at, waiting.id
         LIMIT (SELECT large FROM free))
    ) AS job
),
placed AS (
    SELECT id, requester, turn, served_at, oldest_at, is_large,
           row_number() OVER (PARTITION BY is_large ORDER BY turn, served_at, oldest_at, requester) AS place
    FROM candidates WHERE turn <= :per_user
),
chosen AS (
    SELECT id, requester FROM placed
    WHERE NOT is_large OR place <= (SELECT large FROM free)
    ORDER BY turn, served_at, oldest_at, requester
    LIMIT (SELECT slots FROM free)
),
served AS (
    UPDATE users SET served_at = :now FROM chosen WHERE users.id = chosen.requester
)
UPDATE export_jobs SET dispatched_at = :now
FROM chosen WHERE export_jobs.id = chosen.id
RETURNING export_jobs.*
