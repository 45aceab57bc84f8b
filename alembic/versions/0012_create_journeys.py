"""Journeys of customers through campaigns with their roll-ups, and who did what, when."""

from alembic import op

revision = "0012_create_journeys"
down_revision = "0011_create_events"
branch_labels = None
depends_on = None

_NOTE_ACTIVITY = """
CREATE FUNCTION note_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_tail (at, actor, action) SELECT at, actor, action FROM entered;
    RETURN NULL;
END $$"""


def upgrade() -> None:
    _create_journeys()
    _create_activity()


def _create_journeys() -> None:
    # Journeys are told from the events of one customer; all else is read by batch or by time.
    # The index is on an expression that no other serves: of a month that it knows nothing of Postgres would rather take
    # that of tenants, and look through all of theirs for each customer.
    op.execute("""
        CREATE INDEX analytics_events_of_customer
        ON analytics_events ((tenant || '/' || customer), occurred_at)""")
    op.execute("""
        CREATE TABLE campaigns (
            tenant text NOT NULL,
            campaign text NOT NULL,
            PRIMARY KEY (tenant, campaign)
        )""")
    op.execute("""
        CREATE TABLE journeys (
            tenant text NOT NULL,
            customer text NOT NULL,
            campaign text NOT NULL,
            segment text NOT NULL,
            times timestamptz[] NOT NULL CHECK (cardinality(times) > 0),
            PRIMARY KEY (tenant, customer, campaign)
        )""")
    op.execute("CREATE INDEX journeys_of_campaign ON journeys (tenant, campaign, (times[1]))")
    op.execute("""
        CREATE TABLE journey_rollups (
            tenant text NOT NULL,
            campaign text NOT NULL,
            granularity text NOT NULL CHECK (granularity IN ('hour', 'day')),
            bucket timestamptz NOT NULL,
            segment text NOT NULL,
            step smallint NOT NULL,
            journeys bigint NOT NULL,
            PRIMARY KEY (tenant, campaign, granularity, bucket, segment, step)
        )""")
    op.execute("""
        CREATE TABLE journey_seconds (
            tenant text NOT NULL,
            campaign text NOT NULL,
            day timestamptz NOT NULL,
            segment text NOT NULL,
            step smallint NOT NULL,
            since_step smallint NOT NULL,
            histogram bytea NOT NULL,
            PRIMARY KEY (tenant, campaign, day, segment, step, since_step)
        )""")
    # The definition that the journeys were told by; another one has all of them told anew.
    op.execute("CREATE TABLE journey_definition (digest text PRIMARY KEY)")


def _create_activity() -> None:
    # Entries of the audit log that are not rolled up yet: writers append to it and never meet in it.
    op.execute("CREATE TABLE activity_tail (at timestamptz NOT NULL, actor uuid NOT NULL, action text NOT NULL)")
    op.execute("""
        CREATE TABLE activity_rollups (
            granularity text NOT NULL CHECK (granularity IN ('hour', 'day')),
            bucket timestamptz NOT NULL,
            actor uuid NOT NULL,
            action text NOT NULL,
            entries bigint NOT NULL,
            first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            PRIMARY KEY (granularity, bucket, actor, action)
        )""")
    op.execute("CREATE INDEX audit_log_by_time ON audit_log (at)")
    op.execute("INSERT INTO activity_tail (at, actor, action) SELECT at, actor, action FROM audit_log")
    op.execute(_NOTE_ACTIVITY)
    op.execute("""
        CREATE TRIGGER note_activity AFTER INSERT ON audit_log REFERENCING NEW TABLE AS entered
        FOR EACH STATEMENT EXECUTE FUNCTION note_activity()""")


def downgrade() -> None:
    op.execute("DROP TRIGGER note_activity ON audit_log")
    op.execute("DROP FUNCTION note_activity")
    op.execute("DROP INDEX audit_log_by_time")
    op.execute("DROP TABLE activity_rollups, activity_tail")
    op.execute("DROP TABLE journey_definition, journey_seconds, journey_rollups, journeys, campaigns")
    op.execute("DROP INDEX analytics_events_of_customer")
