-- How many export jobs wait, counted no further than the limits.
-- Grain: one row. Parameters: requester (uuid), per_user (int), total (int).
SELECT own, everybody FROM queue_counts(:requester, :per_user, :total)
