-- The sketches of some stored buckets, by the place of their key; none for a bucket that is not there.
-- Parameters: tenants, metrics, granularities, buckets, dimensions (of each key).
SELECT k.place, r.sketch
FROM unnest(
    CAST(:tenants AS text[]),
    CAST(:metrics AS text[]),
    CAST(:granularities AS text[]),
    CAST(:buckets AS timestamptz[]),
    CAST(:dimensions AS text[])
) WITH ORDINALITY AS k (tenant, metric, granularity, bucket, dimensions, place)
JOIN metric_rollups AS r ON r.tenant = k.tenant
    AND r.metric = k.metric
    AND r.granularity = k.granularity
    AND r.bucket = k.bucket
    AND r.dimensions = CAST(k.dimensions AS jsonb)
