-- How many journeys that began in some buckets of time reached each step.
-- Grain: one row per bucket (place, from 1) and step. Parameters: tenant, campaign, segments (text[], null for all),
-- starts (when the buckets begin), granularities, sinces, untils (the stored buckets to read; of minutes there are
-- none, the journeys themselves are counted).
WITH run AS (
    SELECT *
    FROM unnest(CAST(:granularities AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]))
        AS each (granularity, since, until)
),
counted AS (
    SELECT cohort.bucket AS began_at, cohort.step, cohort.journeys
    FROM run
    CROSS JOIN LATERAL (
        SELECT bucket, step, journeys
        FROM journey_rollups AS stored
        WHERE stored.tenant = :tenant AND stored.campaign = :campaign AND stored.granularity = run.granularity
            AND stored.bucket >= run.since AND stored.bucket < run.until
            AND (CAST(:segments AS text[]) IS NULL OR stored.segment = ANY (CAST(:segments AS text[])))
        OFFSET 0 -- run by run, by the key
    ) AS cohort
    UNION ALL
    SELECT journey.times[1], step, 1
    FROM run
    CROSS JOIN LATERAL (
        SELECT times
        FROM journeys AS told
        WHERE run.granularity = 'minute' AND told.tenant = :tenant AND told.campaign = :campaign
            AND told.times[1] >= run.since AND told.times[1] < run.until
            AND (CAST(:segments AS text[]) IS NULL OR told.segment = ANY (CAST(:segments AS text[])))
        OFFSET 0
    ) AS journey
    CROSS JOIN generate_series(1, cardinality(journey.times)) AS step
)
SELECT width_bucket(began_at, CAST(:starts AS timestamptz[])) AS place, step, sum(journeys)::bigint AS journeys
FROM counted
GROUP BY place, step
