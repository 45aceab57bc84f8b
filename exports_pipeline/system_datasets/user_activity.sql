-- Grain: one row per user, day of UTC and action. Order: none. Parameters: none.
SELECT
    person.owner_key,
    entry.actor AS user_id,
    person.email,
    (entry.at AT TIME ZONE 'UTC')::date AS day,
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
    count(*) AS times,
    min(entry.at) AS first_at,
    max(entry.at) AS last_at
FROM audit_log AS entry
LEFT JOIN users AS person ON person.id = entry.actor
GROUP BY person.owner_key, entry.actor, person.email, (entry.at AT TIME ZONE 'UTC')::date, entry.action
