-- The shorter buckets of some windows by the longer ones they lie in, with all their sketches.
-- Grain: one row for each tenant, metric, longer bucket and dimensions.
-- Parameters: metrics (names), granularity, shorter, tenants, sinces, untils (of each window).
SELECT
    r.tenant,
    r.metric,
    bucket_start(:granularity, r.bucket) AS bucket,
    CAST(r.dimensions AS text) AS dimensions,
    CAST(sum(r.count) AS bigint) AS events,
    array_agg(r.sketch) AS sketches
FROM unnest(CAST(:tenants AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]))
    AS w (tenant, since, until)
JOIN metric_rollups AS r ON r.tenant = w.tenant
    AND r.metric = ANY (CAST(:metrics AS text[]))
    AND r.granularity = :shorter
    AND r.bucket >= w.since
    AND r.bucket < w.until
GROUP BY r.tenant, r.metric, bucket_start(:granularity, r.bucket), r.dimensions
