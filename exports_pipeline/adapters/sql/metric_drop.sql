-- Forget the stored buckets of one granularity that begin in some windows.
-- Parameters: metrics (names), granularity, tenants, sinces, untils (of each window).
DELETE FROM metric_rollups
USING unnest(CAST(:tenants AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]))
    AS w (tenant, since, until)
WHERE metric_rollups.tenant = w.tenant
  AND metric_rollups.metric = ANY (CAST(:metrics AS text[]))
  AND metric_rollups.granularity = :granularity
  AND metric_rollups.bucket >= w.since
  AND metric_rollups.bucket < w.until
