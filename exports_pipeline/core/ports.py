"""The ports: what the use cases need of the world, as the adapters and the fakes provide it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from exports_pipeline.core.activity import ActivityStore
from exports_pipeline.core.attestation import Attest, Attestation, unattested
from exports_pipeline.core.audit_chain import AuditChain
from exports_pipeline.core.audit_head import HeadStore
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.data_ports import KeptRows, ObjectStore, Warehouse
from exports_pipeline.core.destination import DestinationStore
from exports_pipeline.core.erasure import ErasureStore, PersonArchive
from exports_pipeline.core.event_store import EventStore
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.figures import Figures
from exports_pipeline.core.formats import Format
from exports_pipeline.core.funnel import CampaignRules
from exports_pipeline.core.insights import InsightReader
from exports_pipeline.core.journey_store import JourneyStore
from exports_pipeline.core.ledger import AuditLog, JobStore
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.link import LinkStore, Vault
from exports_pipeline.core.message import MessageTemplates, Sender
from exports_pipeline.core.metric_store import MetricStore
from exports_pipeline.core.outbox import Outbox
from exports_pipeline.core.parameters import TemplateFacts
from exports_pipeline.core.people import UserStore
from exports_pipeline.core.question import Answer, Question
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.report import Report
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.s3_prices import S3Prices
from exports_pipeline.core.schedule_store import ScheduleStore
from exports_pipeline.core.spans import NoSpans, Spans
from exports_pipeline.core.telegram import TelegramBot


class ReportMaker(Protocol):
    """The report templates, and what turns a report into a file."""

    def templates(self) -> Sequence[TemplateFacts]:
        """All templates, in order."""

    def find(self, name: str) -> TemplateFacts:
        """The template of that name.

        Raises:
            UnknownTemplate: there is none.
        """

    def check(
        self, name: str, given: Mapping[str, Any], *, catalog: Catalog, requester: Requester
    ) -> Mapping[str, Any]:
        """The value of every parameter of a template, as `build` takes them.

        Raises:
            UnknownTemplate, InvalidParameter.
        """

    def build(
        self, name: str, values: Mapping[str, Any], ask: Callable[[Question], Answer], *, now: datetime, attest: Attest
    ) -> Report:
        """The report; every figure in it comes out of `ask`, but for what `attest` says of the audit log."""

    def render(self, report: Report, *, file_format: Format, tick: Callable[[], None]) -> Iterator[bytes]:
        """The bytes of the report's file; `tick` is called several times a second, and may raise."""


class Signer(Protocol):
    """Signs manifests."""

    @property
    def public_keys(self) -> list[dict[str, str]]:
        """The keys that signatures are checked with, as JWK (RFC 8037)."""

    def sign(self, data: bytes) -> dict[str, str]:
        """The signature of some bytes: `alg`, `kid`, the key itself as JWK member `x`, and `value`, in base64url."""

    def has_signed(self, document: Mapping[str, Any]) -> bool:
        """Whether the signature of a document is one of ours."""


class Runs(Protocol):
    """Dagster, as far as the use cases know it."""

    def launch(self, job: ExportJob) -> str:
        """Launch the run of a job's current attempt and return the run's id.

        Raises:
            RunsUnavailable, LaunchRefused.
        """

    def give_up(self, run_id: str) -> None:
        """Have a run that never began end as cancelled.

        Raises:
            RunsUnavailable.
        """

    def ping(self) -> None:
        """Ask whether Dagster answers and has our code location."""


class FigureReader(Protocol):
    """What the ledger knows of itself, for metrics."""

    def read(self) -> Figures:
        """All figures, in bounded time.

        Raises:
            LedgerUnavailable: the database does not answer, or not in time.
        """


@dataclass(frozen=True, kw_only=True, eq=False)
class ExportPorts:
    """Everything a use case may reach, wired once per process."""

    catalog: Catalog
    jobs: JobStore
    users: UserStore
    schedules: ScheduleStore
    audit: AuditLog
    chain: AuditChain
    heads: HeadStore
    outbox: Outbox
    figures: FigureReader
    insights: InsightReader
    campaign_rules: CampaignRules
    journeys: JourneyStore
    activity: ActivityStore
    events: EventStore
    metrics: MetricStore
    warehouse: Warehouse
    kept: KeptRows
    objects: ObjectStore
    runs: Runs
    reports: ReportMaker
    destinations: DestinationStore
    links: LinkStore
    vault: Vault
    erasures: ErasureStore
    archive: PersonArchive
    messages: MessageTemplates
    senders: Mapping[str, Sender]
    clock: Callable[[], datetime]
    """The time now, in UTC."""
    pause: Callable[[float], None]
    """Wait for some seconds."""
    limits: Limits
    prices: S3Prices = field(default_factory=S3Prices)
    bot: TelegramBot | None = None
    """None where no bot is set up."""
    operators: Recipient | None = None
    """Who hears of jobs that failed for good, besides their owners."""
    public_url: str = "http://127.0.0.1:8000"
    """Where recipients reach the API."""
    signer: Signer | None = None
    """Without one, manifests are not signed."""
    spans: Spans = field(default_factory=NoSpans)
    attest: Callable[[Callable[[], None]], Attestation] = lambda _tick: unattested()
    """Verifies the chain of the audit log; what it is given is called every so often, and may raise."""
