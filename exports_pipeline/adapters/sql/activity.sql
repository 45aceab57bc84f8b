-- Entries of the audit log, rolled up where they are; `activity`, the table to be grouped, is these, or these and minutes.
-- Where a granularity begins with `any`, its rows add up all actions. Grain: one row per stored bucket, actor and action; of what is not rolled up yet, one per entry.
-- Parameters: granularities, sinces, untils (the stored buckets to read), actor (null for all).
WITH run AS (
    SELECT *
    FROM unnest(CAST(:granularities AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]))
        AS each (granularity, since, until)
),
rolled_up AS (
    SELECT stored.bucket AS at, stored.actor, stored.action, stored.entries, stored.first_at, stored.last_at
    FROM run
    CROSS JOIN LATERAL (
        SELECT bucket, actor, action, entries, first_at, last_at
        FROM activity_rollups AS kept
        WHERE kept.granularity = run.granularity AND kept.bucket >= run.since AND kept.bucket < run.until
            AND (CAST(:actor AS uuid) IS NULL OR kept.actor = CAST(:actor AS uuid))
        OFFSET 0 -- run by run, by the key
    ) AS stored
    UNION ALL
    SELECT tail.at, tail.actor, tail.action, 1, tail.at, tail.at
    FROM run
    JOIN activity_tail AS tail ON tail.at >= run.since AND tail.at < run.until
    WHERE run.granularity <> 'minute' AND (CAST(:actor AS uuid) IS NULL OR tail.actor = CAST(:actor AS uuid))
)
