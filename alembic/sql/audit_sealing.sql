-- The hash of a seal over its body and the hash before it, or `first` where it is the first of all asked for.
CREATE FUNCTION audit_link(state bytea, body bytea, first bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(body || coalesce(state, first));

CREATE AGGREGATE audit_chain(body bytea, first bytea) (SFUNC = audit_link, STYPE = bytea);

-- Seals so many committed entries in the order of their ids, one caller at a time; how many it took off the queue.
-- An entry that was queued and is gone is told by an entry of its own.
CREATE FUNCTION seal_audit_log(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = SEARCHED AS $$
DECLARE
    last_sequence bigint;
    last_hash bytea;
    taken_count integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('audit_seals')) THEN
        RETURN 0;
    END IF;
    SELECT sequence, hash INTO last_sequence, last_hash FROM (
        (SELECT sequence, hash FROM audit_seals ORDER BY sequence DESC LIMIT 1)
        UNION ALL
        (SELECT sequence, hash FROM audit_anchors ORDER BY sequence DESC LIMIT 1)
        UNION ALL
        SELECT 0, sha256('exports-audit/1')
    ) AS known
    ORDER BY sequence DESC LIMIT 1;
    WITH taken AS (
        DELETE FROM audit_unsealed WHERE ctid = ANY (ARRAY(SELECT ctid FROM audit_unsealed LIMIT most))
        RETURNING id, at
    ),
    lost AS (
        INSERT INTO audit_log (at, actor, action, entity_type, entity_id, outcome, details)
        SELECT clock_timestamp(), CAST('00000000-0000-0000-0000-000000000000' AS uuid), 'audit.entry_missing',
               'audit', taken.id::text, 'error', jsonb_build_object('entry', taken.id, 'at', taken.at)
        FROM taken
        WHERE NOT EXISTS (SELECT FROM audit_log WHERE audit_log.id = taken.id AND audit_log.at = taken.at)
    ),
    digested AS (
        SELECT last_sequence + row_number() OVER (ORDER BY entry.id) AS sequence, entry.id, entry.at,
            sha256(convert_to(jsonb_build_array(
                'exports-audit/1', entry.id, (extract(epoch FROM entry.at) * 1000000)::bigint, entry.actor,
                entry.subject, entry.service, entry.key_id, entry.action, entry.entity_type, entry.entity_id,
                entry.job_id, entry.before, entry.after, entry.details, entry.outcome, entry.request_id,
                encode(entry.personal_digest, 'hex')
            )::text, 'UTF8')) AS digest
        FROM taken JOIN audit_log AS entry ON entry.id = taken.id AND entry.at = taken.at
    ),
    chained AS (
        SELECT sequence, id, at, digest,
            audit_chain(
                int8send(sequence) || int8send(id) || int8send((extract(epoch FROM at) * 1000000)::bigint) || digest,
                last_hash
            ) OVER (ORDER BY sequence ROWS UNBOUNDED PRECEDING) AS hash
        FROM digested
    ),
    sealed AS (
        INSERT INTO audit_seals (sequence, entry_id, at, digest, previous_hash, hash)
        SELECT sequence, id, at, digest, coalesce(lag(hash) OVER (ORDER BY sequence), last_hash), hash FROM chained
    )
    SELECT count(*) INTO taken_count FROM taken;
    RETURN taken_count;
END $$;

REVOKE EXECUTE ON FUNCTION seal_audit_log FROM PUBLIC
