-- Grain: one row per user, day of UTC and action. Order: none. Parameters: none.
SELECT
    person.owner_key,
    entry.actor AS user_id,
    person.email,
    entry.day,
    CASE split_part(entry.action, '.', 1) -- as core/activity.py has it
        WHEN 'export' THEN 'exports'
        WHEN 'report' THEN 'reports'
        WHEN 'schedule' THEN 'schedules'
        WHEN 'delivery' THEN 'deliveries'
        WHEN 'link' THEN 'deliveries'
        WHEN 'telegram' THEN 'deliveries'
        WHEN 'destination' THEN 'destinations'
        WHEN 'user' THEN 'administration'
        WHEN 'estimate' THEN 'exports'
        WHEN 'dataset' THEN 'exports'
        WHEN 'insight' THEN 'insights'
        WHEN 'event' THEN 'events'
        WHEN 'audit' THEN 'administration'
        WHEN 'redaction' THEN 'redaction'
        WHEN 'retention' THEN 'retention'
        WHEN 'catalog' THEN 'settings'
        WHEN 'quota' THEN 'quotas'
        WHEN 'key' THEN 'administration'
        WHEN 'role' THEN 'administration'
        WHEN 'service' THEN 'administration'
        WHEN 'team' THEN 'administration'
        WHEN 'token' THEN 'administration'
        WHEN 'request' THEN 'refusals'
        ELSE 'other'
    END AS feature,
    entry.action,
    sum(entry.entries)::bigint AS times,
    min(entry.first_at) AS first_at,
    max(entry.last_at) AS last_at
FROM ( -- what is rolled up, and what is not yet, as the endpoints add them up
    SELECT
        kept.actor,
        (kept.bucket AT TIME ZONE 'UTC')::date AS day,
        kept.action,
        kept.entries,
        kept.first_at,
        kept.last_at
    FROM activity_rollups AS kept
    WHERE kept.granularity = 'day'
    UNION ALL
    SELECT tail.actor, (tail.at AT TIME ZONE 'UTC')::date, tail.action, 1, tail.at, tail.at
    FROM activity_tail AS tail
) AS entry
LEFT JOIN users AS person ON person.id = entry.actor
GROUP BY person.owner_key, entry.actor, person.email, entry.day, entry.action
