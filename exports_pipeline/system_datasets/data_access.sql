-- Grain: one row per result that was made, and per download of one. Order: none. Parameters: none.
SELECT
    entry.id,
    entry.at,
    entry.actor,
    person.owner_key,
    person.email,
    entry.action,
    CASE WHEN entry.action IN ('export.requested', 'report.requested') THEN 'made' ELSE 'download' END AS kind,
    entry.job_id,
    job.dataset,
    job.format,
    job.volume AS row_count,
    (job.metadata ->> 'file_size_bytes')::bigint AS bytes
FROM audit_log AS entry
JOIN export_jobs AS job ON job.id = entry.job_id
LEFT JOIN users AS person ON person.id = entry.actor
WHERE job.status = 'completed'
    AND entry.outcome = 'ok'
    AND entry.action IN ('export.requested', 'report.requested', 'export.download_link', 'link.opened')
