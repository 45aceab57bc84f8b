-- What one more job of a requester and a format has to expect: the wait by fair share, and how long such jobs took.
-- Grain: one row. Parameters: requester (uuid), format (text), slots (int).
-- Before it stand, of each requester, as many waiting jobs as have no later turn; with all slots taken, also one of
-- those that work has to end. The wait is in seconds of the mean of the recent jobs of any format.
WITH lines AS (
    SELECT waiting.requester, coalesce(busy.jobs, 0) AS busy,
           (SELECT count(*) FROM export_jobs AS job
            WHERE job.requester = waiting.requester AND job.status = 'pending' AND job.dispatched_at IS NULL) AS jobs
    FROM waiting_requesters AS waiting
    LEFT JOIN busy_requesters AS busy ON busy.requester = waiting.requester
),
mine AS (
    SELECT coalesce((SELECT busy + jobs FROM lines WHERE requester = :requester),
                    (SELECT jobs FROM busy_requesters WHERE requester = :requester), 0) AS jobs
),
before AS (
    SELECT coalesce(sum(least(lines.jobs, greatest(0, mine.jobs + 1 - lines.busy))), 0) AS jobs FROM mine, lines
),
working AS (
    SELECT coalesce(sum(jobs), 0) AS jobs FROM busy_requesters
),
ended AS (
    SELECT format, volume, completed_at, extract(epoch FROM completed_at - started_at) AS seconds
    FROM export_jobs
    WHERE status = 'completed' ORDER BY completed_at DESC LIMIT 500
),
lately AS (
    SELECT avg(seconds) AS seconds FROM (SELECT seconds FROM ended ORDER BY completed_at DESC LIMIT 50) AS latest
),
alike AS (
    SELECT volume, seconds FROM ended WHERE format = :format ORDER BY completed_at DESC LIMIT 50
)
SELECT CAST(CASE
           WHEN working.jobs + before.jobs < CAST(:slots AS bigint) THEN 0
           ELSE coalesce(lately.seconds, 0) * (before.jobs + 1) / CAST(:slots AS bigint)
       END AS float8) AS wait_s,
       figures.jobs, figures.mean_s, figures.mean_rows, figures.fixed_s, figures.row_s
FROM working, before, lately, (
    SELECT count(*) AS jobs,
           CAST(coalesce(avg(seconds), 0) AS float8) AS mean_s,
           CAST(coalesce(avg(volume), 0) AS float8) AS mean_rows,
           CAST(coalesce(regr_intercept(seconds, volume), 0) AS float8) AS fixed_s,
           CAST(coalesce(regr_slope(seconds, volume), 0) AS float8) AS row_s
    FROM alike
) AS figures
