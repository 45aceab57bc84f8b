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
FROM (
    SELECT
        kept.bucket,
        kept.kind,
        sum(kept.completed)::bigint AS completed,
        sum(kept.failed)::bigint AS failed,
        sum(kept.cancelled)::bigint AS cancelled,
        sum(kept.rows)::bigint AS rows,
        sum(kept.bytes)::bigint AS bytes,
        sum(kept.ran)::bigint AS ran,
        sum(kept.queue_us)::bigint AS queue_us,
        sum(kept.run_us)::bigint AS run_us
    FROM (
        SELECT bucket, kind, completed, failed, cancelled, rows, bytes, ran, queue_us, run_us
        FROM job_rollups
        WHERE level = 'job' AND grain = 'quarter'
        UNION ALL -- what is not rolled up yet
        SELECT bucket_of('quarter', ended_at), kind, completed, failed, cancelled, rows, bytes, ran, queue_us, run_us
        FROM job_tail
    ) AS kept
    GROUP BY kept.bucket, kept.kind
) AS rollup
JOIN job_kinds AS kind ON kind.id = rollup.kind
LEFT JOIN users AS person ON person.id = kind.user_id
WHERE rollup.completed + rollup.failed + rollup.cancelled > 0
