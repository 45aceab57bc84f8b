-- Beside what is rolled up, minutes from the log itself; apart, since the log has a partition a month to be planned for.
-- Grain: one row per stored bucket, actor and action; of minutes, one per entry.
-- Parameters: as of `activity`, which stands before it.
, activity AS (
    SELECT * FROM rolled_up
    UNION ALL
    SELECT entry.at, entry.actor, entry.action, 1, entry.at, entry.at
    FROM run
    CROSS JOIN LATERAL (
        SELECT at, actor, action
        FROM audit_log AS written
        WHERE run.granularity = 'minute' AND written.at >= run.since AND written.at < run.until
            AND (CAST(:actor AS uuid) IS NULL OR written.actor = CAST(:actor AS uuid))
        OFFSET 0
    ) AS entry
)
