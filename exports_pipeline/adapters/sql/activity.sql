-- Entries of the audit log, rolled up where they are, as a table to be grouped.
-- Grain: one row per stored bucket, actor and action; of minutes, and of what is not rolled up yet, one per entry.
-- Parameters: granularities, sinces, untils (the stored buckets to read), actor (null for all).
WITH run AS (
    SELECT *
    FROM unnest(CAST(:granularities AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]))
        AS each (granularity, since, until)
),
activity AS (
    SELECT stored.bucket AS at, stored.actor, stored.action, stored.entries, stored.first_at, stored.last_at
    FROM run
    JOIN activity_rollups AS stored
        ON stored.granularity = run.granularity AND stored.bucket >= run.since AND stored.bucket < run.until
    WHERE CAST(:actor AS uuid) IS NULL OR stored.actor = CAST(:actor AS uuid)
    UNION ALL
    SELECT tail.at, tail.actor, tail.action, 1, tail.at, tail.at
    FROM run
    JOIN activity_tail AS tail ON tail.at >= run.since AND tail.at < run.until
    WHERE run.granularity <> 'minute' AND (CAST(:actor AS uuid) IS NULL OR tail.actor = CAST(:actor AS uuid))
    UNION ALL
    SELECT entry.at, entry.actor, entry.action, 1, entry.at, entry.at
    FROM run
    JOIN audit_log AS entry ON entry.at >= run.since AND entry.at < run.until
    WHERE run.granularity = 'minute' AND (CAST(:actor AS uuid) IS NULL OR entry.actor = CAST(:actor AS uuid))
)
