-- The functions that note ended jobs in a tail and roll it up later, for migration 0019. No parameters.

-- Levels and grains of the roll-ups. The place of a level is that of its kind in `job_kinds.kinds`; those that cross facets
-- are asked for whole days and more, the rest of a span is read at level `job`.
CREATE FUNCTION rollup_buckets() RETURNS TABLE (place integer, level text, has_seconds boolean, grain text)
LANGUAGE sql IMMUTABLE AS $$
    SELECT levels.place, levels.level, levels.level IN ('all', 'data', 'user'), grains.grain
    FROM (VALUES (1, 'all'), (2, 'error'), (3, 'sent'), (4, 'data'), (5, 'plan'), (6, 'user'), (7, 'job'),
                 (8, 'data_error'), (9, 'data_sent'), (10, 'sent_plan'), (11, 'data_plan'), (12, 'user_sent'),
                 (13, 'user_plan'), (14, 'user_data')) AS levels(place, level)
    CROSS JOIN (VALUES ('quarter'), ('day'), ('week'), ('month')) AS grains(grain)
    WHERE levels.place <= 7 OR grains.grain <> 'quarter'
$$;

-- Where the bucket of a moment begins; all of them in UTC, weeks on Mondays.
CREATE FUNCTION bucket_of(grain text, moment timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE grain
        WHEN 'quarter' THEN date_bin('15 minutes', moment, '2000-01-01 00:00:00+00')
        WHEN 'day' THEN date_bin('1 day', moment, '2000-01-01 00:00:00+00')
        WHEN 'week' THEN date_bin('7 days', moment, '2000-01-03 00:00:00+00')
        ELSE date_trunc('month', moment, 'UTC') END
$$;

-- The kinds that cross facets, of a kind of level `job`.
CREATE FUNCTION crossing_kinds(kind job_kinds) RETURNS integer[] LANGUAGE sql AS $$
    SELECT ARRAY[
        kind_id('data_error', type => kind.type, dataset => kind.dataset, tags => kind.tags, format => kind.format,
                status => kind.status, error_code => kind.error_code),
        kind_id('data_sent', type => kind.type, dataset => kind.dataset, tags => kind.tags, format => kind.format,
                destinations => kind.destinations),
        kind_id('sent_plan', tags => kind.tags, destinations => kind.destinations, list => kind.list,
                plan => kind.plan),
        kind_id('data_plan', type => kind.type, dataset => kind.dataset, tags => kind.tags, format => kind.format,
                list => kind.list, plan => kind.plan),
        kind_id('user_sent', kind.user_id, kind.owner_key, destinations => kind.destinations),
        kind_id('user_plan', kind.user_id, kind.owner_key, tags => kind.tags, list => kind.list, plan => kind.plan),
        kind_id('user_data', kind.user_id, kind.owner_key, kind.type, kind.dataset, kind.tags, kind.format)
    ]
$$;

-- The kinds of a job, one of each level in their order.
CREATE OR REPLACE FUNCTION kinds_of(job export_jobs) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
    known job_kinds;
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
    SELECT * INTO known FROM job_kinds AS kind WHERE kind.digest = named;
    IF known.kinds IS NULL THEN
        PERFORM kind_id('job', job.requester, job.owner_key, job.type, job.dataset, tags, job.format, sent, list, plan,
                        job.status, code);
        SELECT * INTO known FROM job_kinds AS kind WHERE kind.digest = named;
        known.kinds := ARRAY[
            kind_id('all'),
            kind_id('error', status => job.status, error_code => code),
            kind_id('sent', destinations => sent),
            kind_id('data', type => job.type, dataset => job.dataset, tags => tags, format => job.format),
            kind_id('plan', tags => tags, list => list, plan => plan),
            kind_id('user', user_id => job.requester, owner_key => job.owner_key),
            known.id
        ] || crossing_kinds(known);
        UPDATE job_kinds AS kind SET kinds = known.kinds WHERE kind.id = known.id AND kind.kinds IS NULL;
    END IF;
    RETURN known.kinds;
END $$;

-- What a job adds to the figures, or takes back from them.
CREATE FUNCTION tail_of(job export_jobs, sign integer) RETURNS job_tail LANGUAGE plpgsql AS $$
DECLARE
    result jsonb := CASE WHEN job.status = 'completed' THEN job.metadata ELSE '{}' END;
    is_run boolean := job.heartbeat_at IS NOT NULL;  -- it ended while an attempt was running
    queue_us bigint := CASE WHEN is_run
        THEN greatest(0, extract(epoch FROM job.started_at - job.due_at) * 1000000) ELSE 0 END;
    run_us bigint := CASE WHEN is_run
        THEN greatest(0, extract(epoch FROM job.completed_at - job.started_at) * 1000000) ELSE 0 END;
    noted job_tail;
BEGIN
    SELECT job.completed_at, (kinds_of(job))[7], sign * CAST(job.status = 'completed' AS integer),
           sign * CAST(job.status = 'failed' AS integer), sign * CAST(job.status = 'cancelled' AS integer),
           sign * coalesce((result ->> 'row_count')::bigint, 0),
           sign * coalesce((result ->> 'file_size_bytes')::bigint, 0),
           sign * CAST(is_run AS integer), sign * queue_us, sign * run_us
    INTO noted;
    RETURN noted;
END $$;

-- The rows of the roll-ups that an entry of the tail is counted in; its kinds are those of `kinds_of`.
CREATE FUNCTION rollups_of(ended job_tail) RETURNS SETOF job_rollups LANGUAGE sql STABLE AS $$
    SELECT buckets.level, buckets.grain, bucket_of(buckets.grain, ended.ended_at), kind.kinds[buckets.place],
           ended.completed, ended.failed, ended.cancelled, ended.rows, ended.bytes, ended.ran, ended.queue_us,
           ended.run_us,
           CASE WHEN buckets.has_seconds AND ended.ran <> 0
                THEN seconds_counts(ended.queue_us * ended.ran, ended.ran::integer) END,
           CASE WHEN buckets.has_seconds AND ended.ran <> 0
                THEN seconds_counts(ended.run_us * ended.ran, ended.ran::integer) END
    FROM job_kinds AS kind CROSS JOIN rollup_buckets() AS buckets
    WHERE kind.id = ended.kind
$$;

-- Noted in the transaction that ends the job; a retry takes the earlier end back. Nobody waits for anybody.
CREATE OR REPLACE FUNCTION add_to_rollups(job export_jobs, sign integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_tail SELECT (noted).* FROM tail_of(job, sign) AS noted;
END $$;

-- Move some of the tail into the roll-ups, and tell how many entries; whoever calls it is the only one.
CREATE FUNCTION roll_up_tail(most integer) RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtext('job_rollups'));
    WITH taken AS (
        DELETE FROM job_tail WHERE ctid = ANY (ARRAY(SELECT ctid FROM job_tail LIMIT most)) RETURNING *
    ),
    added AS (
        INSERT INTO job_rollups AS total
        SELECT figures.level, figures.grain, figures.bucket, figures.kind, sum(figures.completed), sum(figures.failed),
               sum(figures.cancelled), sum(figures.rows), sum(figures.bytes), sum(figures.ran), sum(figures.queue_us),
               sum(figures.run_us), sum_counts(figures.queue_counts), sum_counts(figures.run_counts)
        FROM taken CROSS JOIN LATERAL rollups_of(taken) AS figures
        GROUP BY figures.level, figures.grain, figures.bucket, figures.kind
        ON CONFLICT (level, grain, bucket, kind) DO UPDATE
        SET completed = total.completed + EXCLUDED.completed, failed = total.failed + EXCLUDED.failed,
            cancelled = total.cancelled + EXCLUDED.cancelled, rows = total.rows + EXCLUDED.rows,
            bytes = total.bytes + EXCLUDED.bytes, ran = total.ran + EXCLUDED.ran,
            queue_us = total.queue_us + EXCLUDED.queue_us, run_us = total.run_us + EXCLUDED.run_us,
            queue_counts = coalesce(add_counts(total.queue_counts, EXCLUDED.queue_counts), total.queue_counts,
                                    EXCLUDED.queue_counts),
            run_counts = coalesce(add_counts(total.run_counts, EXCLUDED.run_counts), total.run_counts,
                                  EXCLUDED.run_counts)
    )
    SELECT count(*) FROM taken;
$$;
