-- The tenants that have events, with the instants of their first and last one; order: by name.
WITH RECURSIVE found AS (
    (SELECT tenant FROM analytics_events ORDER BY tenant LIMIT 1)
    UNION ALL
    SELECT (SELECT e.tenant FROM analytics_events AS e WHERE e.tenant > found.tenant ORDER BY e.tenant LIMIT 1)
    FROM found
    WHERE found.tenant IS NOT NULL
)
SELECT
    tenant,
    (SELECT min(e.occurred_at) FROM analytics_events AS e WHERE e.tenant = found.tenant) AS first_at,
    (SELECT max(e.occurred_at) FROM analytics_events AS e WHERE e.tenant = found.tenant) AS last_at
FROM found
WHERE tenant IS NOT NULL
ORDER BY tenant
