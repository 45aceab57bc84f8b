"""The plan of the stack: which parts this deployment needs, how each is started, and what they are told."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from exports_pipeline.local.broker import broker_part, broker_url
from exports_pipeline.local.dagster_home import LOCATION, lay_out_dagster_home
from exports_pipeline.local.folders import private_folder
from exports_pipeline.local.mailbox import SENDER, mailbox_part
from exports_pipeline.local.object_store import object_store_environment, object_store_parts
from exports_pipeline.local.part import Kind, LogSays, PageAnswers, Part, PortAccepts
from exports_pipeline.local.ports import LOOPBACK, demand_free, remembered_port
from exports_pipeline.local.postgres import database_url, postgres_part, role_url
from exports_pipeline.local.secrets import destination_secret, jwt_secret, mask_secret, signing_secret, webhook_secret
from exports_pipeline.settings import Settings

SAMPLE_CATALOG = Path(__file__).with_name("sample_catalog.yaml")
_SCRIPTS = Path(sys.executable).parent
_JSON_LOG = ("--log-format", "json")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Everything a supervisor needs to know."""

    home: Path
    parts: tuple[Part, ...]
    env: Mapping[str, str] = field(repr=False)
    """Variables of every part, over those inherited."""
    dropped: frozenset[str]
    """Inherited variables that would contradict `env`."""
    urls: Mapping[str, str]

    def needs(self, name: str) -> set[str]:
        """Return the parts that a part needs, directly or not."""
        after = {part.name: part.after for part in self.parts}
        found, open_names = set[str](), set(after[name])
        while open_names:
            found |= open_names
            open_names = set().union(*(after[other] for other in open_names)) - found
        return found


def plan_stack(settings: Settings) -> Stack:
    """Plan the stack these settings ask for: whatever server they do not name is embedded.

    Makes the folders, secrets and configuration files the parts read.

    Raises:
        PortTaken: a port of the settings is taken.
        EmbeddedPackageMissing: a server is to be embedded, and its package is not installed.
    """
    home = private_folder(settings.home.absolute())
    demand_free(settings.api_port, variable="EXPORTS_API_PORT")
    demand_free(settings.dagster_port, variable="EXPORTS_DAGSTER_PORT")
    servers, env, dropped = _embedded(settings, home)
    code_server_port = remembered_port(home, "code_server")
    dagster_home = lay_out_dagster_home(home, code_server_port=code_server_port)
    env = _shared_environment(settings, home) | env | {"DAGSTER_HOME": str(dagster_home)}
    api, dagster = (f"http://{LOOPBACK}:{port}" for port in (settings.api_port, settings.dagster_port))
    s3 = env.get("AWS_ENDPOINT_URL_S3", f"https://s3.{settings.region}.amazonaws.com")
    steps = _steps(settings)
    prepared = frozenset(part.name for part in (*servers, *steps))
    parts = (*servers, *steps, *_service_parts(settings, dagster_home, code_server_port, after=prepared))
    return Stack(home=home, parts=parts, env=env, dropped=dropped, urls={"api": api, "dagster": dagster, "s3": s3})


def sample_warehouse(home: Path) -> Path:
    """Return where the sample warehouse lies, built or not."""
    return home / "warehouse" / "current.duckdb"


def _embedded(settings: Settings, home: Path) -> tuple[list[Part], dict[str, str], frozenset[str]]:
    """Return the servers nobody named, the variables by which they are found, and those that would contradict."""
    parts: list[Part] = []
    env: dict[str, str] = {}
    dropped: frozenset[str] = frozenset()
    if settings.database_url is None:
        port = remembered_port(home, "postgres")
        parts.append(postgres_part(home, port))
        env["EXPORTS_DATABASE_URL"] = database_url(home, port)
        env["EXPORTS_API_DATABASE_URL"] = role_url(home, port, "exports_api")
        env["EXPORTS_PIPELINE_DATABASE_URL"] = role_url(home, port, "exports_pipeline")
    if settings.bucket is None:
        demand_free(settings.s3_port, variable="EXPORTS_S3_PORT")
        parts.extend(object_store_parts(home, settings.s3_port))
        env |= object_store_environment(home, settings.s3_port)
        dropped = frozenset({"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"})
    if settings.broker_url is None:
        port = remembered_port(home, "broker")
        parts.append(broker_part(home, port))
        env["EXPORTS_BROKER_URL"] = broker_url(home, port)
    if settings.smtp_url is None and settings.database_url is None:
        port = remembered_port(home, "mailbox")
        parts.append(mailbox_part(home, port))
        env |= {"EXPORTS_SMTP_URL": f"smtp://{LOOPBACK}:{port}", "EXPORTS_MAIL_FROM": settings.mail_from or SENDER}
    return parts, env, dropped


def _shared_environment(settings: Settings, home: Path) -> dict[str, str]:
    """Return what every part is told: the settings that are given, absolute paths, and the generated secrets."""
    given = {
        "EXPORTS_DATABASE_URL": settings.database_url,
        "EXPORTS_API_DATABASE_URL": settings.api_database_url,
        "EXPORTS_PIPELINE_DATABASE_URL": settings.pipeline_database_url,
        "EXPORTS_BROKER_URL": settings.broker_url,
        "EXPORTS_JWT_SECRET": settings.jwt_secret,
        "EXPORTS_MASK_SECRET": settings.mask_secret,
        "EXPORTS_SIGNING_SECRET": settings.signing_secret,
        "EXPORTS_DESTINATION_SECRET": settings.destination_secret,
        "EXPORTS_WEBHOOK_SECRET": settings.webhook_secret,
    }
    generated = {
        "EXPORTS_MASK_SECRET": mask_secret,
        "EXPORTS_SIGNING_SECRET": signing_secret,
        "EXPORTS_DESTINATION_SECRET": destination_secret,
        "EXPORTS_WEBHOOK_SECRET": webhook_secret,
    }
    env = {name: secret.get_secret_value() for name, secret in given.items() if secret is not None}
    if settings.jwt_secret is None and settings.jwks_url is None:
        env["EXPORTS_JWT_SECRET"] = jwt_secret(home)
    env |= {name: make(home) for name, make in generated.items() if given[name] is None}
    sample = (None, None) if settings.warehouse else (sample_warehouse(home), SAMPLE_CATALOG)
    warehouse, catalog = settings.warehouse or sample[0], settings.catalog or sample[1]
    words = {
        "EXPORTS_WAREHOUSE": warehouse and warehouse.absolute(),
        "EXPORTS_CATALOG": catalog and catalog.absolute(),
        "EXPORTS_SAMPLE_PEOPLE": "true" if settings.warehouse is None and settings.jwks_url is None else None,
        "S3_EXPORTS_BUCKET": settings.bucket,
        "AWS_ENDPOINT_URL_S3": settings.s3_endpoint_url,
    }
    env |= {name: str(word) for name, word in words.items() if word is not None}
    return env | {
        "AWS_REGION": settings.region,
        "EXPORTS_HOME": str(home),
        "EXPORTS_API_PORT": str(settings.api_port),
        "EXPORTS_DAGSTER_PORT": str(settings.dagster_port),
        "EXPORTS_S3_PORT": str(settings.s3_port),
        "PYTHONUNBUFFERED": "1",
    }


def _steps(settings: Settings) -> tuple[Part, ...]:
    """Describe what happens once, before the service starts."""
    warehouse = (sys.executable, "-m", "exports_pipeline.local.warehouse", *(() if settings.warehouse else ("sample",)))
    is_ours = settings.database_url is None
    ledger = (sys.executable, "-m", "exports_pipeline.local.ledger", *(("logins",) if is_ours else ()))
    postgres = frozenset({"postgres"} if is_ours else ())
    return (
        Part(name="warehouse", kind=Kind.STEP, command=warehouse),
        Part(name="ledger", kind=Kind.STEP, command=ledger, after=postgres),
    )


def _untold(settings: Settings) -> dict[str, str]:
    """Return what keeps the password of the tables' owner from the API, where it can do without."""
    has_roles = settings.api_database_url is not None and settings.pipeline_database_url is not None
    return {"EXPORTS_DATABASE_URL": ""} if settings.database_url is None or has_roles else {}


def _service_parts(settings: Settings, folder: Path, code_server_port: int, *, after: frozenset[str]) -> list[Part]:
    """Describe Dagster, the workers and the API; `after` are the parts that any of them may need."""
    workspace = ("-w", str(folder / "workspace.yaml"))
    location = ("--module-name", "exports_pipeline.definitions", "--location-name", LOCATION)
    served = after | {"code_server"}
    return [
        Part(
            name="code_server",
            command=(
                *(str(_SCRIPTS / "dagster"), "api", "grpc", "--host", LOOPBACK, "--port", str(code_server_port)),
                *(*location, "--empty-working-directory", *_JSON_LOG),
            ),
            after=after & {"postgres"},
            probe=PortAccepts(port=code_server_port),
        ),
        Part(
            name="worker",
            command=(
                *(
                    str(_SCRIPTS / "celery"),
                    "--quiet",
                    "-A",
                    "exports_pipeline.celery_worker",
                    "worker",
                    "-P",
                    "prefork",
                ),
                *("--prefetch-multiplier=1", "-Q", "dagster", "-c", str(settings.workers), "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle"),
            ),
            after=after - {"warehouse"},
            probe=LogSays(words=b" ready."),
        ),
        Part(
            name="webserver",
            command=(
                *(str(_SCRIPTS / "dagster-webserver"), "-h", LOOPBACK, "-p", str(settings.dagster_port)),
                *(*workspace, *_JSON_LOG),
            ),
            after=served - {"warehouse"},
            probe=PageAnswers(url=f"http://{LOOPBACK}:{settings.dagster_port}/server_info"),
        ),
        Part(
            name="daemon",
            command=(str(_SCRIPTS / "dagster-daemon"), "run", *workspace, *_JSON_LOG),
            after=served,
            probe=LogSays(words=b"following daemons"),
        ),
        Part(
            name="api",
            command=(
                *(str(_SCRIPTS / "uvicorn"), "exports_api.main:app", "--host", LOOPBACK),
                *("--port", str(settings.api_port), "--no-access-log", "--timeout-graceful-shutdown", "2"),
            ),
            env=_untold(settings),
            after=after,
            probe=PageAnswers(url=f"http://{LOOPBACK}:{settings.api_port}/readyz"),
        ),
    ]
