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
    JOIN journey_rollups AS cohort
        ON cohort.tenant = :tenant AND cohort.campaign = :campaign AND cohort.granularity = run.granularity
        AND cohort.bucket >= run.since AND cohort.bucket < run.until
    WHERE CAST(:segments AS text[]) IS NULL OR cohort.segment = ANY (CAST(:segments AS text[]))
    UNION ALL
    SELECT journey.times[1], step, 1
    FROM run
    JOIN journeys AS journey
        ON journey.tenant = :tenant AND journey.campaign = :campaign
        AND journey.times[1] >= run.since AND journey.times[1] < run.until
    CROSS JOIN generate_series(1, cardinality(journey.times)) AS step
    WHERE run.granularity = 'minute'
        AND (CAST(:segments AS text[]) IS NULL OR journey.segment = ANY (CAST(:segments AS text[])))
)
SELECT width_bucket(began_at, CAST(:starts AS timestamptz[])) AS place, step, sum(journeys)::bigint AS journeys
FROM counted
GROUP BY place, step
