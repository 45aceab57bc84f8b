"""The ports: what the use cases need of the world, as the adapters and the fakes provide it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.data_ports import KeptRows, ObjectStore, Warehouse
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.figures import Figures
from exports_pipeline.core.formats import Format
from exports_pipeline.core.ledger import AuditLog, JobStore, Outbox, UserStore
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.message import Message, Target
from exports_pipeline.core.parameters import TemplateFacts
from exports_pipeline.core.question import Answer, Question
from exports_pipeline.core.report import Report
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.spans import NoSpans, Spans


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
        self, name: str, values: Mapping[str, Any], ask: Callable[[Question], Answer], *, now: datetime
    ) -> Report:
        """The report; every figure in it comes out of `ask`."""

    def render(self, report: Report, *, file_format: Format, tick: Callable[[], None]) -> Iterator[bytes]:
        """The bytes of the report's file; `tick` is called several times a second, and may raise."""


class Signer(Protocol):
    """Signs manifests."""

    @property
    def public_keys(self) -> list[dict[str, str]]:
        """The keys that signatures are checked with, as JWK (RFC 8037)."""

    def sign(self, data: bytes) -> dict[str, str]:
        """The signature of some bytes: `alg`, `kid`, the key itself as JWK member `x`, and `value`, in base64url."""


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


class Sender(Protocol):
    """One channel."""

    def send(self, target: Target, message: Message) -> str:
        """Send a message and return the channel's receipt; the same message again is harmless where a channel can tell.

        Raises:
            DeliveryRefused: the target refuses it for good.
            DeliveryUnavailable: it did not take it this time.
        """

    def trial(self, target: Target) -> Iterator[str]:
        """Try a target out, without a message that a person would read where the channel allows it.

        Gives the name of every step before it does it: resolve, connect, authenticate, write, delete; those it has.

        Raises:
            DeliveryRefused, DeliveryUnavailable: the step named last failed.
        """


@dataclass(frozen=True, kw_only=True, eq=False)
class ExportPorts:
    """Everything a use case may reach, wired once per process."""

    catalog: Catalog
    jobs: JobStore
    users: UserStore
    audit: AuditLog
    outbox: Outbox
    figures: FigureReader
    warehouse: Warehouse
    kept: KeptRows
    objects: ObjectStore
    runs: Runs
    reports: ReportMaker
    senders: Mapping[str, Sender]
    clock: Callable[[], datetime]
    """The time now, in UTC."""
    pause: Callable[[float], None]
    """Wait for some seconds."""
    limits: Limits
    signer: Signer | None = None
    """Without one, manifests are not signed."""
    spans: Spans = field(default_factory=NoSpans)
