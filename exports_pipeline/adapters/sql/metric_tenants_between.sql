-- The tenants that have events or stored buckets in some days.
-- Parameters: since, until.
SELECT tenant FROM analytics_events WHERE occurred_at >= :since AND occurred_at < :until
UNION
SELECT tenant FROM metric_rollups WHERE granularity = 'day' AND bucket >= :since AND bucket < :until
