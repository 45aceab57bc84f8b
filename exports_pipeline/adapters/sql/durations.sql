-- How long the journeys that began in some stretches of time took to each step, since the one before and since the first.
-- Grain: one row per stored histogram (sign: 1, or -1 where it is taken away), and of the edges, where none is stored, one
-- per step, since_step and lane (the bucket of a histogram, from 0). One statement, as all of it must be of one snapshot.
-- Parameters: tenant, campaign, segments (text[], null for all); granularities, signs, sinces, untils of what is stored;
-- edge_signs, edge_sinces, edge_untils; beyond_us (bigint[]: where each lane but the first begins, in microseconds).
WITH took AS (
    SELECT span.sign, step, since_step, told.times[step] - told.times[since_step] AS duration
    FROM unnest(CAST(:edge_sinces AS timestamptz[]), CAST(:edge_untils AS timestamptz[]), CAST(:edge_signs AS integer[]))
        AS span (since, until, sign)
    CROSS JOIN LATERAL (
        SELECT times
        FROM journeys
        WHERE tenant = :tenant AND campaign = :campaign AND times[1] >= span.since AND times[1] < span.until
            AND (CAST(:segments AS text[]) IS NULL OR segment = ANY (CAST(:segments AS text[])))
        OFFSET 0 -- span by span, by the index
    ) AS told
    CROSS JOIN generate_series(2, cardinality(told.times)) AS step
    CROSS JOIN unnest(CASE step WHEN 2 THEN '{1}' ELSE ARRAY[1, step - 1] END) AS since_step
)
SELECT found.step, found.since_step, run.sign AS journeys, found.histogram, CAST(NULL AS integer) AS lane
FROM unnest(
    CAST(:granularities AS text[]), CAST(:signs AS integer[]), CAST(:sinces AS timestamptz[]),
    CAST(:untils AS timestamptz[])
) AS run (granularity, sign, since, until)
CROSS JOIN LATERAL (
    SELECT step, since_step, histogram
    FROM journey_seconds AS stored
    WHERE stored.tenant = :tenant AND stored.campaign = :campaign AND stored.granularity = run.granularity
        AND stored.bucket >= run.since AND stored.bucket < run.until
        AND (CAST(:segments AS text[]) IS NULL OR stored.segment = ANY (CAST(:segments AS text[])))
    OFFSET 0 -- run by run, by the key
) AS found
UNION ALL
SELECT
    step,
    since_step,
    total_of(sign) AS journeys,
    NULL AS histogram,
    -- A float has every microsecond of a century, and is made in a fraction of the time of extract's numeric.
    width_bucket(CAST(date_part('epoch', duration) * 1000000 AS bigint), CAST(:beyond_us AS bigint[])) AS lane
FROM took
GROUP BY step, since_step, lane
