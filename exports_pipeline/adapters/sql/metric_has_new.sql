-- Whether a batch is open, or a minute stale.
SELECT EXISTS (SELECT FROM event_batches WHERE rolled_up_at IS NULL) OR EXISTS (SELECT FROM stale_minutes)
