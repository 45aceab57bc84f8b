-- The sketches of some stored buckets, by the place of their key; NULL for a bucket that is not there.
-- Parameter: keys (JSON).
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
FROM json_to_recordset(CAST(:keys AS json)) AS k (
    tenant text, metric text, granularity text, bucket timestamptz, dimensions text, place integer
)
