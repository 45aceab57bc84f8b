-- The events of some customers that do for a step, between two instants each.
-- Grain: one row per event and step. Parameters: wanted (jsonb: tenant, customer, campaign or null for all of them,
-- since, until), steps (jsonb: place counted from 1, and the texts that the fields may have, {} for any).
SELECT wanted.tenant, touch.campaign, wanted.customer, touch.occurred_at, touch.place, touch.segment
FROM jsonb_to_recordset(CAST(:wanted AS jsonb))
    AS wanted (tenant text, customer text, campaign text, since timestamptz, until timestamptz)
CROSS JOIN LATERAL (
    SELECT event.campaign, event.occurred_at, step.place,
           left(coalesce(event.metadata ->> 'segment', ''), 200) AS segment -- it is a key of indexes
    FROM analytics_events AS event
    JOIN jsonb_to_recordset(CAST(:steps AS jsonb))
        AS step (place integer, event_type text[], category text[], label text[], campaign text[])
        ON (step.event_type = '{}' OR event.event_type = ANY (step.event_type))
        AND (step.category = '{}' OR event.category = ANY (step.category))
        AND (step.label = '{}' OR event.label = ANY (step.label))
        AND (step.campaign = '{}' OR event.campaign = ANY (step.campaign))
    WHERE event.tenant || '/' || event.customer = wanted.tenant || '/' || wanted.customer -- by the index of customers
        AND event.tenant || '' = wanted.tenant AND event.campaign <> ''
        AND (wanted.campaign IS NULL OR event.campaign = wanted.campaign)
        AND event.occurred_at BETWEEN wanted.since AND wanted.until
    OFFSET 0 -- by the index of the months in question, one customer at a time
) AS touch
