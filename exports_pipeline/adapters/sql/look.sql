-- Export jobs, and of those that wait: the place in the order of dispatch, and how long an export took lately.
-- Grain: one row per export job; place and seconds are null unless it waits. Parameters: job_ids (uuid[]).
SELECT export_jobs.*, queue.place, queue.seconds
FROM export_jobs
LEFT JOIN LATERAL place_of_job(
    CASE WHEN export_jobs.status = 'pending' AND export_jobs.dispatched_at IS NULL THEN export_jobs.id END
) AS queue ON true
WHERE export_jobs.id = ANY(:job_ids)
