-- Makes the partition of a month, given by its first day, with the entries of it that came before; false if it is there.
CREATE FUNCTION make_audit_month(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = SEARCHED AS $$
DECLARE
    name constant text := 'audit_log_' || to_char(month, 'YYYY_MM');
    since constant timestamptz := month::timestamp AT TIME ZONE 'UTC';
    until constant timestamptz := (month::timestamp + INTERVAL '1 month') AT TIME ZONE 'UTC';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_months'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Made apart and attached: CREATE TABLE ... PARTITION OF would wait for all who read or write, and they for it.
    EXECUTE format('CREATE TABLE %I (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', name);
    IF EXISTS (SELECT FROM audit_log_default WHERE at >= since AND at < until) THEN
        LOCK TABLE audit_log_default IN ACCESS EXCLUSIVE MODE;
        PERFORM set_config('exports.audit_door', 'move', true);
        EXECUTE format('INSERT INTO %I SELECT * FROM audit_log_default WHERE at >= $1 AND at < $2', name)
        USING since, until;
        DELETE FROM audit_log_default WHERE at >= since AND at < until;
        PERFORM set_config('exports.audit_door', '', true);
    END IF;
    EXECUTE format(
        'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()',
        name);
    EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, since, until);
    RETURN true;
END $$;

-- Drops all entries before the end of a month and what the chain needs for them no longer; how many there were.
-- The chain goes on from the anchor that stays; seals between which newer ones stand stay with it.
CREATE FUNCTION drop_audit_month(month date, now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = SEARCHED AS $$
DECLARE
    until constant timestamptz := (month::timestamp + INTERVAL '1 month') AT TIME ZONE 'UTC';
    old text;
    dropped bigint;
    anchor_sequence bigint;
    anchor_hash bytea;
BEGIN
    IF until > now THEN
        RAISE EXCEPTION 'the month % has not ended', month;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('audit_months'));
    PERFORM pg_advisory_xact_lock(hashtext('audit_seals'));
    IF EXISTS (SELECT FROM audit_unsealed WHERE at < until) THEN
        RAISE EXCEPTION 'entries of % are not sealed yet', month;
    END IF;
    SELECT count(*) INTO dropped FROM audit_log WHERE at < until;
    SELECT coalesce(
        (SELECT sequence - 1 FROM audit_seals WHERE at >= until ORDER BY sequence LIMIT 1),
        (SELECT max(sequence) FROM audit_seals)) INTO anchor_sequence;
    SELECT hash INTO anchor_hash FROM audit_seals WHERE sequence = anchor_sequence;
    IF anchor_hash IS NULL THEN  -- not one of its seals may go: an older anchor, or the beginning, stays where it is
        SELECT sequence, hash INTO anchor_sequence, anchor_hash FROM (
            (SELECT sequence, hash FROM audit_anchors ORDER BY sequence DESC LIMIT 1)
            UNION ALL
            SELECT 0, sha256('exports-audit/1')
        ) AS known
        ORDER BY sequence DESC LIMIT 1;
    END IF;
    INSERT INTO audit_anchors (month, sequence, hash, entries, dropped_at)
    VALUES (month, anchor_sequence, anchor_hash, dropped, now);
    INSERT INTO audit_log (at, actor, action, entity_type, entity_id, details)
    VALUES (now, CAST('00000000-0000-0000-0000-000000000000' AS uuid), 'audit.month_dropped', 'audit',
            to_char(month, 'YYYY-MM'), jsonb_build_object(
                'entries', dropped, 'sequence', anchor_sequence, 'hash', encode(anchor_hash, 'hex')));
    PERFORM set_config('exports.audit_door', 'drop', true);
    DELETE FROM audit_seals WHERE sequence <= anchor_sequence;
    DELETE FROM audit_log_default WHERE at < until;
    PERFORM set_config('exports.audit_door', '', true);
    FOR old IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = CAST('audit_log' AS regclass) AND relname ~ '^audit_log_\d{4}_\d{2}$'
            AND relname <= 'audit_log_' || to_char(month, 'YYYY_MM')
    LOOP
        EXECUTE format('DROP TABLE %I', old);
    END LOOP;
    RETURN dropped;
END $$;

REVOKE EXECUTE ON FUNCTION make_audit_month, drop_audit_month FROM PUBLIC
