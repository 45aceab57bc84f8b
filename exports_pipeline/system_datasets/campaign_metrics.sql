-- Grain: one row per tenant, metric, hour of UTC and value of the dimensions. Order: none. Parameters: none.
-- Hours only: shorter and longer buckets count the same events again, and days of every full-hour zone are made of hours.
SELECT
    tenant,
    metric,
    bucket,
    dimensions ->> 'campaign' AS campaign,
    dimensions ->> 'category' AS category,
    dimensions ->> 'label' AS label,
    dimensions ->> 'event_type' AS event_type,
    dimensions ->> 'segment' AS segment,
    count AS events,
    sum AS total,
    min AS least,
    max AS greatest,
    dimensions
FROM metric_rollups
WHERE granularity = 'hour' AND metric NOT LIKE '%#%' -- which is the same told apart by less
