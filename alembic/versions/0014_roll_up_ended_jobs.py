"""Roll up what ended and what was opened, for the insights: exact at every moment, whatever became of a job since.

Shape, for whoever reads it: `job_kinds` names what jobs have in common, `job_rollups` counts the ended jobs of a kind
in a bucket of time (UTC, by `completed_at`), `opening_rollups` the openings of their files. A job is counted once at
every `level` and twice within it, by `grain`: in its quarter of an hour and in its day. Level `job` knows all: user,
owner key, type, dataset, tags, format, destinations, list, plan, status, error code; the others know some of it (NULL
is what they do not know, '' what a job does not have) and are therefore shorter. So sum over ONE level and ONE grain.
`tags` and `destinations` are arrays: unnest them to count by one of them. Seconds are whole microseconds, and of jobs
that ended while they were running (`ran`) only; `*_counts` are histograms by the bounds of `count_seconds`.
"""

from alembic import op

revision = "0014_roll_up_ended_jobs"
down_revision = "0011_create_events"
branch_labels = None
depends_on = None

# What a job looks like at each level; the order is the one in which rows are locked, so that nobody waits in a circle.
_LEVELS_OF = """
CREATE FUNCTION levels_of(job export_jobs) RETURNS SETOF job_kinds LANGUAGE sql STABLE AS $$
    WITH told AS (
        SELECT coalesce((SELECT array_agg(DISTINCT tag ORDER BY tag) FROM unnest(job.tag_summary) AS tag), '{}')
                   AS tags,
               coalesce((SELECT array_agg(DISTINCT each ->> 'channel' ORDER BY each ->> 'channel')
                         FROM jsonb_array_elements(job.recipients) AS each), '{manual}') AS destinations,
               coalesce(job.metadata #>> '{labels,list}', '') AS list,
               coalesce(job.metadata #>> '{labels,plan}', '') AS plan,
               CASE WHEN job.status = 'failed' THEN job.error_code ELSE '' END AS error_code
    ),
    looks AS (
        SELECT 1 AS place, 'all' AS level, NULL::uuid AS user_id, NULL::text AS owner_key, NULL::text AS type,
               NULL::text AS dataset,
               NULL::text[] AS tags, NULL::text AS format, NULL::text[] AS destinations, NULL::text AS list,
               NULL::text AS plan, NULL::text AS status, NULL::text AS error_code
        UNION ALL
        SELECT 2, 'error', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, job.status, error_code FROM told
        UNION ALL
        SELECT 3, 'sent', NULL, NULL, NULL, NULL, NULL, NULL, destinations, NULL, NULL, NULL, NULL FROM told
        UNION ALL
        SELECT 4, 'data', NULL, NULL, job.type, job.dataset, tags, job.format, NULL, NULL, NULL, NULL, NULL FROM told
        UNION ALL
        SELECT 5, 'plan', NULL, NULL, NULL, NULL, tags, NULL, NULL, list, plan, NULL, NULL FROM told
        UNION ALL
        SELECT 6, 'user', job.requester, job.owner_key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        UNION ALL
        SELECT 7, 'job', job.requester, job.owner_key, job.type, job.dataset, tags, job.format, destinations, list,
               plan, job.status, error_code FROM told
    )
    SELECT place, md5(ROW(level, user_id, owner_key, type, dataset, tags, format, destinations, list, plan, status,
                          error_code)::text)::uuid,
           level, user_id, owner_key, type, dataset, tags, format, destinations, list, plan, status, error_code,
           NULL::integer[]
    FROM looks ORDER BY place
$$"""

_KINDS_OF = """
CREATE FUNCTION kinds_of(job export_jobs) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
    look job_kinds;
    found integer[];
    kind integer;
    ids integer[] := '{}';
BEGIN
    SELECT known.kinds INTO found FROM job_kinds AS known
    WHERE known.digest = (SELECT digest FROM levels_of(job) WHERE level = 'job');
    IF found IS NOT NULL THEN
        RETURN found;
    END IF;
    FOR look IN SELECT * FROM levels_of(job) ORDER BY id LOOP
        INSERT INTO job_kinds (digest, level, user_id, owner_key, type, dataset, tags, format, destinations, list,
                               plan, status, error_code)
        VALUES (look.digest, look.level, look.user_id, look.owner_key, look.type, look.dataset, look.tags,
                look.format, look.destinations, look.list, look.plan, look.status, look.error_code)
        ON CONFLICT (digest) DO NOTHING;
        SELECT id INTO kind FROM job_kinds WHERE digest = look.digest;
        ids := ids || kind;
    END LOOP;
    UPDATE job_kinds SET kinds = ids WHERE id = kind AND kinds IS NULL;
    RETURN ids;
END $$"""

_SECONDS_COUNTS = """
CREATE FUNCTION seconds_counts(micros bigint, sign integer) RETURNS integer[] LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT array_agg(CASE WHEN micros > above * 1e6 AND micros <= up_to * 1e6 THEN sign ELSE 0 END ORDER BY up_to)
    FROM unnest(ARRAY[-1, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600]::float8[],
                ARRAY[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 'Infinity']::float8[])
        AS bounds(above, up_to)
$$"""

_ADD_COUNTS = """
CREATE FUNCTION add_counts(counted integer[], more integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT array_agg(one + other ORDER BY place)
    FROM unnest(counted, more) WITH ORDINALITY AS pairs(one, other, place)
$$"""

# The kinds of a job stand in the order of the levels; the grains are a quarter of an hour and a day.
_FIGURES_OF = """
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
END $$"""

_ADD_TO_ROLLUPS = """
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
$$"""

_ROLL_UP_JOB = """
CREATE FUNCTION roll_up_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('completed', 'failed', 'cancelled') THEN  -- a retry takes the earlier end back
        PERFORM add_to_rollups(OLD, -1);
    END IF;
    IF NEW.status IN ('completed', 'failed', 'cancelled') THEN
        PERFORM add_to_rollups(NEW, 1);
    END IF;
    RETURN NULL;
END $$"""

_OPENINGS_OF = """
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
END $$"""

_ROLL_UP_OPENING = """
CREATE FUNCTION roll_up_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO opening_rollups AS total SELECT * FROM openings_of(NEW)
    ON CONFLICT (level, grain, bucket, kind, channel) DO UPDATE
    SET openings = total.openings + EXCLUDED.openings, bytes = total.bytes + EXCLUDED.bytes;
    RETURN NULL;
END $$"""

_FILL_JOBS = """
INSERT INTO job_rollups
SELECT figures.level, figures.grain, figures.bucket, figures.kind, sum(figures.completed), sum(figures.failed),
       sum(figures.cancelled), sum(figures.rows), sum(figures.bytes), sum(figures.ran), sum(figures.queue_us),
       sum(figures.run_us), sum_counts(figures.queue_counts), sum_counts(figures.run_counts)
FROM export_jobs AS job CROSS JOIN LATERAL rollups_of(job, 1) AS figures
WHERE job.status IN ('completed', 'failed', 'cancelled')
GROUP BY figures.level, figures.grain, figures.bucket, figures.kind"""

_FILL_OPENINGS = """
INSERT INTO opening_rollups
SELECT figures.level, figures.grain, figures.bucket, figures.kind, figures.channel, sum(figures.openings),
       sum(figures.bytes)
FROM audit_log AS entry CROSS JOIN LATERAL openings_of(entry) AS figures
WHERE entry.action IN ('link.opened', 'export.download_link')
GROUP BY figures.level, figures.grain, figures.bucket, figures.kind, figures.channel"""


def upgrade() -> None:
    op.execute("""
        CREATE TABLE job_kinds (
            id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            digest uuid NOT NULL UNIQUE,
            level text NOT NULL CHECK (level IN ('all', 'error', 'sent', 'data', 'plan', 'user', 'job')),
            user_id uuid,
            owner_key text,
            type text,
            dataset text,
            tags text[],
            format text,
            destinations text[],
            list text,
            plan text,
            status text,
            error_code text,
            kinds integer[]
        )""")
    op.execute("CREATE INDEX job_kinds_of_user ON job_kinds (user_id)")
    op.execute("""
        CREATE TABLE job_rollups (
            level text NOT NULL,
            grain text NOT NULL CHECK (grain IN ('quarter', 'day')),
            bucket timestamptz NOT NULL,
            kind integer NOT NULL REFERENCES job_kinds (id),
            completed bigint NOT NULL,
            failed bigint NOT NULL,
            cancelled bigint NOT NULL,
            rows bigint NOT NULL,
            bytes bigint NOT NULL,
            ran bigint NOT NULL,
            queue_us bigint NOT NULL,
            run_us bigint NOT NULL,
            queue_counts integer[],
            run_counts integer[],
            PRIMARY KEY (level, grain, bucket, kind)
        ) WITH (fillfactor = 80)""")
    op.execute("CREATE INDEX job_rollups_of_kind ON job_rollups (kind, grain, bucket)")
    op.execute("""
        CREATE TABLE opening_rollups (
            level text NOT NULL,
            grain text NOT NULL CHECK (grain IN ('quarter', 'day')),
            bucket timestamptz NOT NULL,
            kind integer NOT NULL REFERENCES job_kinds (id),
            channel text NOT NULL,
            openings bigint NOT NULL,
            bytes bigint NOT NULL,
            PRIMARY KEY (level, grain, bucket, kind, channel)
        ) WITH (fillfactor = 80)""")
    op.execute("CREATE INDEX opening_rollups_of_kind ON opening_rollups (kind, grain, bucket)")
    for statement in (
        _LEVELS_OF,
        _KINDS_OF,
        _SECONDS_COUNTS,
        _ADD_COUNTS,
        "CREATE AGGREGATE sum_counts(integer[]) (SFUNC = add_counts, STYPE = integer[])",
        _FIGURES_OF,
        _ADD_TO_ROLLUPS,
        _ROLL_UP_JOB,
        _OPENINGS_OF,
        _ROLL_UP_OPENING,
        _FILL_JOBS,
        _FILL_OPENINGS,
    ):
        op.execute(statement)
    op.execute("""
        CREATE TRIGGER roll_up AFTER UPDATE OF status ON export_jobs FOR EACH ROW
        WHEN (OLD.status <> NEW.status AND (OLD.status IN ('completed', 'failed', 'cancelled')
                                            OR NEW.status IN ('completed', 'failed', 'cancelled')))
        EXECUTE FUNCTION roll_up_job()""")
    op.execute("""
        CREATE TRIGGER roll_up AFTER INSERT ON audit_log FOR EACH ROW
        WHEN (NEW.action IN ('link.opened', 'export.download_link'))
        EXECUTE FUNCTION roll_up_opening()""")
    # What leads from a bar to its jobs, and to the largest results.
    op.execute("CREATE INDEX export_jobs_newest ON export_jobs (created_at DESC, id DESC)")
    op.execute("CREATE INDEX export_jobs_ended ON export_jobs (completed_at) WHERE completed_at IS NOT NULL")
    op.execute("CREATE INDEX export_jobs_largest ON export_jobs (volume DESC) WHERE status = 'completed'")
    op.execute("CREATE INDEX export_jobs_stored ON export_jobs (expires_at) WHERE status = 'completed'")


def downgrade() -> None:
    for index in ("newest", "ended", "largest", "stored"):
        op.execute(f"DROP INDEX export_jobs_{index}")
    op.execute("DROP TRIGGER roll_up ON audit_log")
    op.execute("DROP TRIGGER roll_up ON export_jobs")
    op.execute("DROP FUNCTION roll_up_opening, openings_of, roll_up_job, add_to_rollups, rollups_of")
    op.execute("DROP AGGREGATE sum_counts(integer[])")
    op.execute("DROP FUNCTION add_counts, seconds_counts, kinds_of, levels_of")
    op.execute("DROP TABLE opening_rollups, job_rollups, job_kinds")
