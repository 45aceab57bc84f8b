-- The first instant from a given one on at which a tenant has an event, and at which a stored bucket begins.
-- Parameters: tenant, metric, granularity, since.
SELECT
    (
        SELECT occurred_at FROM analytics_events
        WHERE tenant = :tenant AND occurred_at >= :since
        ORDER BY occurred_at LIMIT 1
    ) AS of_event,
    (
        SELECT bucket FROM metric_rollups
        WHERE tenant = :tenant AND metric = :metric AND granularity = :granularity AND bucket >= :since
        ORDER BY bucket LIMIT 1
    ) AS of_bucket
