-- How many journeys that began in some buckets of time reached each step.
-- Grain: one row per bucket (place, from 1) or edge (from -1 down) and step. Parameters: tenant, campaign, segments
-- (text[], null for all), starts, edges (when the buckets and the edges begin), granularities, sinces, untils, are_others
-- (the stored buckets to read; of minutes there are none, the journeys themselves are counted).
WITH run AS (
    SELECT *
    FROM unnest(
        CAST(:granularities AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]),
        CAST(:are_others AS boolean[])
    ) AS each (granularity, since, until, is_edge)
),
counted AS (
    SELECT run.is_edge, cohort.bucket AS began_at, cohort.step, cohort.journeys
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
    SELECT run.is_edge, journey.times[1], step, 1
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
SELECT
    CASE WHEN is_edge THEN -width_bucket(began_at, CAST(:edges AS timestamptz[]))
        ELSE width_bucket(began_at, CAST(:starts AS timestamptz[])) END AS place,
    step,
    total_of(journeys) AS journeys
FROM counted
GROUP BY place, step
