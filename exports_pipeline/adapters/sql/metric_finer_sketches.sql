-- The finer buckets of some windows by the coarser ones they lie in, with all their sketches.
-- Grain: one row for each tenant, metric, coarser bucket and dimensions.
-- Parameters: metrics (names), granularity, finer, tenants, sinces, untils (of each window).
SELECT
    r.tenant,
    r.metric,
    date_trunc(:granularity, r.bucket, 'UTC') AS bucket,
    CAST(r.dimensions AS text) AS dimensions,
    CAST(sum(r.count) AS bigint) AS events,
    array_agg(r.sketch) AS sketches
FROM unnest(CAST(:tenants AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]))
    AS w (tenant, since, until)
JOIN metric_rollups AS r ON r.tenant = w.tenant
    AND r.metric = ANY (CAST(:metrics AS text[]))
    AND r.granularity = :finer
    AND r.bucket >= w.since
    AND r.bucket < w.until
GROUP BY r.tenant, r.metric, date_trunc(:granularity, r.bucket, 'UTC'), r.dimensions
