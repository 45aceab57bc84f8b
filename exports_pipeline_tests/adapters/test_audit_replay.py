"""The audit trail of a real ticket system, replayed as entries: chained, verified, counted, and read by pages."""

from uuid import NAMESPACE_DNS, uuid5

import duckdb
import pytest

from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.audit_page import AuditFilter
from exports_pipeline_tests.audit_trail import Trail

_ROWS = """
SELECT sys_updated_at::VARCHAR || '+00' AS at, sys_updated_by, number, lower(replace(incident_state, ' ', '_')),
       CASE WHEN made_sla THEN 'ok' ELSE 'refused' END AS outcome
FROM '{}' {}"""


@pytest.fixture
def trail(engine, migrated):
    patient = make_engine(migrated, pool_size=1, is_patient=True)
    yield Trail(engine, patient)
    patient.dispose()


def person(name):
    return uuid5(NAMESPACE_DNS, name)


def test_a_trail_of_incidents_is_chained_verified_and_has_the_figures_of_its_file(trail, shared_data):
    file = shared_data / "itsm_incident_audit/incident_event_log.parquet"
    march = "WHERE sys_updated_at >= '2016-03-01' AND sys_updated_at < '2016-04-01'"
    rows = duckdb.sql(_ROWS.format(file, march)).fetchall()
    assert len(rows) == 49_820
    trail.chain.make_months([])
    people = {name: person(name) for _, name, *_ in rows}
    into = "COPY audit_log (at, actor, action, entity_type, entity_id, outcome, details) FROM STDIN"
    for begin in range(0, len(rows), 5_000):
        with trail.engine.begin() as connection, connection.connection.driver_connection.cursor().copy(into) as copy:
            for at, name, number, state, outcome in rows[begin : begin + 5_000]:
                copy.write_row((at, people[name], f"incident.{state}", "incident", number, outcome, "{}"))
    trail.sign()
    found = trail.verify()
    assert (found.is_whole, found.entries, found.heads) == (True, 49_820, 1)
    busiest = "SELECT count(*) FROM ({}) WHERE sys_updated_by = 'Updated by 908'"
    ((expected,),) = duckdb.sql(busiest.format(_ROWS.format(file, march))).fetchall()
    asked = AuditFilter(limit=100_000, actor=people["Updated by 908"])
    assert len(trail.chain.page(asked)) == expected
    (counted,) = trail.ask("SELECT count(*) FROM audit_log WHERE outcome = 'refused'")[0]
    assert counted == sum(outcome == "refused" for *_, outcome in rows)
    trail.attack("UPDATE audit_log SET action = 'x' WHERE id = (SELECT max(id) FROM audit_log)")
    assert [each.entry_id for each in trail.verify().findings] == [49_820]
