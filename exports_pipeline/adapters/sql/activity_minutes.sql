-- Entries of the audit log within runs of minutes; apart, since the log has a partition a month to be planned for.
-- Grain: one row per entry. Parameters: actor (null for all), and `run` as `activity` and `activity_features` have it.
SELECT entry.at, entry.actor, entry.action
FROM run
CROSS JOIN LATERAL (
    SELECT at, actor, action
    FROM audit_log AS written
    WHERE run.granularity = 'minute' AND written.at >= run.since AND written.at < run.until
        AND (CAST(:actor AS uuid) IS NULL OR written.actor = CAST(:actor AS uuid))
    OFFSET 0
) AS entry
