"""`exports verify`: check a file against its manifest, without asking anybody."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from exports_api.cli.connection import AsJson
from exports_api.cli.failing import USAGE, Failure, told
from exports_api.cli.receipt import check_file, check_signature
from exports_pipeline.core.manifest import VERSION


def verify(
    file: Annotated[Path, typer.Argument(help="The downloaded file.")],
    manifest: Annotated[Path, typer.Argument(help="Its manifest, as GET .../exports/{job_id}/manifest answers it.")],
    keys: Annotated[
        Path | None,
        typer.Option(
            help="The service's /.well-known/exports-signing-keys.json, saved once. Without it only the manifest's own "
            "key is used, which proves that nothing was changed since, not who signed."
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check size, SHA-256 and signature of a file offline; exit 0 if all of it is as the manifest says."""
    with told(as_json=as_json):
        claimed = _manifest(manifest)
        check_file(file, claimed)
        key = check_signature(claimed, json.loads(keys.read_bytes())["keys"] if keys else None)
        signer = f"signed by the key {key}" + ("" if keys else " that it names itself")
    sentence = f"{file}: {claimed['row_count']:,} rows, as the manifest says; {signer}."
    whole = {"verified": True, "row_count": claimed["row_count"], "complete": claimed["complete"], "detail": sentence}
    remarks = "" if claimed["complete"] else f" Not complete: {'; '.join(claimed['remarks'])}."
    typer.echo(json.dumps(whole) if as_json else sentence + remarks)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.", exit_code=USAGE) from error
    except ValueError as error:
        raise Failure(f"{path} is no JSON.", exit_code=USAGE) from error
    if not isinstance(found, dict) or found.get("manifest") != VERSION:
        raise Failure(f"{path} is no manifest of the version {VERSION}.", exit_code=USAGE)
    return found
