"""The configuration of every process, read from the environment here and nowhere else."""

from datetime import timedelta
from decimal import Decimal
from functools import cache
from os import environ
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from exports_pipeline.core.s3_prices import S3Prices

_LIST_PRICES = S3Prices()


class PriceTable(BaseModel):
    """The prices of an object store, checked; what is left out is a list price of S3."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: str = Field(_LIST_PRICES.currency, pattern="^[A-Z]{3}$")
    gb_month: Decimal = Field(_LIST_PRICES.gb_month, ge=0)
    put_1000: Decimal = Field(_LIST_PRICES.put_1000, ge=0)
    get_1000: Decimal = Field(_LIST_PRICES.get_1000, ge=0)
    egress_gb: Decimal = Field(_LIST_PRICES.egress_gb, ge=0)

    @property
    def prices(self) -> S3Prices:
        """The table in the words of the core."""
        return S3Prices(**self.model_dump())


class Settings(BaseSettings):
    """Everything a deployment may set; an unset value means the embedded default under `home`."""

    # The prefix belongs to the fields' own names, which would otherwise be read too: HOME, REGION, DATABASE_URL.
    model_config = SettingsConfigDict(
        populate_by_name=True, extra="ignore", env_ignore_empty=True, env_prefix="EXPORTS__NEVER_"
    )

    home: Path = Field(Path(".exports"), validation_alias="EXPORTS_HOME")
    """Where the embedded stack keeps its state."""

    database_url: SecretStr | None = Field(None, validation_alias="EXPORTS_DATABASE_URL")
    """Postgres, as `postgresql://user:password@host:port/name`, for the owner of the tables; unset: embedded."""
    api_database_url: SecretStr | None = Field(None, validation_alias="EXPORTS_API_DATABASE_URL")
    """The same database for the API, as a role behind the second wall; unset: as the owner, without that wall."""
    pipeline_database_url: SecretStr | None = Field(None, validation_alias="EXPORTS_PIPELINE_DATABASE_URL")
    """The same database for what works for everybody; unset: as the owner."""

    bucket: str | None = Field(None, validation_alias="S3_EXPORTS_BUCKET")
    """Bucket of the objects; unset: embedded. Credentials are found as boto3 finds them."""
    region: str = Field("us-east-1", validation_alias="AWS_REGION")
    s3_endpoint_url: str | None = Field(None, validation_alias="AWS_ENDPOINT_URL_S3")
    """An S3 other than that of AWS."""

    s3_prices: PriceTable = Field(PriceTable(), validation_alias="EXPORTS_S3_PRICES")
    """What the object store costs, as JSON: `currency`, `gb_month`, `put_1000`, `get_1000`, `egress_gb`."""

    broker_url: SecretStr | None = Field(None, validation_alias="EXPORTS_BROKER_URL")
    """Broker of the run workers, as `redis://:password@host:port/0`; unset: embedded."""

    warehouse: Path | None = Field(None, validation_alias="EXPORTS_WAREHOUSE")
    """A DuckDB file, or a folder of Parquet or CSV files; unset: the sample."""
    catalog: Path | None = Field(None, validation_alias="EXPORTS_CATALOG")
    """A catalogue YAML or a dbt `manifest.json`; unset: the sample's, or one derived from the warehouse."""
    system_datasets: bool = Field(default=True, validation_alias="EXPORTS_SYSTEM_DATASETS")
    """Whether the ledger, deliveries, schedules, events and metrics of the service are datasets, too."""
    reports: Path | None = Field(None, validation_alias="EXPORTS_REPORTS")
    """A folder with report templates of your own; unset: the built-in ones only."""

    redaction: Path | None = Field(None, validation_alias="EXPORTS_REDACTION")
    """A YAML file that says what is done to columns with a class, by role; unset: the packaged one."""
    unmask_reason: Literal["required", "optional"] = Field("optional", validation_alias="EXPORTS_UNMASK_REASON")
    """Whether the permission UNMASK takes effect only for requests that give a reason."""

    metrics: Path | None = Field(None, validation_alias="EXPORTS_METRICS")
    """A YAML file that declares the metrics of events; unset: the packaged ones."""
    campaigns: Path | None = Field(None, validation_alias="EXPORTS_CAMPAIGNS")
    """A YAML file with the funnel of campaigns and the metrics they are told by; unset: the packaged one."""

    roles: Path | None = Field(None, validation_alias="EXPORTS_ROLES")
    """A YAML file with the roles and the permissions each of them bundles; unset: the packaged ones."""
    default_role: str = Field("exporter", validation_alias="EXPORTS_DEFAULT_ROLE")
    """The role of users whose token names none, and to whom none was assigned."""

    branding: Path | None = Field(None, validation_alias="EXPORTS_BRANDING")
    """A YAML file with logo, colours, fonts, header and footer of reports; unset: the plain theme."""

    api_port: int = Field(8000, validation_alias="EXPORTS_API_PORT")
    dagster_port: int = Field(3000, validation_alias="EXPORTS_DAGSTER_PORT")
    s3_port: int = Field(9000, validation_alias="EXPORTS_S3_PORT")
    dagster_url: str | None = Field(None, validation_alias="EXPORTS_DAGSTER_URL")
    """Where Dagster's webserver answers; unset: loopback on `dagster_port`."""
    dagster_public_url: str | None = Field(None, validation_alias="EXPORTS_DAGSTER_PUBLIC_URL")
    """Where operators open Dagster's pages in a browser; unset: where its webserver answers us."""

    jwt_secret: SecretStr | None = Field(None, validation_alias="EXPORTS_JWT_SECRET")
    """Shared secret of HS256 bearer tokens; unset: one generated once under `home`."""
    jwks_url: str | None = Field(None, validation_alias="EXPORTS_JWKS_URL")
    """Public keys of RS256 and ES256 bearer tokens; excludes `jwt_secret`."""
    jwt_issuer: str | None = Field(None, validation_alias="EXPORTS_JWT_ISSUER")
    """What the claim `iss` of bearer tokens must be; unset: not looked at."""
    jwt_audience: str | None = Field(None, validation_alias="EXPORTS_JWT_AUDIENCE")
    """Of which names one must be in the claim `aud`, separated by commas; unset: not looked at."""
    jwt_leeway_s: int = Field(30, ge=0, le=600, validation_alias="EXPORTS_JWT_LEEWAY")
    """By how many seconds the clocks of the issuer and of the service may differ."""
    key_max_age_days: int = Field(365, ge=1, le=3_650, validation_alias="EXPORTS_KEY_MAX_AGE")
    """How many days an API key may be valid at most."""
    quotas: Path | None = Field(None, validation_alias="EXPORTS_QUOTAS")
    """A YAML file that says what each role and user may export in a day; unset: no quotas."""
    session_secret: SecretStr | None = Field(None, validation_alias="EXPORTS_SESSION_SECRET")
    """Seals the sessions of the pages; unset: one generated once under `home`."""
    sample_people: bool = Field(default=False, validation_alias="EXPORTS_SAMPLE_PEOPLE")
    """Whether the sign-in page offers the people of the sample, without a token; for the sample alone."""
    embed_origins: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.-]+(:\d+)?(\s*,\s*https?://[A-Za-z0-9.-]+(:\d+)?)*)?$",
        validation_alias="EXPORTS_EMBED_ORIGINS",
    )
    """Which sites may show the widget of the insights, as `https://intranet.example.com`, separated by commas."""
    api_url: str | None = Field(None, validation_alias="EXPORTS_API_URL")
    """The API that the command line talks to; unset: loopback on `api_port`."""
    api_token: SecretStr | None = Field(None, validation_alias="EXPORTS_TOKEN")
    """The bearer token of the command line; unset: one made with the shared secret."""
    mask_secret: SecretStr | None = Field(None, validation_alias="EXPORTS_MASK_SECRET")
    """Key of hashed columns; unset: one generated once under `home`. Changing it changes every hash."""

    signing_secret: SecretStr | None = Field(None, validation_alias="EXPORTS_SIGNING_SECRET")
    """What the key that signs manifests is made of; unset: one generated once under `home`."""

    telegram_token: SecretStr | None = Field(None, validation_alias="TELEGRAM_BOT_TOKEN")
    telegram_api_url: str = Field("https://api.telegram.org", validation_alias="TELEGRAM_API_URL")
    smtp_url: SecretStr | None = Field(None, validation_alias="EXPORTS_SMTP_URL")
    """Mail server, as `smtp://user:password@host:port`, `smtps://` or `?starttls=1`; `ses://region` for Amazon SES."""
    mail_from: str | None = Field(None, validation_alias="EXPORTS_MAIL_FROM")
    """Sender of all mail, as `Exports <exports@example.com>`; unset: no mail."""
    mail_domains: str | None = Field(None, validation_alias="EXPORTS_MAIL_DOMAINS")
    """Domains that may receive mail, separated by commas; unset: all."""
    slack_token: SecretStr | None = Field(None, validation_alias="SLACK_BOT_TOKEN")
    slack_api_url: str = Field("https://slack.com/api/", validation_alias="SLACK_API_URL")
    webhook_secret: SecretStr | None = Field(None, validation_alias="EXPORTS_WEBHOOK_SECRET")
    """Signs messages to webhooks that are no saved destination, as `whsec_...`; unset: these are refused."""
    allow_private_targets: bool = Field(default=False, validation_alias="EXPORTS_ALLOW_PRIVATE_TARGETS")
    """Whether webhooks and file transfers may go to loopback and private addresses."""
    attach_mb: float = Field(8, ge=0, validation_alias="EXPORTS_ATTACH_MB")
    """Up to what size a file is attached where a recipient wants it; larger ones are linked."""
    messages: Path | None = Field(None, validation_alias="EXPORTS_MESSAGES")
    """A folder with message templates of your own; unset: the built-in ones only."""
    public_url: str | None = Field(None, validation_alias="EXPORTS_PUBLIC_URL")
    """Where recipients reach the API, for the links in messages; unset: loopback on `api_port`."""
    link_hours: int = Field(24, ge=1, validation_alias="EXPORTS_LINK_HOURS")
    """How long a link in a message may be opened."""
    destination_secret: SecretStr | None = Field(None, validation_alias="EXPORTS_DESTINATION_SECRET")
    """What encrypts the secrets of destinations and signs links; unset: one generated once under `home`. To change it,
    put the new one before the old one, separated by a comma."""
    operators: str | None = Field(None, validation_alias="EXPORTS_OPERATORS")
    """Who hears of jobs that failed for good, as `slack:C0123456789` or `email:ops@example.com`; unset: nobody."""
    schedule_least_minutes: int = Field(1, ge=1, validation_alias="EXPORTS_SCHEDULE_LEAST_MINUTES")
    """How many minutes at least lie between two windows of a schedule."""
    schedule_spread_minutes: int = Field(5, ge=0, validation_alias="EXPORTS_SCHEDULE_SPREAD_MINUTES")
    """Over how many minutes schedules that are due at the same time are spread."""

    event_months: int = Field(24, ge=1, le=1_200, validation_alias="EXPORTS_EVENT_MONTHS")
    """How many months before the present one events are kept; older ones are refused, and dropped by the month."""
    event_future_minutes: int = Field(60, ge=0, validation_alias="EXPORTS_EVENT_FUTURE_MINUTES")
    """How far ahead of our clock an event may be."""

    audit_months: int | None = Field(None, ge=1, le=1_200, validation_alias="EXPORTS_AUDIT_MONTHS")
    """How many months before the present one the audit log is kept; unset: for ever."""
    audit_lock_days: int = Field(365, ge=1, validation_alias="EXPORTS_AUDIT_LOCK_DAYS")
    """How long a signed head of the audit log is locked, where the bucket has object lock."""
    audit_lock_mode: Literal["governance", "compliance"] = Field(
        "governance", validation_alias="EXPORTS_AUDIT_LOCK_MODE"
    )
    """How: `governance` (who has a special right may take it away) or `compliance` (nobody may)."""

    workers: int = Field(2, ge=1, validation_alias="EXPORTS_WORKERS")
    """Runs at the same time: the children of the Celery worker and the slots of the dispatcher."""
    running_per_user: int | None = Field(None, ge=1, validation_alias="EXPORTS_RUNNING_PER_USER")
    """Runs of one user at the same time; unset: all, while nobody else waits."""
    large_rows: int = Field(1_000_000, ge=1, validation_alias="EXPORTS_LARGE_ROWS")
    """An export of more rows is large."""
    large_running: int | None = Field(None, ge=1, validation_alias="EXPORTS_LARGE_RUNNING")
    """Large exports at the same time; unset: half of the workers, at least one."""
    pdf_rows: int = Field(10_000, ge=1, validation_alias="EXPORTS_PDF_ROWS")
    """Rows of a PDF; an export of more is refused in this format."""
    queue_per_user: int = Field(1_000, ge=1, validation_alias="EXPORTS_QUEUE_PER_USER")
    """Exports of one user that may wait; one more is answered with 429."""
    queue: int = Field(100_000, ge=1, validation_alias="EXPORTS_QUEUE")
    """Exports of everybody that may wait."""
    max_attempts: int = Field(3, ge=1, validation_alias="EXPORTS_MAX_ATTEMPTS")
    expiry_hours: int = Field(24, ge=1, validation_alias="EXPORTS_EXPIRY_HOURS")
    """How long the file of an export is kept."""
    report_days: int = Field(7, ge=1, validation_alias="EXPORTS_REPORT_DAYS")
    """How long the file of a report is kept."""
    run_days: int = Field(7, ge=1, validation_alias="EXPORTS_RUN_DAYS")
    """How long Dagster remembers a run and its events."""
    duckdb_memory_mb: int = Field(512, ge=64, validation_alias="EXPORTS_DUCKDB_MEMORY_MB")
    """Memory of one export's query."""
    spill_folder: Path | None = Field(None, validation_alias="EXPORTS_SPILL_FOLDER")
    """Where queries put what does not fit into their memory; unset: the system's temporary folder."""
    spill_mb: int = Field(20_000, ge=1, validation_alias="EXPORTS_SPILL_MB")
    """Disk that one export's query may use there."""
    time_limit_minutes: float = Field(120, gt=0, validation_alias="EXPORTS_TIME_LIMIT_MINUTES")
    """How long one attempt of an export may run."""
    duckdb_threads: int = Field(2, ge=1, validation_alias="EXPORTS_DUCKDB_THREADS")
    sample_days: int = Field(730, ge=1, validation_alias="EXPORTS_SAMPLE_DAYS")
    """Days of generated personal finance in the sample warehouse."""
    log_level: str = Field("INFO", validation_alias="EXPORTS_LOG_LEVEL")
    otlp_endpoint: str | None = Field(None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Collector of OpenTelemetry spans, over HTTP; unset: nothing is traced. Needs the extra `telemetry`."""

    @property
    def expiry(self) -> timedelta:
        """How long the file of an export is kept."""
        return timedelta(hours=self.expiry_hours)

    @property
    def report_expiry(self) -> timedelta:
        """How long the file of a report is kept."""
        return timedelta(days=self.report_days)

    @property
    def longest_expiry(self) -> timedelta:
        """After how long no file is kept, whatever it is."""
        return max(self.expiry, self.report_expiry)

    @property
    def jwt_audiences(self) -> tuple[str, ...]:
        """The names that bearer tokens may be meant for."""
        return tuple(each for name in (self.jwt_audience or "").split(",") if (each := name.strip()))

    @property
    def embedding_origins(self) -> tuple[str, ...]:
        """The sites that may show the widget; none by default."""
        return tuple(each.strip() for each in self.embed_origins.split(",") if each.strip())

    @property
    def links_url(self) -> str:
        """What the links in messages begin with, without a slash at its end."""
        return (self.public_url or f"http://127.0.0.1:{self.api_port}").rstrip("/")

    @property
    def dagster_graphql_url(self) -> str:
        """Where Dagster's webserver answers."""
        return self.dagster_url or f"http://127.0.0.1:{self.dagster_port}"

    @property
    def dagster_pages_url(self) -> str:
        """What links into Dagster's pages begin with, without a slash at its end."""
        return (self.dagster_public_url or self.dagster_graphql_url).rstrip("/")


@cache
def load_settings() -> Settings:
    """Read the environment once."""
    return Settings()


def inherited_environment() -> dict[str, str]:
    """Return a copy of the environment, to be handed on to child processes as it is."""
    return dict(environ)
