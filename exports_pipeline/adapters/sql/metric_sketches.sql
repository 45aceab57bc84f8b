-- The sketches of some stored buckets, by the place of their key; NULL for a bucket that is not there.
-- Parameters: tenants, metrics, granularities, buckets, dimensions (of each key).
-- A subquery, so that each key is looked up in the primary key, whatever the planner thinks of their number.
SELECT
    k.place,
    (
        SELECT r.sketch
        FROM metric_rollups AS r
        WHERE r.tenant = k.tenant
          AND r.metric = k.metric
          AND r.granularity = k.granularity
          AND r.bucket = k.bucket
          AND r.dimensions_key = CAST(md5(CAST(CAST(k.dimensions AS jsonb) AS text)) AS uuid)
    ) AS sketch
FROM unnest(
    CAST(:tenants AS text[]),
    CAST(:metrics AS text[]),
    CAST(:granularities AS text[]),
    CAST(:buckets AS timestamptz[]),
    CAST(:dimensions AS text[])
) WITH ORDINALITY AS k (tenant, metric, granularity, bucket, dimensions, place)
