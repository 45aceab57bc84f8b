-- What was done by feature, and how many used each. Grain: one row per place and feature with `actions`, and one per place
-- with `users`: all of them, then those of each feature. Of place NULL it is the whole range, and users alone.
-- Parameters: granularities, sinces, untils (the stored buckets to read), starts (of the buckets of the series), actor
-- (null for all), kept (`all ` or '', where actions are summed), nobody (whose rows these sums are), heads (what stands
-- before the first point of an action, in the order of their bits), other (the bit of all else). The words
-- in capitals at their places stand for the counts of the features, and for what is read of the log itself.
WITH run AS (
    SELECT *
    FROM unnest(CAST(:granularities AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]))
        AS each (granularity, since, until)
),
head AS (
    SELECT name, CAST(1 AS bigint) << CAST(place - 1 AS integer) AS bit
    FROM unnest(CAST(:heads AS text[])) WITH ORDINALITY AS each (name, place)
),
entry AS (
    SELECT width_bucket(raw.at, CAST(:starts AS timestamptz[])) AS place, raw.actor, raw.action
    FROM (
        SELECT tail.at, tail.actor, tail.action
        FROM run
        JOIN activity_tail AS tail ON tail.at >= run.since AND tail.at < run.until
        WHERE run.granularity <> 'minute' AND (CAST(:actor AS uuid) IS NULL OR tail.actor = CAST(:actor AS uuid))
        MINUTES
    ) AS raw
),
used AS MATERIALIZED (
    SELECT place, actor, bit_or(features) AS features
    FROM (
        SELECT width_bucket(stored.bucket, CAST(:starts AS timestamptz[])) AS place, stored.actor, stored.features
        FROM run
        CROSS JOIN LATERAL (
            SELECT bucket, actor, features
            FROM activity_rollups AS kept
            WHERE kept.granularity = 'any ' || run.granularity AND kept.bucket >= run.since AND kept.bucket < run.until
                AND (CAST(:actor AS uuid) IS NULL OR kept.actor = CAST(:actor AS uuid))
            OFFSET 0 -- run by run, by the key
        ) AS stored
        UNION ALL
        SELECT entry.place, entry.actor, coalesce(head.bit, CAST(1 AS bigint) << CAST(:other AS integer))
        FROM entry LEFT JOIN head ON head.name = split_part(entry.action, '.', 1)
    ) AS each
    GROUP BY place, actor
),
done AS (
    SELECT width_bucket(stored.bucket, CAST(:starts AS timestamptz[])) AS place, stored.action, stored.entries
    FROM run
    CROSS JOIN LATERAL (
        SELECT bucket, action, entries
        FROM activity_rollups AS kept
        WHERE kept.granularity = :kept || run.granularity AND kept.bucket >= run.since AND kept.bucket < run.until
            AND kept.actor = coalesce(CAST(:actor AS uuid), CAST(:nobody AS uuid))
        OFFSET 0
    ) AS stored
    UNION ALL
    SELECT place, action, 1 FROM entry
)
SELECT place, split_part(action, '.', 1) AS head, total_of(entries) AS actions, NULL AS users
FROM done GROUP BY 1, 2
UNION ALL
SELECT place, NULL, NULL, ARRAY[count(*), COUNTS]
FROM used GROUP BY place
UNION ALL
SELECT NULL, NULL, NULL, ARRAY[count(*), COUNTS]
FROM (SELECT actor, bit_or(features) AS features FROM used GROUP BY actor) AS each
