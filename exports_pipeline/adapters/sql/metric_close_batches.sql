-- Mark open batches as rolled up.
-- Parameters: batch_ids, now.
UPDATE event_batches
SET rolled_up_at = :now
WHERE id = ANY (CAST(:batch_ids AS bigint[])) AND rolled_up_at IS NULL
