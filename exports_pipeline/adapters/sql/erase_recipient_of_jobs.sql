-- A person's addresses among the recipients of others' jobs: marked where the job has ended, else left out.
-- Parameters: person, addresses (in lower case).
UPDATE export_jobs AS job
SET recipients = coalesce(
    (SELECT jsonb_agg(
         CASE WHEN lower(listed ->> 'address') = ANY (CAST(:addresses AS text[]))
              THEN jsonb_build_object('channel', listed ->> 'channel', 'address', 'erased') ELSE listed END
         ORDER BY place)
     FROM jsonb_array_elements(job.recipients) WITH ORDINALITY AS each (listed, place)
     WHERE job.status IN ('completed', 'failed', 'cancelled')
        OR lower(coalesce(listed ->> 'address', '')) <> ALL (CAST(:addresses AS text[]))),
    '[]'
)
WHERE job.requester <> :person AND EXISTS (
    SELECT FROM jsonb_array_elements(job.recipients) AS listed
    WHERE lower(listed ->> 'address') = ANY (CAST(:addresses AS text[]))
)
