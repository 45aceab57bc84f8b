-- The oldest open batches, as many as hold a number of events, at least one; order: as they came in.
-- Parameters: most_events.
SELECT id, events
FROM (
    SELECT id, events, sum(events) OVER (ORDER BY id) - events AS before
    FROM (SELECT id, events FROM event_batches WHERE rolled_up_at IS NULL ORDER BY id LIMIT 10000) AS open
) AS counted
WHERE before < :most_events
ORDER BY id
