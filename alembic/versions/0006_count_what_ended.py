"""Count what ended, for metrics that outlive both processes and the rows they count."""

from alembic import op

revision = "0006_count_what_ended"
down_revision = "0005_remember_who_was_served"
branch_labels = None
depends_on = None

_COUNT_JOB = """
CREATE FUNCTION count_ended_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted text := NEW.dataset;
    result jsonb := CASE WHEN NEW.status = 'completed' THEN NEW.metadata ELSE '{}' END;
BEGIN
    -- Names come from catalogues, which change: the first 200 are told apart.
    IF NOT EXISTS (SELECT FROM job_totals WHERE dataset = counted)
        AND (SELECT count(DISTINCT dataset) FROM job_totals) >= 200 THEN
        counted := '(other)';
    END IF;
    INSERT INTO job_totals AS total (dataset, format, status, error_code, jobs, rows, bytes)
    VALUES (counted, NEW.format, NEW.status, CASE WHEN NEW.status = 'failed' THEN NEW.error_code ELSE '' END, 1,
            coalesce((result ->> 'row_count')::bigint, 0), coalesce((result ->> 'file_size_bytes')::bigint, 0))
    ON CONFLICT (dataset, format, status, error_code) DO UPDATE
    SET jobs = total.jobs + 1, rows = total.rows + EXCLUDED.rows, bytes = total.bytes + EXCLUDED.bytes;
    IF OLD.status = 'running' THEN
        PERFORM count_seconds('queue', NEW.format, NEW.started_at - NEW.due_at);
        PERFORM count_seconds('run', NEW.format, NEW.completed_at - NEW.started_at);
    END IF;
    RETURN NULL;
END $$"""

_COUNT_DELIVERY = """
CREATE FUNCTION count_ended_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO delivery_totals AS total (channel, state, deliveries) VALUES (NEW.channel, NEW.state, 1)
    ON CONFLICT (channel, state) DO UPDATE SET deliveries = total.deliveries + 1;
    IF NEW.state = 'sent' THEN
        PERFORM count_seconds('delivery', NEW.channel, NEW.settled_at - NEW.created_at);
    END IF;
    RETURN NULL;
END $$"""

_COUNT_SECONDS = """
CREATE FUNCTION count_seconds(phase text, label text, taken interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    took float8 := greatest(0, extract(epoch FROM taken));
    bounds float8[] := ARRAY[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 'Infinity'];
    bound float8 := (SELECT min(each) FROM unnest(bounds) AS each WHERE each >= took);
BEGIN
    INSERT INTO seconds_totals AS total (phase, label, up_to, events, seconds) VALUES (phase, label, bound, 1, took)
    ON CONFLICT ON CONSTRAINT seconds_totals_pkey DO UPDATE
    SET events = total.events + 1, seconds = total.seconds + EXCLUDED.seconds;
END $$"""


def upgrade() -> None:
    op.execute("""
        CREATE TABLE job_totals (
            dataset text NOT NULL,
            format text NOT NULL,
            status text NOT NULL,
            error_code text NOT NULL,
            jobs bigint NOT NULL,
            rows bigint NOT NULL,
            bytes bigint NOT NULL,
            PRIMARY KEY (dataset, format, status, error_code)
        ) WITH (fillfactor = 50)""")
    op.execute("""
        CREATE TABLE delivery_totals (
            channel text NOT NULL,
            state text NOT NULL,
            deliveries bigint NOT NULL,
            PRIMARY KEY (channel, state)
        ) WITH (fillfactor = 50)""")
    op.execute("""
        CREATE TABLE seconds_totals (
            phase text NOT NULL,
            label text NOT NULL,
            up_to double precision NOT NULL,
            events bigint NOT NULL,
            seconds double precision NOT NULL,
            PRIMARY KEY (phase, label, up_to)
        ) WITH (fillfactor = 50)""")
    for statement in (_COUNT_SECONDS, _COUNT_JOB, _COUNT_DELIVERY):
        op.execute(statement)
    op.execute("""
        CREATE TRIGGER count_ended AFTER UPDATE OF status ON export_jobs FOR EACH ROW
        WHEN (OLD.status IN ('pending', 'running') AND NEW.status IN ('completed', 'failed', 'cancelled'))
        EXECUTE FUNCTION count_ended_job()""")
    op.execute("""
        CREATE TRIGGER count_ended AFTER UPDATE OF state ON deliveries FOR EACH ROW
        WHEN (OLD.state IN ('pending', 'sending') AND NEW.state IN ('sent', 'failed'))
        EXECUTE FUNCTION count_ended_delivery()""")


def downgrade() -> None:
    op.execute("DROP TRIGGER count_ended ON deliveries")
    op.execute("DROP TRIGGER count_ended ON export_jobs")
    op.execute("DROP FUNCTION count_ended_delivery, count_ended_job, count_seconds")
    op.execute("DROP TABLE seconds_totals, delivery_totals, job_totals")
