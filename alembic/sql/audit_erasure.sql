-- Blanks the personal part of all entries of what a person did, or what was done for them; how many there were.
-- With the salt gone nobody can guess from the digest what it was.
CREATE FUNCTION erase_audit_person(person uuid, erased_by uuid, now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = SEARCHED AS $$
DECLARE
    erased bigint;
BEGIN
    PERFORM set_config('exports.audit_door', 'erase', true);
    UPDATE audit_log SET address = NULL, agent = NULL, personal = NULL, salt = NULL
    WHERE (actor = person OR subject = person) AND salt IS NOT NULL;
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('exports.audit_door', '', true);
    INSERT INTO audit_log (at, actor, subject, action, entity_type, entity_id, details)
    VALUES (now, erased_by, person, 'audit.person_erased', 'user', person::text, jsonb_build_object('entries', erased));
    RETURN erased;
END $$;

REVOKE EXECUTE ON FUNCTION erase_audit_person FROM PUBLIC
