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
    entry.action,
    entry.entity_type,
    entry.entity_id,
    entry.job_id,
    entry.details ->> 'dataset' AS dataset,
    entry.before,
    entry.after,
    entry.details,
    entry.outcome,
    entry.request_id,
    entry.address,
    entry.agent,
    entry.personal,
    seal.sequence,
    encode(seal.hash, 'hex') AS hash
FROM audit_log AS entry
LEFT JOIN users AS person ON person.id = entry.actor
LEFT JOIN audit_seals AS seal ON seal.entry_id = entry.id
