-- The journeys that events of new batches may change, as they stand, and when each begins with the new events.
-- Grain: one row per tenant, campaign and customer with a pick-up, now or before; segment and times are null where
-- there is no journey yet. Journeys whose window ended before the new events are left out: their own events may be
-- gone by now. Parameters: batches (bigint[]), steps (jsonb, see journey_touches.sql), window_s (seconds).
WITH fresh AS (
    SELECT event.tenant, event.campaign, event.customer,
           min(event.occurred_at) FILTER (WHERE step.place = 1) AS picked_up_at,
           min(event.occurred_at) AS earliest_at
    FROM analytics_events AS event
    JOIN jsonb_to_recordset(CAST(:steps AS jsonb))
        AS step (place integer, event_type text[], category text[], label text[], campaign text[])
        ON (step.event_type = '{}' OR event.event_type = ANY (step.event_type))
        AND (step.category = '{}' OR event.category = ANY (step.category))
        AND (step.label = '{}' OR event.label = ANY (step.label))
        AND (step.campaign = '{}' OR event.campaign = ANY (step.campaign))
    WHERE event.batch_id = ANY (CAST(:batches AS bigint[])) AND event.customer <> '' AND event.campaign <> ''
    GROUP BY event.tenant, event.campaign, event.customer
)
SELECT fresh.tenant, fresh.campaign, fresh.customer, least(fresh.picked_up_at, known.times[1]) AS began_at,
       known.segment, known.times
FROM fresh
LEFT JOIN LATERAL (
    SELECT journeys.segment, journeys.times
    FROM journeys
    WHERE journeys.tenant = fresh.tenant AND journeys.customer = fresh.customer
        AND journeys.campaign || '' = fresh.campaign -- or all journeys of the campaign may be looked through
    OFFSET 0 -- by the key, one at a time: there are far more journeys than new events
) AS known ON true
WHERE CASE
    WHEN known.times IS NULL THEN fresh.picked_up_at IS NOT NULL
    ELSE fresh.earliest_at <= known.times[1] + make_interval(secs => :window_s)
END
