"""An audit log over DuckDB for reports about it: made of a few entries, or of real ones from a service desk."""

import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta

import pyarrow as pa

from exports_pipeline.core.catalog import Catalog, Grain, Sensitivity, TimeColumn, user_id
from exports_pipeline.core.requester import Permission
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.writers.sql_text import identifier
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.reports.conftest import Desk
from exports_pipeline_tests.tables import Tables

_ENTRIES = """CREATE TABLE audit_log (
    id BIGINT, "at" TIMESTAMPTZ, actor VARCHAR, owner_key VARCHAR, email VARCHAR, service VARCHAR,
    subject VARCHAR, feature VARCHAR, concern VARCHAR, route VARCHAR, action VARCHAR, outcome VARCHAR,
    reason VARCHAR, times BIGINT, entity_type VARCHAR, entity_id VARCHAR, job_id VARCHAR, dataset VARCHAR,
    is_change BOOLEAN, before VARCHAR, after VARCHAR)"""
_ACCESS = """CREATE TABLE data_access (
    id BIGINT, "at" TIMESTAMPTZ, actor VARCHAR, owner_key VARCHAR, email VARCHAR, action VARCHAR, kind VARCHAR,
    job_id VARCHAR, dataset VARCHAR, format VARCHAR, row_count BIGINT, bytes BIGINT)"""
_COLUMNS = re.findall(r'"?(\w+)"? (?:BIGINT|VARCHAR|BOOLEAN|TIMESTAMPTZ)', _ENTRIES)
_OF_INCIDENTS = """
    INSERT INTO audit_log
    WITH told AS (
        SELECT row_number() OVER (ORDER BY sys_updated_at, number, sys_mod_count) AS id, *,
               lag(incident_state) OVER (PARTITION BY number ORDER BY sys_mod_count) AS state_before
        FROM read_parquet($file)
    )
    SELECT id, sys_updated_at::TIMESTAMPTZ, md5(sys_updated_by)::UUID::VARCHAR, coalesce(assignment_group, 'no group'),
           replace(lower(sys_updated_by), ' ', '.') || '@example.com', NULL, NULL,
           CASE incident_state WHEN 'New' THEN 'exports' WHEN 'Active' THEN 'deliveries' WHEN 'Resolved' THEN 'access'
                WHEN 'Closed' THEN 'administration' ELSE 'schedules' END,
           CASE incident_state WHEN 'Resolved' THEN 'rights' WHEN 'Closed' THEN 'administration' ELSE 'use' END, '',
           CASE incident_state WHEN 'New' THEN 'export.requested' WHEN 'Active' THEN 'link.opened'
                WHEN 'Resolved' THEN 'role.assigned' WHEN 'Closed' THEN 'user.deactivated' ELSE 'schedule.changed' END,
           CASE WHEN made_sla THEN 'ok' ELSE 'refused' END, CASE WHEN made_sla THEN NULL ELSE priority END, 1,
           'incident', number, NULL, category, state_before IS DISTINCT FROM incident_state,
           CASE WHEN state_before IS NOT NULL THEN json_object('state', state_before)::VARCHAR END,
           json_object('state', incident_state)::VARCHAR
    FROM told"""
_ACCESS_OF_INCIDENTS = """
    INSERT INTO data_access
    SELECT id, "at", actor, owner_key, email, action,
           CASE action WHEN 'export.requested' THEN 'made' ELSE 'download' END, NULL, dataset, 'csv',
           length(entity_id) * (id % 977), length(entity_id) * (id % 977) * 80
    FROM audit_log WHERE action IN ('export.requested', 'link.opened')"""


@dataclass
class Trail:
    """The two tables, and a desk that asks them."""

    tables: Tables

    def __post_init__(self):
        self._last = 0
        self.tables.run("SET TimeZone = 'UTC'")
        self.tables.run(_ENTRIES)
        self.tables.run(_ACCESS)

    def add(self, who, action, *, days=0, feature=None, **about):
        """One entry of somebody, some days after noon."""
        self.add_all([(who, action, {"days": days, "feature": feature, **about})])

    def add_all(self, entries):
        """Several entries."""
        rows = [self._row(self._last + place, *each) for place, each in enumerate(entries, 1)]
        self._last += len(rows)
        given = pa.table(dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True)))
        self.tables.run(f"INSERT INTO audit_log SELECT {', '.join(map(identifier, _COLUMNS))} FROM given", given=given)

    def access(self, who, kind, dataset, *, rows=10, size=800, days=0):
        """One result of somebody, or one download."""
        values = (_at(days), str(user_id(who)), who, f"{who}@example.com", kind, kind, None, dataset, "csv", rows, size)
        self.tables.run_with("INSERT INTO data_access VALUES (1, " + ", ".join("?" * 11) + ")", [values])

    def replay(self, folder):
        """The audit trail of a real service desk."""
        self.tables.run("SET TimeZone = 'UTC'")
        file = str(folder / "itsm_incident_audit/incident_event_log.parquet")
        self.tables.run(_OF_INCIDENTS.replace("$file", f"'{file}'"))
        self.tables.run(_ACCESS_OF_INCIDENTS)

    def desk(self):
        """Where reports about it are asked for."""
        at = TimeColumn(column="at", grain=Grain.MILLISECOND)
        found = [
            self.tables.described(name, time=at, account="owner_key", permission=Permission.VIEW_AUDIT)
            for name in ("audit_log", "data_access")
        ]
        return Desk(
            warehouse=self.tables.warehouse,
            catalog=Catalog(tuple(map(_with_masked_addresses, found))),
            templates=load_templates(None),
        )

    def _row(self, place, who, action, about):
        before, after = about.get("before"), about.get("after")
        return (
            place,
            _at(about.get("days", 0)),
            str(user_id(who)),
            who,
            f"{who}@example.com",
            about.get("service"),
            None,
            about.get("feature") or "other",
            about.get("concern", about.get("feature") or "use"),
            about.get("route", ""),
            action,
            about.get("outcome", "ok"),
            about.get("reason"),
            about.get("times", 1),
            about.get("entity", ("", ""))[0],
            about.get("entity", ("", ""))[1],
            None,
            about.get("dataset"),
            before is not None or after is not None,
            json.dumps(before) if before is not None else None,
            json.dumps(after) if after is not None else None,
        )


def _at(days):
    return NOON + timedelta(days=days)


def _with_masked_addresses(dataset):
    columns = (replace(each, sensitive=Sensitivity.MASK) if each.name == "email" else each for each in dataset.columns)
    return replace(dataset, columns=tuple(columns))
