-- Grain: one row per delivery of a result or a notice. Order: none. Parameters: none.
SELECT
    delivery.id AS delivery_id,
    coalesce(job.owner_key, person.owner_key) AS owner_key,
    coalesce(delivery.user_id, job.requester) AS user_id,
    delivery.job_id,
    job.dataset,
    delivery.kind,
    delivery.occasion,
    delivery.channel,
    delivery.address,
    delivery.destination_id,
    delivery.state,
    delivery.tries,
    delivery.last_error,
    delivery.created_at,
    delivery.settled_at,
    link.opened,
    link.last_opened_at
FROM deliveries AS delivery
LEFT JOIN export_jobs AS job ON job.id = delivery.job_id
LEFT JOIN users AS person ON person.id = delivery.user_id
LEFT JOIN links AS link ON link.delivery_id = delivery.id
