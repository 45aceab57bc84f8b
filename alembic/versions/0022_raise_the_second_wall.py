"""The second wall: roles of the API and of the pipeline, what each may do, and which rows the API may touch.

Every table has row-level security, partitions too: they are reached through the tables that they belong to, whose
policies count then. The owner of the tables stands before the wall: it migrates, and triggers work with its rights.
"""

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from alembic import op

revision = "0022_raise_the_second_wall"
down_revision = "0021_erase_addresses_in_the_log"
branch_labels = None
depends_on = None

_FUNCTIONS = Path(__file__).parents[1] / "sql" / "second_wall.sql"
_INSUFFICIENT = "42501"


def _mine(column: str) -> str:
    return f"{column} = ANY ((SELECT exports_me())::uuid[])"


def _may(*permissions: str) -> str:
    return f"(SELECT exports_may({str(permissions)[1:-1].rstrip(',')}))"


# A subquery without a column of the row is asked once a statement. Where a row hangs on another, that one's policy
# counts as well. Rows of an owner key, and all rows with EXPORT_ALL, are those of the datasets about the service.
_OF_OWNER = "owner_key = (SELECT exports_owner())"
_OWN_TENANT = "tenant = (SELECT exports_tenant())"
_TENANT = f"{_OWN_TENANT} OR tenant = (SELECT exports_owner()) OR {_may('EXPORT_ALL')}"
_ME, _MINE, _MY_JOB, _EVERY = _mine("id"), _mine("user_id"), _mine("requester"), _may("EXPORT_ALL")
_JOB = "EXISTS (SELECT FROM export_jobs AS job WHERE job.id = job_id{})"
_PLAN = "EXISTS (SELECT FROM schedules AS plan WHERE plan.id = schedule_id{})"
_OWNED = f"EXISTS (SELECT FROM users AS person WHERE person.id = {{}} AND person.{_OF_OWNER})"
_MANAGES, _ADMINISTERS = _may("MANAGE_EXPORTS"), _may("ADMIN")
_MANAGES_PLANS = _may("MANAGE_EXPORTS", "MANAGE_SCHEDULES")
_AUDITS = _may("VIEW_AUDIT", "EXPORT_ALL")
_SEES_PEOPLE = _may("MANAGE_EXPORTS", "ADMIN", "VIEW_AUDIT", "VIEW_INSIGHTS_ALL", "EXPORT_ALL")
_SEES_ADDRESSES = _may("MANAGE_DESTINATIONS", "MANAGE_EXPORTS", "MANAGE_SCHEDULES")
_ACTED = f"{_mine('actor')} OR {_AUDITS} OR {_OWNED.format('actor')}"
_SEALED = f"{_AUDITS} OR EXISTS (SELECT FROM audit_log AS of WHERE of.id = entry_id AND of.at = audit_seals.at)"
# A policy cannot ask its own table: who is in a team comes out of a function.
_TEAM = f"= ANY ((SELECT exports_teams())::uuid[]) OR {_ADMINISTERS}"
_SHARED = "shared_with && (SELECT exports_teams())::uuid[]"
_FELLOW = "id IN (SELECT fellow.user_id FROM team_members AS fellow)"
_INSIGHTS = _may("MANAGE_EXPORTS", "VIEW_INSIGHTS_ALL", "EXPORT_ALL")
_COUNTED = f"{_INSIGHTS} OR kind IN (SELECT unnest((SELECT exports_kinds())::integer[]))"
_CHANGES_JOB = f"{_MANAGES} OR {_JOB.format(' AND ' + _mine('job.requester'))}"
_CHANGES_PLAN = f"{_MANAGES_PLANS} OR {_PLAN.format(' AND ' + _mine('plan.user_id'))}"
_SAID = "owner_key, permissions, claimed_roles, email, seen_at"
"""What a token says of its user."""


class Wall(NamedTuple):
    """What the roles may do with a table, by the first letters of the verbs, and with which rows the API may.

    `sees` are those that it reads, `moves` those that it changes and deletes, and leaves behind, `adds` new ones.
    Only the columns of `fills` have values in new ones, and only those of `changes` change; by default, all.
    """

    table: str
    api: str = ""
    pipeline: str = "SIUD"
    sees: str = "false"
    moves: str = "false"
    adds: str = "false"
    fills: str = ""
    changes: str = ""
    pipeline_changes: str = ""
    is_read_by_parts: bool = False
    """Questions name its partitions, for which they must have policies of their own."""


# Roles of users, who is kept out, keys, and who is in a team: the API writes them on its own account, for walls hang
# on them.
_WALLS = (
    Wall("users", "SIU", "SIU", f"{_ME} OR {_SEES_PEOPLE} OR {_OF_OWNER} OR {_FELLOW}", _ME, _ME,
         fills=f"id, created_at, {_SAID}", changes=f"{_SAID}, telegram_chat_id"),
    Wall("export_jobs", "SIU", "SIU", f"{_INSIGHTS} OR {_MY_JOB} OR {_OF_OWNER} OR {_SHARED}",
         f"{_MY_JOB} OR {_MANAGES}", _MY_JOB),
    Wall("deliveries", "SU", "SIU", f"{_JOB.format('')} OR {_MINE} OR {_EVERY} OR {_OWNED.format('user_id')}",
         f"{_MINE} OR {_CHANGES_JOB}"),
    Wall("links", "SU", "SIUD", _JOB.format(""), _CHANGES_JOB),
    Wall("manifests", "S", "SID", _JOB.format("")),
    # Whoever changes a schedule for its owner names the owner's destinations.
    Wall("destinations", "SIUD", "SUD", f"{_MINE} OR {_SEES_ADDRESSES} OR {_SHARED}",
         f"{_MINE} OR {_may('MANAGE_DESTINATIONS')}", _MINE, pipeline_changes="shared_with"),
    Wall("api_keys", "S", "SIUD", f"{_MINE} OR {_ADMINISTERS}"),
    Wall("teams", "S", "SIUD", f"id {_TEAM}"),
    Wall("team_members", "S", "SIUD", f"team_id {_TEAM}"),
    Wall("telegram_invitations", "SID", "SD", _MINE, _MINE, _MINE),
    Wall("schedules", "SIUD", "SU",
         f"{_MINE} OR {_MANAGES_PLANS} OR {_EVERY} OR {_OWNED.format('user_id')} OR {_SHARED}",
         f"{_MINE} OR {_MANAGES_PLANS}", _MINE),
    Wall("schedule_windows", "SIU", "SIU", _PLAN.format(""), _CHANGES_PLAN, _CHANGES_PLAN),
    Wall("audit_log", "SI", "SI", f"{_mine('subject')} OR {_ACTED}", adds=_mine("actor")),
    Wall("audit_seals", "S", "S", _SEALED),
    Wall("audit_anchors", "S", "S", _AUDITS),
    Wall("audit_unsealed", "S", "S", _AUDITS),
    Wall("erasures", pipeline="SIU"),
    Wall("activity_tail", "S", "SD", _ACTED),
    Wall("activity_rollups", "S", "SIU", _ACTED),
    Wall("job_kinds", "S", "SU", f"{_INSIGHTS} OR {_MINE} OR {_OF_OWNER}"),
    Wall("job_tail", "S", "SD", _COUNTED),
    Wall("job_rollups", "S", "SIU", _COUNTED, is_read_by_parts=True),
    Wall("opening_rollups", "S", "S", _COUNTED),
    Wall("job_totals", pipeline="S"),
    Wall("delivery_totals", pipeline="S"),
    Wall("seconds_totals", pipeline="S"),
    Wall("event_batches", "SI", "SU", _TENANT, adds=_OWN_TENANT),
    Wall("analytics_events", "SID", "S", _TENANT, _OWN_TENANT, _OWN_TENANT),
    Wall("event_ids", "SIU", "", _OWN_TENANT, _OWN_TENANT, _OWN_TENANT),
    Wall("stale_minutes", "SIU", "SID", _OWN_TENANT, _OWN_TENANT, _OWN_TENANT),
    Wall("stale_customers", "SIU", "SID", _OWN_TENANT, _OWN_TENANT, _OWN_TENANT),
    Wall("customers_to_retell", pipeline="SID"),
    Wall("metric_rollups", "S", sees=_TENANT),
    Wall("campaigns", "S", sees=_TENANT),
    Wall("journeys", "S", sees=_TENANT),
    Wall("journey_rollups", "S", sees=_TENANT),
    Wall("journey_seconds", "S", sees=_TENANT),
    Wall("journey_definition"),
)  # fmt: skip
_VERBS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}
_VIEWS = ("waiting_requesters", "busy_requesters")
# What a statement of the API sets off, or asks of everybody, works with the rights of the owner.
_TRIGGERS = (
    "count_ended_job",
    "count_ended_delivery",
    "roll_up_job",
    "roll_up_opening",
    "note_activity",
    "complete_audit_entry",
)
_ASKED = (
    "place_of_job(uuid)",
    "queue_counts(uuid, integer, integer)",
    "queue_outlook(uuid, text, bigint)",
    "is_active_user(uuid)",
    "make_event_month(date)",
)
_OF_PIPELINE = (
    "place_in_queue(uuid)",
    "seal_audit_log(integer)",
    "erase_audit_person(uuid, uuid, timestamptz)",
    "erase_audit_addresses(text[], uuid, uuid, timestamptz)",
)
"""What the pipeline alone may call, as it is; months of the log are made and dropped by the owner."""
_SETTINGS = ("exports_me()", "exports_tenant()", "exports_owner()", "exports_may(text[])")
_ALL = (*_ASKED, "exports_kinds()", "exports_teams()", "exports_tells(uuid)", "exports_walled()", *_SETTINGS)
_ROLES = {"exports_api": "", "exports_pipeline": "NOINHERIT"}
_MONTH_OPENS = "EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', name);"
_MONTH_IS_WALLED = f"{_MONTH_OPENS}\n    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);"
_NOBODY = "NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"


def upgrade() -> None:
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for role, inherits in _ROLES.items():
        _make_role(role, f"{_NOBODY} {inherits}".rstrip())
    op.execute("""
        DO $$ BEGIN
            IF NOT pg_has_role('exports_pipeline', 'exports_api', 'member') THEN
                GRANT exports_api TO exports_pipeline; -- to read for somebody what is exported for them
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE WARNING 'exports_pipeline is no member of exports_api: datasets about the service are read unwalled';
        END $$""")
    path = op.get_bind().execute(text("SELECT current_setting('search_path')")).scalar_one()
    op.execute(f"SET LOCAL search_path = {schema}, pg_temp")
    op.get_bind().connection.cursor().execute(_FUNCTIONS.read_text(encoding="utf-8"))
    for trigger in _TRIGGERS:
        op.execute(f"ALTER FUNCTION {trigger}() SECURITY DEFINER SET search_path FROM CURRENT")
    op.execute(f"SET LOCAL search_path = {path}")
    op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {', '.join(_ROLES)}")
    for function in _ALL:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {', '.join(_ROLES)}")
    for function in _OF_PIPELINE:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO exports_pipeline")
    _change_audit_month(_MONTH_OPENS, _MONTH_IS_WALLED)
    op.execute(f"GRANT SELECT ON {', '.join(_VIEWS)} TO exports_pipeline")
    for wall in _WALLS:
        _raise(wall)


def downgrade() -> None:
    for table in (each for wall in _WALLS for each in _with_parts(wall.table)):
        for policy in ("api_reads", "api_adds", "api_changes", "api_deletes", "pipeline"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM {', '.join(_ROLES)}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"REVOKE ALL ON {', '.join(_VIEWS)} FROM {', '.join(_ROLES)}")
    for function in _OF_PIPELINE:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM exports_pipeline")
    op.execute("GRANT EXECUTE ON FUNCTION place_in_queue(uuid) TO PUBLIC")
    _change_audit_month(_MONTH_IS_WALLED, _MONTH_OPENS)
    for trigger in _TRIGGERS:
        op.execute(f"ALTER FUNCTION {trigger}() SECURITY INVOKER RESET search_path")
    for function in _ALL:
        op.execute(f"DROP FUNCTION {function}")
    # The roles stay: other databases of the server may know them, and somebody may be logged in.
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    op.execute(f"REVOKE USAGE ON SCHEMA {schema} FROM {', '.join(_ROLES)}")


def _make_role(role: str, attributes: str) -> None:
    """A role that nobody can log in as yet.

    Raises:
        SystemExit: it is not there, and may not be made; the sentence tells who can.
    """
    bind = op.get_bind()
    if bind.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first():
        return
    try:
        with bind.begin_nested():
            op.execute(f"CREATE ROLE {role} {attributes}")
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _INSUFFICIENT:
            raise
        message = f"This role may not create roles. Have a superuser say: CREATE ROLE {role} {attributes};"
        raise SystemExit(message) from None


def _change_audit_month(line: str, other: str) -> None:
    """Have months of the audit log made otherwise: with another line in the function that makes them."""
    bind = op.get_bind()
    made = "SELECT pg_get_functiondef('make_audit_month(date)'::regprocedure)"
    bind.exec_driver_sql(bind.exec_driver_sql(made).scalar_one().replace(line, other).replace("%", "%%"))


def _raise(wall: Wall) -> None:
    for table in _with_parts(wall.table):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    for table in _with_parts(wall.table) if wall.is_read_by_parts else [wall.table]:
        _admit(table, wall)


def _admit(table: str, wall: Wall) -> None:
    """Let the roles do with a table what its wall says."""
    for role, verbs in (("exports_api", wall.api), ("exports_pipeline", wall.pipeline)):
        columns = {"I": wall.fills, "U": wall.changes} if role == "exports_api" else {"U": wall.pipeline_changes}
        for verb in verbs:
            of = f" ({columns[verb]})" if columns.get(verb) else ""
            op.execute(f"GRANT {_VERBS[verb]}{of} ON {table} TO {role}")
    op.execute(f"CREATE POLICY pipeline ON {table} TO exports_pipeline USING (true) WITH CHECK (true)")
    clauses = {
        "S": ("reads", f"FOR SELECT TO exports_api USING ({wall.sees})"),
        "I": ("adds", f"FOR INSERT TO exports_api WITH CHECK ({wall.adds})"),
        "U": ("changes", f"FOR UPDATE TO exports_api USING ({wall.moves}) WITH CHECK ({wall.moves})"),
        "D": ("deletes", f"FOR DELETE TO exports_api USING ({wall.moves})"),
    }
    for verb in wall.api:
        name, clause = clauses[verb]
        op.execute(f"CREATE POLICY api_{name} ON {table} {clause}")


def _with_parts(table: str) -> list[str]:
    """The names of a table and of all its partitions."""
    parts = text("SELECT relid::regclass::text FROM pg_partition_tree(CAST(:table AS regclass))")
    found = list(op.get_bind().execute(parts, {"table": table}).scalars())
    return found or [table]
