"""`exports audit verify`: check the audit log where it lies, without asking the service."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from exports_api.cli.connection import AsJson
from exports_api.cli.failing import EXIT_CODES, FAILED, UNAVAILABLE, USAGE, Failure, told
from exports_pipeline.adapters.audit_chain import PostgresAuditChain
from exports_pipeline.adapters.audit_heads import make_audit_heads
from exports_pipeline.adapters.logs import configure_logging
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.signing import is_signed, make_signer
from exports_pipeline.checkup.surroundings import surroundings_of
from exports_pipeline.core.errors import ExportError
from exports_pipeline.settings import Settings, load_settings
from exports_pipeline.usecases.verify_audit import AuditVerdict, IsSigned, verify_audit

_DATES = ["%Y-%m-%d"]

audit = typer.Typer(help="The audit log.", no_args_is_help=True)


@audit.callback()
def _chosen() -> None:
    """The audit log."""


@audit.command("verify", epilog=EXIT_CODES)
def verify(
    since: Annotated[
        datetime | None, typer.Option("--from", formats=_DATES, help="First day (UTC) of the entries to check.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=_DATES, help="Last day (UTC) of the entries to check.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            help="/.well-known/exports-signing-keys.json, saved before; without it, EXPORTS_SIGNING_SECRET's."
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Walk the chain of the audit log, check the signed heads, and name what was changed; exit 0 if nothing was.

    Reads Postgres and the bucket by the variables of the service, or those of the embedded stack.
    """
    configure_logging("CRITICAL")
    with told(as_json=as_json), _failures():
        about = surroundings_of(load_settings())
        if about.settings.database_url is None:
            raise Failure("EXPORTS_DATABASE_URL is not set, and there is no embedded stack here.", exit_code=USAGE)
        engine = make_engine(about.settings.database_url.get_secret_value(), pool_size=1, is_patient=True)
        try:
            verdict = verify_audit(
                PostgresAuditChain(engine, patient=engine),
                make_audit_heads(about.settings, access_key=about.access_key, secret_key=about.secret_key),
                is_signed=_signed_by(_keys(keys) if keys else _own_keys(about.settings)),
                since=since and since.replace(tzinfo=UTC),
                until=until and until.replace(tzinfo=UTC) + timedelta(days=1),
            )
        finally:
            engine.dispose()
    _tell(verdict, as_json=as_json)
    if not verdict.is_whole:
        raise typer.Exit(FAILED)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except ExportError as error:
        raise Failure(error.sentence, exit_code=UNAVAILABLE, code=error.code) from error


def _own_keys(settings: Settings) -> list[dict[str, str]]:
    signer = make_signer(settings)
    return signer.public_keys if signer else []


def _keys(path: Path) -> list[dict[str, str]]:
    try:
        found: list[dict[str, str]] = json.loads(path.read_bytes())["keys"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(f"{path} is no readable set of keys.", exit_code=USAGE) from error
    return found


def _signed_by(keys: list[dict[str, str]]) -> IsSigned:
    return lambda head: any(is_signed(head, key) for key in keys)


def _tell(verdict: AuditVerdict, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"whole": verdict.is_whole, **asdict(verdict)}, indent=2, default=_plain))
        return
    for each in verdict.findings:
        typer.echo(f"{each.flaw}: {each.sentence}", err=True)
    if verdict.found > len(verdict.findings):
        typer.echo(f"... and {verdict.found - len(verdict.findings):,} more.", err=True)
    judgement = "Nothing was changed." if verdict.is_whole else f"The audit log is damaged: {verdict.found:,} findings."
    newest = f", the newest of {verdict.newest_head_at.isoformat()}" if verdict.newest_head_at else ""
    typer.echo(
        f"{verdict.entries:,} entries, places {verdict.first} to {verdict.last} of the chain; {verdict.erased:,} with "
        f"their personal part erased, {verdict.dropped:,} dropped with their months, {verdict.pending:,} waiting for a "
        f"seal; {verdict.heads} signed heads{newest}. {judgement}"
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
