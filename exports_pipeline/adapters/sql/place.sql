-- Where a pending export job stands in the order of dispatch, and how long an export took lately.
-- Grain: one row, or none if the job is not waiting. Parameters: job_id (uuid).
WITH busy AS (
    SELECT requester, count(*) AS jobs FROM export_jobs
    WHERE status = 'running' OR (status = 'pending' AND dispatched_at IS NOT NULL)
    GROUP BY requester
),
waiting AS (
    SELECT job.id, job.created_at,
           coalesce(busy.jobs, 0) + row_number() OVER (
               PARTITION BY job.requester ORDER BY job.created_at, job.id
           ) AS turn
    FROM export_jobs AS job LEFT JOIN busy ON busy.requester = job.requester
    WHERE job.status = 'pending' AND job.dispatched_at IS NULL
),
ordered AS (
    SELECT id, row_number() OVER (ORDER BY turn, created_at, id) AS position FROM waiting
),
recent AS (
    SELECT extract(epoch FROM completed_at - started_at) AS seconds FROM export_jobs
    WHERE status = 'completed' ORDER BY completed_at DESC LIMIT 50
)
SELECT position, coalesce((SELECT avg(seconds) FROM recent), 1)::float8 AS seconds
FROM ordered WHERE id = :job_id
