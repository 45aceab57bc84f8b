-- Add counts to stored buckets, and replace their sketches by those that hold the old ones as well.
-- Parameter: crowds (JSON; sketches in hexadecimal digits).
INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count, sketch)
SELECT k.tenant, k.metric, k.granularity, k.bucket, CAST(k.dimensions AS jsonb), k.count, decode(k.sketch, 'hex')
FROM json_to_recordset(CAST(:crowds AS json)) AS k (
    tenant text, metric text, granularity text, bucket timestamptz, dimensions text, count bigint, sketch text
)
ON CONFLICT (tenant, metric, granularity, bucket, dimensions_key)
DO UPDATE SET count = metric_rollups.count + excluded.count, sketch = excluded.sketch
