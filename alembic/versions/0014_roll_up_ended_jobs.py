"""Roll up what ended and what was opened, for the insights: exact at every moment, whatever became of a job since.

Shape, for whoever reads it: `job_kinds` names what jobs have in common, `job_rollups` counts the ended jobs of a kind
in a bucket of time (UTC, by `completed_at`), `opening_rollups` the openings of their files. A job is counted once at
every `level` and twice within it, by `grain`: in its quarter of an hour and in its day. Level `job` knows all: user,
owner key, type, dataset, tags, format, destinations, list, plan, status, error code; the others know some of it (NULL
is what they do not know, '' what a job does not have) and are therefore shorter. So sum over ONE level and ONE grain.
`tags` and `destinations` are arrays: unnest them to count by one of them. Seconds are whole microseconds, and of jobs
that ended while they were running (`ran`) only; `*_counts` are histograms by the bounds of `count_seconds`.
"""

from itertools import pairwise

from alembic import op

revision = "0014_roll_up_ended_jobs"
down_revision = "0011_create_events"
branch_labels = None
depends_on = None

_LEVELS = ("all", "error", "sent", "data", "plan", "user", "job")
_GRAINS = {"quarter": "15 minutes", "day": "1 day"}
_KIND_COLUMNS = """level text, user_id uuid DEFAULT NULL, owner_key text DEFAULT NULL, type text DEFAULT NULL,
    dataset text DEFAULT NULL, tags text[] DEFAULT NULL, format text DEFAULT NULL, destinations text[] DEFAULT NULL,
    list text DEFAULT NULL, plan text DEFAULT NULL, status text DEFAULT NULL, error_code text DEFAULT NULL"""

_KIND_DIGEST = f"""
CREATE FUNCTION kind_digest({_KIND_COLUMNS}) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT md5(ROW(level, user_id, owner_key, type, dataset, tags, format, destinations, list, plan, status,
                   error_code)::text)::uuid
$$"""

_KIND_ID = f"""
CREATE FUNCTION kind_id({_KIND_COLUMNS}) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    named uuid := kind_digest(level, user_id, owner_key, type, dataset, tags, format, destinations, list, plan, status,
                              error_code);
BEGIN
    INSERT INTO job_kinds AS kind VALUES (DEFAULT, named, level, user_id, owner_key, type, dataset, tags, format,
                                          destinations, list, plan, status, error_code)
    ON CONFLICT DO NOTHING;
    RETURN (SELECT kind.id FROM job_kinds AS kind WHERE kind.digest = named);
END $$"""  # noqa: S608 - columns of ours

# The kinds of a job, one of each level. Their order is that in which rows are locked, so nobody waits in a circle.
_KINDS_OF = """
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
    named uuid := kind_digest('job', job.requester, job.owner_key, job.type, job.dataset, tags, job.format, sent, list,
                              plan, job.status, code);
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
END $$"""

# Histograms by the bounds of `count_seconds`; one expression each, as an ending job needs a dozen of them.
_BOUNDS_US = (100_000, 250_000, 500_000, *(1000 * ms for ms in (1_000, 2_500, 5_000, 10_000, 30_000, 60_000)))
_BOUNDS_US += (300_000_000, 900_000_000, 3_600_000_000)
_BUCKETS = (
    f"micros <= {_BOUNDS_US[0]}",
    *(f"micros > {above} AND micros <= {up_to}" for above, up_to in pairwise(_BOUNDS_US)),
    f"micros > {_BOUNDS_US[-1]}",
)
_SECONDS_COUNTS = f"""
CREATE FUNCTION seconds_counts(micros bigint, sign integer) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN ARRAY[{", ".join(f"CASE WHEN {bucket} THEN sign ELSE 0 END" for bucket in _BUCKETS)}];
END $$"""

_ADD_COUNTS = f"""
CREATE FUNCTION add_counts(counted integer[], more integer[]) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN ARRAY[{", ".join(f"counted[{place}] + more[{place}]" for place in range(1, len(_BUCKETS) + 1))}];
END $$"""

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

# Old jobs are counted level by level, which takes a fifth of the time that one by one would take.
_ENDED = """
CREATE TEMP TABLE ended AS
SELECT kinds_of(job) AS kinds, job.status, job.completed_at, job.heartbeat_at IS NOT NULL AS ran,
       CASE WHEN job.status = 'completed' THEN (job.metadata ->> 'row_count')::bigint END AS rows,
       CASE WHEN job.status = 'completed' THEN (job.metadata ->> 'file_size_bytes')::bigint END AS bytes,
       CASE WHEN job.heartbeat_at IS NOT NULL
            THEN greatest(0, extract(epoch FROM job.started_at - job.due_at) * 1000000)::bigint END AS queue_us,
       CASE WHEN job.heartbeat_at IS NOT NULL
            THEN greatest(0, extract(epoch FROM job.completed_at - job.started_at) * 1000000)::bigint END AS run_us
FROM export_jobs AS job WHERE job.status IN ('completed', 'failed', 'cancelled')"""


def _fill(place: int, level: str, grain: str, step: str) -> str:
    """Count all jobs of the temporary table at one level and by one grain."""
    counts = ["NULL", "NULL"]
    if level in {"all", "data", "user"}:
        counts = [
            f"ARRAY[{', '.join(f'count(*) FILTER (WHERE {bucket})' for bucket in _BUCKETS)}]".replace("micros", taken)
            for taken in ("queue_us", "run_us")
        ]
    return f"""
        INSERT INTO job_rollups
        SELECT '{level}', '{grain}', date_bin('{step}', completed_at, '2000-01-01 00:00:00+00') AS bucket,
               kinds[{place}] AS kind, count(*) FILTER (WHERE status = 'completed'),
               count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'cancelled'),
               coalesce(sum(rows), 0), coalesce(sum(bytes), 0), count(*) FILTER (WHERE ran),
               coalesce(sum(queue_us), 0), coalesce(sum(run_us), 0), {counts[0]}::integer[], {counts[1]}::integer[]
        FROM ended GROUP BY bucket, kind"""  # noqa: S608 - words of ours


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
    # No foreign keys to it: kinds are never deleted, and an ending job would pay for the check fourteen times.
    op.execute("CREATE INDEX job_kinds_of_level ON job_kinds (level, user_id)")
    op.execute("""
        CREATE TABLE job_rollups (
            level text NOT NULL,
            grain text NOT NULL CHECK (grain IN ('quarter', 'day')),
            bucket timestamptz NOT NULL,
            kind integer NOT NULL,
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
        ) PARTITION BY LIST (level)""")
    # Each level and grain has its own pages, or a question to a short one would read those of a long one.
    for level in _LEVELS:
        op.execute(f"""
            CREATE TABLE job_rollups_{level} PARTITION OF job_rollups FOR VALUES IN ('{level}')
            PARTITION BY LIST (grain)""")
        for grain in _GRAINS:
            op.execute(f"""
                CREATE TABLE job_rollups_{level}_{grain} PARTITION OF job_rollups_{level} FOR VALUES IN ('{grain}')
                WITH (fillfactor = 80)""")
    op.execute("CREATE INDEX job_rollups_of_kind ON job_rollups (kind, bucket)")
    op.execute("""
        CREATE TABLE opening_rollups (
            level text NOT NULL,
            grain text NOT NULL CHECK (grain IN ('quarter', 'day')),
            bucket timestamptz NOT NULL,
            kind integer NOT NULL,
            channel text NOT NULL,
            openings bigint NOT NULL,
            bytes bigint NOT NULL,
            PRIMARY KEY (level, grain, bucket, kind, channel)
        ) WITH (fillfactor = 80)""")
    op.execute("CREATE INDEX opening_rollups_of_kind ON opening_rollups (kind, grain, bucket)")
    for statement in (
        _KIND_DIGEST,
        _KIND_ID,
        _KINDS_OF,
        _SECONDS_COUNTS,
        _ADD_COUNTS,
        "CREATE AGGREGATE sum_counts(integer[]) (SFUNC = add_counts, STYPE = integer[])",
        _FIGURES_OF,
        _ADD_TO_ROLLUPS,
        _ROLL_UP_JOB,
        _OPENINGS_OF,
        _ROLL_UP_OPENING,
        _FILL_OPENINGS,
        _ENDED,
    ):
        op.execute(statement)
    for place, level in enumerate(_LEVELS, 1):
        for grain, step in _GRAINS.items():
            op.execute(_fill(place, level, grain, step))
    op.execute("DROP TABLE ended")
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
    op.execute("DROP FUNCTION add_counts, seconds_counts, kinds_of, kind_id, kind_digest")
    op.execute("DROP TABLE opening_rollups, job_rollups, job_kinds")
