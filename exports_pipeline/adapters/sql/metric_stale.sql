-- Take some stale minutes off the list, the oldest first.
-- Parameters: most_minutes.
DELETE FROM stale_minutes
USING (SELECT tenant, minute FROM stale_minutes ORDER BY minute, tenant LIMIT :most_minutes) AS oldest
WHERE stale_minutes.tenant = oldest.tenant AND stale_minutes.minute = oldest.minute
RETURNING stale_minutes.tenant, stale_minutes.minute
