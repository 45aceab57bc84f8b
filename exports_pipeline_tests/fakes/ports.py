"""All ports in memory."""

from dataclasses import replace
from datetime import date

from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.message_templates import JinjaMessages
from exports_pipeline.adapters.roles_yaml import read_roles
from exports_pipeline.adapters.vault import KeyVault
from exports_pipeline.core.catalog import Catalog, Column, Dataset, TimeColumn
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline_tests.fakes.audit import InMemoryChain, InMemoryHeads
from exports_pipeline_tests.fakes.campaigns import InMemoryActivity, InMemoryJourneys
from exports_pipeline_tests.fakes.clock import FakeClock
from exports_pipeline_tests.fakes.destinations import InMemoryDestinations, InMemoryLinks
from exports_pipeline_tests.fakes.erasures import InMemoryErasures, TinyArchive
from exports_pipeline_tests.fakes.events import InMemoryEvents
from exports_pipeline_tests.fakes.figures import FakeFigures
from exports_pipeline_tests.fakes.insights import FakeInsights
from exports_pipeline_tests.fakes.kept_rows import InMemoryKeptRows
from exports_pipeline_tests.fakes.keys import InMemoryKeys
from exports_pipeline_tests.fakes.ledger import InMemoryLedger
from exports_pipeline_tests.fakes.metrics import InMemoryMetrics
from exports_pipeline_tests.fakes.objects import InMemoryObjectStore
from exports_pipeline_tests.fakes.outbox import InMemoryOutbox
from exports_pipeline_tests.fakes.reports import PlainReports
from exports_pipeline_tests.fakes.runs import FakeRuns, FakeSender
from exports_pipeline_tests.fakes.schedules import InMemorySchedules
from exports_pipeline_tests.fakes.teams import InMemoryTeams
from exports_pipeline_tests.fakes.warehouse import InMemoryWarehouse

SALES = Dataset(
    name="sales",
    title="Sales",
    description="One row per sale.",
    relation="sales",
    time=TimeColumn(column="day"),
    owner="seller",
    account="shop",
    tag="kind",
    tags=("finance",),
    columns=(
        Column(name="day", type="DATE", title="Day"),
        Column(name="seller", type="VARCHAR"),
        Column(name="shop", type="INTEGER"),
        Column(name="kind", type="VARCHAR"),
        Column(name="amount", type="DECIMAL(18,2)"),
        Column(name="card", type="VARCHAR", sensitive=Sensitivity.MASK),
        Column(name="pin", type="VARCHAR", sensitive=Sensitivity.DROP),
    ),
)
AIRPORTS = Dataset(name="airports", public=True, relation="airports", columns=(Column(name="code", type="VARCHAR"),))
PAYROLL = Dataset(name="payroll", relation="payroll", columns=(Column(name="salary", type="DECIMAL(18,2)"),))

ROWS = {
    "sales": [
        {
            "day": date(2026, 1, 1 + place),
            "seller": seller,
            "shop": shop,
            "kind": kind,
            "amount": f"{10 + place}.50",
            "card": "4111",
            "pin": "0000",
        }
        for place, (seller, shop, kind) in enumerate(
            [("ann", 1, "food"), ("ann", 1, "toys"), ("ann", 2, "food"), ("bob", 3, "food"), ("bob", 3, "toys")]
        )
    ],
    "airports": [{"code": "EWR"}, {"code": "JFK"}],
    "payroll": [{"salary": "1000.00"}],
}


def fake_ports(**overrides) -> ExportPorts:
    """Ports over fakes that share one ledger and one clock, with the datasets and rows above."""
    ledger, clock = InMemoryLedger(), FakeClock()
    metrics = InMemoryMetrics()
    rules = read_campaign_rules(None, metrics.metrics)
    ledger.users.roles = read_roles()
    schedules, destinations, teams = (
        InMemorySchedules(ledger),
        InMemoryDestinations(ledger.audit),
        InMemoryTeams(ledger),
    )
    teams.shelves += [schedules.schedules, destinations.kept]
    ports = ExportPorts(
        catalog=Catalog((SALES, AIRPORTS, PAYROLL)),
        jobs=ledger,
        users=ledger.users,
        roles=ledger.users.roles,
        teams=teams,
        schedules=schedules,
        audit=ledger,
        chain=InMemoryChain(ledger),
        heads=InMemoryHeads(),
        outbox=InMemoryOutbox(ledger),
        figures=FakeFigures(),
        insights=FakeInsights(),
        campaign_rules=rules,
        journeys=InMemoryJourneys(metrics.events, rules.funnel),
        activity=InMemoryActivity(ledger),
        events=InMemoryEvents(),
        metrics=metrics,
        warehouse=InMemoryWarehouse({name: [dict(row) for row in rows] for name, rows in ROWS.items()}),
        kept=InMemoryKeptRows(),
        objects=InMemoryObjectStore(),
        runs=FakeRuns(),
        reports=PlainReports(),
        destinations=destinations,
        links=InMemoryLinks(ledger.audit),
        keys=InMemoryKeys(ledger.audit),
        vault=KeyVault("a-secret-of-the-tests"),
        erasures=InMemoryErasures(ledger),
        archive=TinyArchive(ledger),
        messages=JinjaMessages(),
        senders={"telegram": FakeSender(), "email": FakeSender()},
        clock=clock,
        pause=clock.pause,
        limits=Limits(),
    )
    return replace(ports, **overrides)
