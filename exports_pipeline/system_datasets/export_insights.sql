-- Grain: one row per quarter of an hour and kind of job: user, dataset, tags, format, destinations, labels, end.
-- Order: none. Parameters: none. Every job that ended is counted in one row, whatever it has several of.
SELECT
    kind.owner_key,
    kind.user_id,
    person.email,
    rollup.bucket AS ended_at,
    kind.type,
    kind.dataset,
    kind.format,
    kind.tags,
    kind.destinations,
    nullif(kind.list, '') AS list,
    nullif(kind.plan, '') AS plan,
    kind.status,
    nullif(kind.error_code, '') AS error_code,
    rollup.completed + rollup.failed + rollup.cancelled AS jobs,
    rollup.completed,
    rollup.failed,
    rollup.cancelled,
    rollup.rows AS row_count,
    rollup.bytes,
    rollup.ran,
    (rollup.queue_us / 1000000.0)::numeric(24, 6) AS queue_seconds,
    (rollup.run_us / 1000000.0)::numeric(24, 6) AS run_seconds
FROM job_rollups AS rollup
JOIN job_kinds AS kind ON kind.id = rollup.kind
LEFT JOIN users AS person ON person.id = kind.user_id
WHERE rollup.level = 'job'
    AND rollup.grain = 'quarter'
    AND rollup.completed + rollup.failed + rollup.cancelled > 0
