-- Journeys as they are told now; none stays where there are no times. Parameter: told (jsonb).
-- Grain: one row per tenant, customer and campaign.
WITH told AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:told AS jsonb))
        AS each (tenant text, customer text, campaign text, segment text, times timestamptz[])
),
gone AS (
    DELETE FROM journeys
    USING told
    WHERE journeys.tenant = told.tenant AND journeys.customer = told.customer
        AND journeys.campaign || '' = told.campaign AND told.times = '{}'
)
INSERT INTO journeys (tenant, customer, campaign, segment, times)
SELECT tenant, customer, campaign, segment, times FROM told WHERE times <> '{}'
ON CONFLICT (tenant, customer, campaign) DO UPDATE SET segment = EXCLUDED.segment, times = EXCLUDED.times
