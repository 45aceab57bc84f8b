-- How many export jobs wait, counted no further than the limits.
-- Grain: one row. Parameters: requester (uuid), per_user (int), total (int).
SELECT
    (SELECT count(*) FROM (
        SELECT 1 FROM export_jobs
        WHERE requester = :requester AND status = 'pending' AND dispatched_at IS NULL
        LIMIT :per_user
    ) AS own) AS own,
    (SELECT count(*) FROM (
        SELECT 1 FROM export_jobs
        WHERE status = 'pending' AND dispatched_at IS NULL
        LIMIT :total
    ) AS everybody) AS everybody
