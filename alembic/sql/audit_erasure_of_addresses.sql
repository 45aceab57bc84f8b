-- Blanks the personal part of entries of others in which an address of a person stands, as among the recipients of a
-- schedule; how many there were. Their ids are noted, so that the chain still verifies.
CREATE FUNCTION erase_audit_addresses(addresses text[], person uuid, erased_by uuid, now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = SEARCHED AS $$
DECLARE
    erased bigint[];
BEGIN
    PERFORM set_config('exports.audit_door', 'erase', true);
    WITH blanked AS (
        UPDATE audit_log SET address = NULL, agent = NULL, personal = NULL, salt = NULL
        WHERE personal IS NOT NULL AND EXISTS (
            SELECT FROM unnest(addresses) AS each (address)
            WHERE strpos(lower(personal::text), lower(to_jsonb(each.address)::text)) > 0
        )
        RETURNING id
    )
    SELECT array_agg(id ORDER BY id) INTO erased FROM blanked;
    PERFORM set_config('exports.audit_door', '', true);
    IF erased IS NOT NULL THEN
        INSERT INTO audit_log (at, actor, subject, action, entity_type, entity_id, details)
        VALUES (now, erased_by, person, 'audit.address_erased', 'user', person::text,
                jsonb_build_object('entries', cardinality(erased), 'of_others', to_jsonb(erased)));
    END IF;
    RETURN coalesce(cardinality(erased), 0);
END $$;

REVOKE EXECUTE ON FUNCTION erase_audit_addresses FROM PUBLIC
