"""`exports verify`: check a file against its manifest, without asking anybody."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from exports_api.cli.connection import AsJson
from exports_api.cli.failing import USAGE, Failure, told
from exports_pipeline.adapters.signing import is_signed
from exports_pipeline.core.manifest import SIGNATURE, VERSION

_MISMATCH = 1


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
        _check_file(file, claimed)
        signer = _signer(claimed, keys)
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


def _check_file(file: Path, claimed: dict[str, Any]) -> None:
    [told_of] = claimed["files"]
    try:
        with file.open("rb") as opened:
            digest, size = hashlib.file_digest(opened, "sha256").hexdigest(), file.stat().st_size
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.", exit_code=USAGE) from error
    if size != told_of["bytes"]:
        raise Failure(
            f"{file} has {size:,} bytes, the manifest says {told_of['bytes']:,}; download it again.",
            exit_code=_MISMATCH,
        )
    if digest != told_of["sha256"]:
        raise Failure(
            f"{file} has the SHA-256 {digest}, the manifest says {told_of['sha256']}; it was changed.",
            exit_code=_MISMATCH,
        )


def _signer(claimed: dict[str, Any], keys: Path | None) -> str:
    signature = claimed.get(SIGNATURE)
    if signature is None:
        raise Failure("The manifest is not signed; anybody may have written it.", exit_code=_MISMATCH)
    trusted = json.loads(keys.read_bytes())["keys"] if keys else [{"kid": signature["kid"], "x": signature["x"]}]
    if not any(is_signed(claimed, key) for key in trusted):
        who = f"none of the keys in {keys} signed it" if keys else "its signature does not fit"
        raise Failure(f"The manifest was changed, or {who}.", exit_code=_MISMATCH)
    return f"signed by the key {signature['kid']}" + ("" if keys else " that it names itself")
