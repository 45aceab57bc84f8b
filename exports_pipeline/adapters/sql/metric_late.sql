-- How many events of some batches came in late.
-- Parameters: batch_ids, late_after.
SELECT count(*)
FROM analytics_events AS e
JOIN event_batches AS b ON b.id = e.batch_id
WHERE e.batch_id = ANY (CAST(:batch_ids AS bigint[]))
  AND e.occurred_at < b.received_at - CAST(:late_after AS interval)
