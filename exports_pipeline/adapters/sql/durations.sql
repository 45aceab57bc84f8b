-- How long the journeys that began in some spans took to each step, since the one before and since the first, counted
-- by bucket of a histogram. Grain: one row per step, since_step and lane (the bucket, from 0).
-- Parameters: tenant, campaign, segments (text[], null for all), sinces, untils, signs (of the spans: 1, or -1 where they
-- are taken away), beyond_us (bigint[]: where each bucket but the first begins, in microseconds).
WITH took AS (
    SELECT span.sign, step, since_step, told.times[step] - told.times[since_step] AS duration
    FROM unnest(CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]), CAST(:signs AS integer[]))
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
SELECT
    step,
    since_step,
    -- A float has every microsecond of a century, and is made in a fraction of the time of extract's numeric.
    width_bucket(CAST(date_part('epoch', duration) * 1000000 AS bigint), CAST(:beyond_us AS bigint[])) AS lane,
    sum(sign) AS journeys
FROM took
GROUP BY step, since_step, lane
