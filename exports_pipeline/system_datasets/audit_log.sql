-- Grain: one row per entry of the audit log. Order: none. Parameters: none.
SELECT
    entry.id,
    entry.at,
    entry.actor,
    person.owner_key,
    person.email,
    entry.subject,
    entry.service,
    entry.key_id,
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
    CASE -- what an auditor files it under
        WHEN split_part(entry.action, '.', 1) IN ('role', 'team', 'key', 'service', 'token') THEN 'rights'
        WHEN entry.action IN ('audit.read', 'audit.chain_read') THEN 'use'
        WHEN split_part(entry.action, '.', 1) IN ('user', 'audit') THEN 'administration'
        WHEN split_part(entry.action, '.', 1) IN ('redaction', 'retention') THEN split_part(entry.action, '.', 1)
        ELSE 'use'
    END AS concern,
    concat_ws(' ', entry.details ->> 'method', entry.details ->> 'route') AS route,
    entry.outcome,
    coalesce(entry.details ->> 'reason', entry.details ->> 'code') AS reason,
    coalesce((entry.details ->> 'times')::bigint, 1) AS times,
    entry.entity_type,
    entry.entity_id,
    entry.job_id,
    coalesce(entry.details ->> 'dataset', entry.details ->> 'template') AS dataset,
    entry.before IS NOT NULL OR entry.after IS NOT NULL AS is_change,
    entry.before,
    entry.after,
    entry.details,
    entry.request_id,
    entry.address,
    entry.agent,
    entry.personal,
    seal.sequence,
    encode(seal.hash, 'hex') AS hash
FROM audit_log AS entry
LEFT JOIN users AS person ON person.id = entry.actor
LEFT JOIN audit_seals AS seal ON seal.entry_id = entry.id
