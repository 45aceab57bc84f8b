-- Add the shorter buckets of some windows up to longer ones, of which there are none; no metric that counts customers.
-- Parameters: metrics (names), granularity, shorter, tenants, sinces, untils (of each window).
INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count, sum, min, max)
SELECT
    r.tenant,
    r.metric,
    :granularity,
    bucket_start(:granularity, r.bucket) AS bucket,
    r.dimensions,
    sum(r.count),
    sum(r.sum),
    min(r.min),
    max(r.max)
FROM unnest(CAST(:tenants AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]))
    AS w (tenant, since, until)
JOIN metric_rollups AS r ON r.tenant = w.tenant
    AND r.metric = ANY (CAST(:metrics AS text[]))
    AND r.granularity = :shorter
    AND r.bucket >= w.since
    AND r.bucket < w.until
GROUP BY r.tenant, r.metric, bucket_start(:granularity, r.bucket), r.dimensions
