-- Grain: one row per entry of the audit log. Order: none. Parameters: none.
SELECT
    entry.id,
    entry.at,
    entry.actor,
    person.owner_key,
    person.email,
    entry.action,
    entry.job_id,
    entry.details ->> 'dataset' AS dataset,
    entry.details
FROM audit_log AS entry
LEFT JOIN users AS person ON person.id = entry.actor
