-- Whether a minute is stale, or one of the oldest open batches has an event that came in late.
-- Parameters: late_after.
SELECT EXISTS (SELECT FROM stale_minutes) OR EXISTS (
    SELECT
    FROM (
        SELECT id, received_at FROM event_batches WHERE rolled_up_at IS NULL ORDER BY id LIMIT 100
    ) AS b
    JOIN analytics_events AS e ON e.batch_id = b.id
    WHERE e.occurred_at < b.received_at - CAST(:late_after AS interval)
)
