-- Grain: one row per export job, reports included. Order: none. Parameters: none.
SELECT
    job.id AS job_id,
    job.owner_key,
    job.requester AS user_id,
    person.email,
    job.type,
    job.dataset,
    job.format,
    job.status,
    job.attempt,
    job.triggered_by,
    job.export_type,
    job.tag_summary::text[] AS tags,
    job.metadata #>> '{labels,list}' AS list,
    job.metadata #>> '{labels,plan}' AS plan,
    array(
        SELECT DISTINCT recipient ->> 'channel'
        FROM jsonb_array_elements(job.recipients) AS listed (recipient)
        ORDER BY 1
    ) AS channels,
    job.filters,
    job.volume AS row_count,
    (job.metadata ->> 'file_size_bytes')::bigint AS file_size_bytes,
    job.created_at,
    job.started_at,
    job.completed_at,
    round(extract(epoch FROM job.started_at - job.created_at), 3) AS queue_seconds,
    round(extract(epoch FROM job.completed_at - job.started_at), 3) AS run_seconds,
    job.error_code
FROM export_jobs AS job
LEFT JOIN users AS person ON person.id = job.requester
