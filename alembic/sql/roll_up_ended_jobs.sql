-- The functions and the aggregate that roll up ended jobs and openings, for migration 0014. No parameters.

-- What tells two kinds of jobs apart; NULL is what a level does not know.
CREATE FUNCTION kind_digest(
    level text, user_id uuid, owner_key text, type text, dataset text, tags text[], format text, destinations text[],
    list text, plan text, status text, error_code text
) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT md5(ROW(level, user_id, owner_key, type, dataset, tags, format, destinations, list, plan, status,
                   error_code)::text)::uuid
$$;

-- The id of a kind, which is made when it is first seen.
CREATE FUNCTION kind_id(
    level text, user_id uuid DEFAULT NULL, owner_key text DEFAULT NULL, type text DEFAULT NULL,
    dataset text DEFAULT NULL, tags text[] DEFAULT NULL, format text DEFAULT NULL, destinations text[] DEFAULT NULL,
    list text DEFAULT NULL, plan text DEFAULT NULL, status text DEFAULT NULL, error_code text DEFAULT NULL
) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    named uuid := kind_digest(level, user_id, owner_key, type, dataset, tags, format, destinations, list, plan,
                              status, error_code);
BEGIN
    INSERT INTO job_kinds AS kind VALUES (DEFAULT, named, level, user_id, owner_key, type, dataset, tags, format,
                                          destinations, list, plan, status, error_code)
    ON CONFLICT DO NOTHING;
    RETURN (SELECT kind.id FROM job_kinds AS kind WHERE kind.digest = named);
END $$;

-- The kinds of a job, one of each level. Their order is that in which rows are locked, so nobody waits in a circle.
CREATE FUNCTION kinds_of(job export_jobs) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
    known integer[];
    made integer[];
    tags text[] := CASE WHEN cardinality(job.tag_summary) < 2 THEN job.tag_summary
                        ELSE ARRAY(SELECT DISTINCT tag FROM unnest(job.tag_summary) AS tag ORDER BY tag) END;
    sent text[] := CASE WHEN jsonb_array_length(job.recipients) = 0 THEN '{manual}'
                        ELSE ARRAY(SELECT DISTINCT each ->> 'channel'
                                   FROM jsonb_array_elements(job.recipients) AS each ORDER BY 1) END;
    list text := coalesce(job.metadata #>> '{labels,list}', '');
    plan text := coalesce(job.metadata #>> '{labels,plan}', '');
    code text := CASE WHEN job.status = 'failed' THEN job.error_code ELSE '' END;
    named uuid := kind_digest('job', job.requester, job.owner_key, job.type, job.dataset, tags, job.format, sent,
                              list, plan, job.status, code);
BEGIN
    SELECT kind.kinds INTO known FROM job_kinds AS kind WHERE kind.digest = named;
    IF known IS NOT NULL THEN
        RETURN known;
    END IF;
    made := ARRAY[
        kind_id('all'),
        kind_id('error', status => job.status, error_code => code),
        kind_id('sent', destinations => sent),
        kind_id('data', type => job.type, dataset => job.dataset, tags => tags, format => job.format),
        kind_id('plan', tags => tags, list => list, plan => plan),
        kind_id('user', user_id => job.requester, owner_key => job.owner_key),
        kind_id('job', job.requester, job.owner_key, job.type, job.dataset, tags, job.format, sent, list, plan,
                job.status, code)
    ];
    UPDATE job_kinds AS kind SET kinds = made WHERE kind.digest = named AND kind.kinds IS NULL;
    RETURN made;
END $$;

-- Histograms by the bounds of count_seconds; one expression each, as an ending job needs a dozen of them.
CREATE FUNCTION seconds_counts(micros bigint, sign integer) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN ARRAY[
        CASE WHEN micros <= 100000 THEN sign ELSE 0 END,
        CASE WHEN micros > 100000 AND micros <= 250000 THEN sign ELSE 0 END,
        CASE WHEN micros > 250000 AND micros <= 500000 THEN sign ELSE 0 END,
        CASE WHEN micros > 500000 AND micros <= 1000000 THEN sign ELSE 0 END,
        CASE WHEN micros > 1000000 AND micros <= 2500000 THEN sign ELSE 0 END,
        CASE WHEN micros > 2500000 AND micros <= 5000000 THEN sign ELSE 0 END,
        CASE WHEN micros > 5000000 AND micros <= 10000000 THEN sign ELSE 0 END,
        CASE WHEN micros > 10000000 AND micros <= 30000000 THEN sign ELSE 0 END,
        CASE WHEN micros > 30000000 AND micros <= 60000000 THEN sign ELSE 0 END,
        CASE WHEN micros > 60000000 AND micros <= 300000000 THEN sign ELSE 0 END,
        CASE WHEN micros > 300000000 AND micros <= 900000000 THEN sign ELSE 0 END,
        CASE WHEN micros > 900000000 AND micros <= 3600000000 THEN sign ELSE 0 END,
        CASE WHEN micros > 3600000000 THEN sign ELSE 0 END
    ];
END $$;

CREATE FUNCTION add_counts(counted integer[], more integer[]) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN ARRAY[
        counted[1] + more[1], counted[2] + more[2], counted[3] + more[3], counted[4] + more[4],
        counted[5] + more[5], counted[6] + more[6], counted[7] + more[7], counted[8] + more[8],
        counted[9] + more[9], counted[10] + more[10], counted[11] + more[11], counted[12] + more[12],
        counted[13] + more[13]
    ];
END $$;

CREATE AGGREGATE sum_counts(integer[]) (SFUNC = add_counts, STYPE = integer[]);

-- What a job adds to the roll-ups: a row for each level, in the order of its kinds, and each grain.
CREATE FUNCTION rollups_of(job export_jobs, sign integer) RETURNS SETOF job_rollups LANGUAGE plpgsql AS $$
DECLARE
    levels text[] := ARRAY['all', 'error', 'sent', 'data', 'plan', 'user', 'job'];
    ids integer[] := kinds_of(job);
    result jsonb := CASE WHEN job.status = 'completed' THEN job.metadata ELSE '{}' END;
    is_run boolean := job.heartbeat_at IS NOT NULL;  -- it ended while an attempt was running
    queue_us bigint := CASE WHEN is_run
        THEN greatest(0, extract(epoch FROM job.started_at - job.due_at) * 1000000) END;
    run_us bigint := CASE WHEN is_run
        THEN greatest(0, extract(epoch FROM job.completed_at - job.started_at) * 1000000) END;
    queue_counts integer[] := seconds_counts(queue_us, sign);
    run_counts integer[] := seconds_counts(run_us, sign);
BEGIN
    RETURN QUERY
    SELECT levels[place], grain, date_bin(step, job.completed_at, '2000-01-01 00:00:00+00'), ids[place],
           sign * CAST(job.status = 'completed' AS integer)::bigint,
           sign * CAST(job.status = 'failed' AS integer)::bigint,
           sign * CAST(job.status = 'cancelled' AS integer)::bigint,
           sign * coalesce((result ->> 'row_count')::bigint, 0),
           sign * coalesce((result ->> 'file_size_bytes')::bigint, 0),
           sign * CAST(is_run AS integer)::bigint, sign * coalesce(queue_us, 0), sign * coalesce(run_us, 0),
           CASE WHEN levels[place] IN ('all', 'data', 'user') THEN queue_counts END,
           CASE WHEN levels[place] IN ('all', 'data', 'user') THEN run_counts END
    FROM generate_subscripts(levels, 1) AS place
    CROSS JOIN (VALUES ('quarter', interval '15 minutes'), ('day', interval '1 day')) AS grains(grain, step)
    ORDER BY place, grain;
END $$;

-- Counted in the transaction that ends the job; a retry takes the earlier end back.
CREATE FUNCTION add_to_rollups(job export_jobs, sign integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO job_rollups AS total SELECT * FROM rollups_of(job, sign)
    ON CONFLICT (level, grain, bucket, kind) DO UPDATE
    SET completed = total.completed + EXCLUDED.completed, failed = total.failed + EXCLUDED.failed,
        cancelled = total.cancelled + EXCLUDED.cancelled, rows = total.rows + EXCLUDED.rows,
        bytes = total.bytes + EXCLUDED.bytes, ran = total.ran + EXCLUDED.ran,
        queue_us = total.queue_us + EXCLUDED.queue_us, run_us = total.run_us + EXCLUDED.run_us,
        queue_counts = coalesce(add_counts(total.queue_counts, EXCLUDED.queue_counts), total.queue_counts,
                                EXCLUDED.queue_counts),
        run_counts = coalesce(add_counts(total.run_counts, EXCLUDED.run_counts), total.run_counts,
                              EXCLUDED.run_counts)
$$;

CREATE FUNCTION roll_up_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('completed', 'failed', 'cancelled') THEN  -- a retry takes the earlier end back
        PERFORM add_to_rollups(OLD, -1);
    END IF;
    IF NEW.status IN ('completed', 'failed', 'cancelled') THEN
        PERFORM add_to_rollups(NEW, 1);
    END IF;
    RETURN NULL;
END $$;

-- What an opening adds: by the channel of its link, `manual` for a download without one.
CREATE FUNCTION openings_of(entry audit_log) RETURNS SETOF opening_rollups LANGUAGE plpgsql AS $$
DECLARE
    levels text[] := ARRAY['all', 'error', 'sent', 'data', 'plan', 'user', 'job'];
    job export_jobs;
    ids integer[];
BEGIN
    SELECT * INTO job FROM export_jobs WHERE id = entry.job_id;
    IF job.id IS NULL THEN
        RETURN;
    END IF;
    ids := kinds_of(job);
    RETURN QUERY
    SELECT levels[place], grain, date_bin(step, entry.at, '2000-01-01 00:00:00+00'), ids[place],
           coalesce((SELECT delivery.channel FROM deliveries AS delivery
                     WHERE delivery.id = (entry.details ->> 'delivery')::uuid), 'manual'),
           1::bigint, coalesce((job.metadata ->> 'file_size_bytes')::bigint, 0)
    FROM generate_subscripts(levels, 1) AS place
    CROSS JOIN (VALUES ('quarter', interval '15 minutes'), ('day', interval '1 day')) AS grains(grain, step)
    ORDER BY place, grain;
END $$;

CREATE FUNCTION roll_up_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO opening_rollups AS total SELECT * FROM openings_of(NEW)
    ON CONFLICT (level, grain, bucket, kind, channel) DO UPDATE
    SET openings = total.openings + EXCLUDED.openings, bytes = total.bytes + EXCLUDED.bytes;
    RETURN NULL;
END $$;
