-- Nobody chooses the id of an entry, nor its salt; the digest of the personal part survives the part itself.
CREATE FUNCTION complete_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.id := nextval('audit_log_id_seq');
    NEW.salt := uuid_send(gen_random_uuid());
    NEW.personal_digest := sha256(
        NEW.salt || convert_to(jsonb_build_array(NEW.address, NEW.agent, NEW.personal)::text, 'UTF8'));
    RETURN NEW;
END $$;

-- As the owner: whoever may only append must not be able to take an entry out of the queue.
CREATE FUNCTION await_audit_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = SEARCHED AS $$
BEGIN
    INSERT INTO audit_unsealed (id, at) SELECT id, at FROM entered;
    RETURN NULL;
END $$
