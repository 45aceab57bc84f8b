-- Everything personal in the export jobs of a person; their status, ids, times, counts and digests stay.
-- Parameters: person, key (an owner key of theirs), mark (what stands there from now on), nothing (filters), now.
UPDATE export_jobs AS job
SET owner_key = :mark,
    filters = CAST(:nothing AS jsonb),
    recipients = coalesce(
        (SELECT jsonb_agg(jsonb_build_object('channel', listed ->> 'channel', 'address', 'erased'))
         FROM jsonb_array_elements(job.recipients) AS listed),
        '[]'
    ),
    metadata = (job.metadata - '{parameters,difference,traceparent,kept,changes}'::text[])
        || jsonb_build_object('filters', CAST(:nothing AS jsonb)),
    idempotency_key = NULL,
    request_digest = NULL,
    error_sentence = CASE WHEN job.error_code IS NOT NULL THEN 'Erased.' END,
    expires_at = CASE WHEN job.expires_at > :now THEN :now ELSE job.expires_at END
WHERE job.requester = :person AND job.owner_key = :key
