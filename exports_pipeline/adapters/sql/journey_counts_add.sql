-- Add to the counts of cohorts, or take away. Parameter: changes (jsonb).
-- Grain: one row per tenant, campaign, level, bucket, segment and step.
INSERT INTO journey_rollups AS known (tenant, campaign, granularity, bucket, segment, step, journeys)
SELECT tenant, campaign, granularity, bucket, segment, step, journeys
FROM jsonb_to_recordset(CAST(:changes AS jsonb))
    AS change (tenant text, campaign text, granularity text, bucket timestamptz, segment text, step smallint,
               journeys bigint)
ON CONFLICT (tenant, campaign, granularity, bucket, segment, step)
DO UPDATE SET journeys = known.journeys + EXCLUDED.journeys
