-- Grain: one row per user, day of UTC and action. Order: none. Parameters: none.
SELECT
    person.owner_key,
    entry.actor AS user_id,
    person.email,
    (entry.at AT TIME ZONE 'UTC')::date AS day,
    split_part(entry.action, '.', 1) AS feature,
    entry.action,
    count(*) AS times,
    min(entry.at) AS first_at,
    max(entry.at) AS last_at
FROM audit_log AS entry
LEFT JOIN users AS person ON person.id = entry.actor
GROUP BY person.owner_key, entry.actor, person.email, (entry.at AT TIME ZONE 'UTC')::date, entry.action
