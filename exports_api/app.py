"""The composition root of the API."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from exports_api.auth import SharedSecretVerifier, Verifier
from exports_api.deps import ApiParts
from exports_api.edge import Edge
from exports_api.faults import add_fault_handlers
from exports_api.jwks import KeySetVerifier
from exports_api.key_ring import KeyRing
from exports_api.metrics import ApiMetrics
from exports_api.openapi import DESCRIPTION, TAGS, add_openapi
from exports_api.refusals import Refusals
from exports_api.routes import (
    activity,
    api_keys,
    audit_logs,
    campaigns,
    datasets,
    deliveries,
    destinations,
    docs,
    estimates,
    events,
    exports,
    health,
    insights,
    insights_export,
    keys,
    links,
    me,
    messages,
    metrics_of_events,
    myself,
    problems,
    renditions,
    reports,
    schedules,
    sharing,
    teams,
    users,
)
from exports_api.shared_looks import SharedLooks
from exports_api.standings import Standings
from exports_api.status_reads import StatusReads
from exports_api.token_rules import TokenRules
from exports_api.web import assets
from exports_api.web.figures import drawing
from exports_api.web.routes import activity as activity_pages
from exports_api.web.routes import audit as audit_pages
from exports_api.web.routes import campaigns as campaign_pages
from exports_api.web.routes import datasets as dataset_pages
from exports_api.web.routes import export_list as export_list_page
from exports_api.web.routes import exports as export_pages
from exports_api.web.routes import insights as insight_pages
from exports_api.web.routes import operations as operations_page
from exports_api.web.routes import receipts as receipt_pages
from exports_api.web.routes import reports as report_pages
from exports_api.web.routes import schedule_editor, signing_in, widgets
from exports_api.web.routes import schedules as schedule_pages
from exports_api.web.session import Sessions
from exports_api.web.widget_seal import WidgetSeals
from exports_pipeline.adapters.branding_yaml import read_branding
from exports_pipeline.adapters.nudge import Nudge
from exports_pipeline.adapters.rounds import Rounds
from exports_pipeline.checkup.machinery import look_at_machinery
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.errors import ExportError, RunsUnavailable
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusal_counts import RefusalCounts
from exports_pipeline.local.secrets import jwt_secret, session_secret
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.dispatch_exports import dispatch
from exports_pipeline.usecases.note_catalog import note_catalog
from exports_pipeline.usecases.note_refusals import note_counted, note_refusal
from exports_pipeline.usecases.read_exports import look_at_exports
from exports_pipeline.usecases.reconcile import reconcile

_ROUTES = (
    events,  # first, since routes are looked through one by one and nothing is asked for as often
    datasets,
    exports,
    estimates,
    renditions,
    reports,
    schedules,
    insights,
    insights_export,
    campaigns,
    activity,
    audit_logs,
    users,
    teams,
    sharing,
    metrics_of_events,
    deliveries,
    destinations,
    me,
    myself,
    api_keys,
    messages,
    links,
    keys,
    health,
    problems,
    docs,
)
_PAGES = (
    assets,
    drawing,
    signing_in,
    dataset_pages,
    export_list_page,  # before the page of one: its addresses are spelt out
    export_pages,
    receipt_pages,
    report_pages,
    schedule_editor,
    schedule_pages,
    insight_pages,
    widgets,
    campaign_pages,
    activity_pages,
    audit_pages,
    operations_page,
)


def create_app(
    ports: ExportPorts,
    settings: Settings,
    *,
    own: ExportPorts | None = None,
    dispatch_soon: Callable[[], None] | None = None,
    note_soon: Callable[[], None] | None = None,
    watch_every_s: float | None = None,
) -> FastAPI:
    """The API over these ports; it asks nobody anything before the first request, unless it is watching.

    `own` are the ports of what it does on its own account: launching, looking after, counting; by default the same.
    `dispatch_soon` has pending export jobs launched and returns at once; by default a background thread does it.
    So it is with `note_soon`, which has the last uses of keys written.
    With `watch_every_s` the API looks after the exports as well, more often than Dagster's sensors do.
    """
    own = own or ports
    dispatch_soon, refusals = dispatch_soon or Nudge(lambda: dispatch(own)), RefusalCounts()
    app = FastAPI(
        title="Exports",
        version=version("exports-service"),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours are taken at the edge
        lifespan=_watch(own, dispatch_soon, refusals, watch_every_s) if watch_every_s else None,
    )
    metrics = ApiMetrics()
    parts = app.state.parts = ApiParts(
        ports=ports,
        own=own,
        verifier=_verifier(settings),
        keys=KeyRing(own, note_soon=note_soon),
        metrics=metrics,
        looks=SharedLooks(partial(look_at_exports, ports=ports)),
        standings=Standings(own),
        dispatch_soon=dispatch_soon,
    )
    app.state.sessions, app.state.sample_people = Sessions(_session_secret(settings)), settings.sample_people
    app.state.drawer = drawing.Drawer(settings.home)
    app.state.branding = read_branding(settings.branding) if settings.branding else Branding()
    app.state.seals = WidgetSeals(_session_secret(settings), origins=settings.embedding_origins)
    app.state.dagster_url = settings.dagster_pages_url
    app.state.look_at_machinery = partial(look_at_machinery, settings)
    for routes in (*_ROUTES, *_PAGES):
        app.include_router(routes.router)
    add_fault_handlers(app)
    add_openapi(app)
    app.add_middleware(StatusReads, parts=parts, route=_status_route())
    app.add_middleware(Refusals, note=partial(note_refusal, counts=refusals, ports=own))
    app.add_middleware(Edge, metrics=metrics, spans=ports.spans)
    return app


def _watch(
    ports: ExportPorts, dispatch_soon: Callable[[], None], refusals: RefusalCounts, every_s: float
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """A lifespan during which dead attempts are noticed, and queued ones launched, within a second or two.

    What is written to the audit log gets its seal meanwhile, and what was refused again and again is counted there.
    """

    def launch() -> None:
        with suppress(RunsUnavailable):  # then Dagster's own sensor launches, and what we reserve is hidden from it
            ports.runs.ping()
            dispatch_soon()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        count = partial(note_counted, refusals, ports=ports)
        actions = (launch, lambda: reconcile(ports), ports.chain.seal, count)
        watches = [Rounds(each, every_s=every_s) for each in actions]
        for rounds in watches:
            rounds.start()
        with suppress(ExportError):
            await run_in_threadpool(note_catalog, ports)
        yield
        for rounds in watches:
            rounds.stop()
        with suppress(ExportError):  # Postgres may have left before us
            await run_in_threadpool(count, everything=True)

    return lifespan


def _status_route() -> APIRoute:
    return next(
        each for each in exports.router.routes if isinstance(each, APIRoute) and each.endpoint is exports.get_export
    )


def _verifier(settings: Settings) -> Verifier:
    """Public keys where a key set is named; else the shared secret, which is generated when none is set."""
    rules = TokenRules.of(settings)
    if settings.jwks_url is not None:
        return KeySetVerifier(settings.jwks_url, rules=rules)
    secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else jwt_secret(settings.home)
    return SharedSecretVerifier(secret, rules=rules)


def _session_secret(settings: Settings) -> str:
    return settings.session_secret.get_secret_value() if settings.session_secret else session_secret(settings.home)
