-- Refuses every change of what is written, whoever asks, but for the three doors below, which only functions open:
-- erase blanks the personal part of an entry, drop deletes seals of months that go, move brings entries into their month.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    door constant text := current_setting('exports.audit_door', true);
    personal constant text[] := '{address,agent,personal,salt}';
BEGIN
    IF TG_OP = 'UPDATE' AND door = 'erase' AND TG_TABLE_NAME LIKE 'audit\_log%' THEN
        IF to_jsonb(NEW) - personal = to_jsonb(OLD) - personal
            AND num_nonnulls(NEW.address, NEW.agent, NEW.personal, NEW.salt) = 0
        THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' AND (
        (door = 'drop' AND TG_TABLE_NAME IN ('audit_seals', 'audit_log_default'))
        OR (door = 'move' AND TG_TABLE_NAME = 'audit_log_default')
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$
