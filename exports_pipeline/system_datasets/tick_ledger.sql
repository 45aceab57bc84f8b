-- Grain: one row per window of a schedule. Order: none. Parameters: none.
SELECT
    person.owner_key,
    plan.user_id,
    plan.id AS schedule_id,
    plan.name AS schedule,
    plan.kind,
    plan.cron,
    plan.timezone,
    plan.is_active,
    tick.due_at,
    tick.state,
    tick.reason,
    tick.by_hand,
    tick.is_late,
    tick.started_at,
    tick.settled_at,
    round(extract(epoch FROM tick.started_at - tick.due_at), 3) AS seconds_after_due,
    cardinality(tick.job_ids) AS jobs,
    tick.job_ids
FROM schedule_windows AS tick
JOIN schedules AS plan ON plan.id = tick.schedule_id
LEFT JOIN users AS person ON person.id = plan.user_id
