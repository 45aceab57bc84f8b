-- How the ledger stands now. Grain: one row. Reads the partial indexes of what has not ended, so its cost grows with
-- the queue and never with the history.
SELECT
    waiting.jobs + busy.launched AS pending,
    busy.running,
    busy.running + busy.launched AS slots_taken,
    least(waiting.oldest_due_at, busy.oldest_due_at) AS oldest_due_at,
    busy.oldest_heartbeat_at,
    unsent.deliveries AS deliveries_waiting,
    unsent.oldest_at AS oldest_delivery_at,
    (SELECT min(at) FROM audit_unsealed) AS oldest_unsealed_at,
    (SELECT max(at) FROM audit_log WHERE action = 'audit.head_signed') AS audit_head_at,
    coalesce((
        SELECT (details ->> 'found')::integer
        FROM audit_log WHERE action = 'audit.verified' ORDER BY at DESC, id DESC LIMIT 1
    ), 0) AS audit_findings
FROM (
    SELECT count(*) AS jobs, min(due_at) AS oldest_due_at
    FROM export_jobs WHERE status = 'pending' AND dispatched_at IS NULL
) AS waiting
CROSS JOIN (
    SELECT count(*) FILTER (WHERE status = 'pending') AS launched,
           count(*) FILTER (WHERE status = 'running') AS running,
           min(due_at) FILTER (WHERE status = 'pending') AS oldest_due_at,
           min(heartbeat_at) FILTER (WHERE status = 'running') AS oldest_heartbeat_at
    FROM export_jobs WHERE status = 'running' OR (status = 'pending' AND dispatched_at IS NOT NULL)
) AS busy
CROSS JOIN (
    SELECT count(*) AS deliveries, min(created_at) AS oldest_at
    FROM deliveries WHERE state IN ('pending', 'sending')
) AS unsent
