-- Add counts to stored buckets, and replace their sketches by those that hold the old ones as well.
-- Parameters: tenants, metrics, granularities, buckets, dimensions, counts, sketches (of each key).
INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count, sketch)
SELECT k.tenant, k.metric, k.granularity, k.bucket, CAST(k.dimensions AS jsonb), k.count, k.sketch
FROM unnest(
    CAST(:tenants AS text[]),
    CAST(:metrics AS text[]),
    CAST(:granularities AS text[]),
    CAST(:buckets AS timestamptz[]),
    CAST(:dimensions AS text[]),
    CAST(:counts AS bigint[]),
    CAST(:sketches AS bytea[])
) AS k (tenant, metric, granularity, bucket, dimensions, count, sketch)
ON CONFLICT (tenant, metric, granularity, bucket, dimensions_key)
DO UPDATE SET count = metric_rollups.count + excluded.count, sketch = excluded.sketch
