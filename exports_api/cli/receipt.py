"""The check of a file against its receipt, without asking anybody."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exports_api.cli.failing import USAGE, Failure
from exports_pipeline.adapters.signing import is_signed
from exports_pipeline.core.manifest import SIGNATURE

_MISMATCH = 1


def check_file(file: Path, claimed: Mapping[str, Any]) -> None:
    """Let pass a file that has the size and the SHA-256 of its manifest.

    Raises:
        Failure: it has others, or cannot be read.
    """
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


def check_signature(claimed: Mapping[str, Any], trusted: Sequence[Mapping[str, str]] | None) -> str:
    """The id of the key that signed a manifest: one of those trusted, or for None the one that it names itself.

    Raises:
        Failure: none of them did.
    """
    signature = claimed.get(SIGNATURE)
    if signature is None:
        raise Failure("The manifest is not signed; anybody may have written it.", exit_code=_MISMATCH)
    keys = [{"kid": signature["kid"], "x": signature["x"]}] if trusted is None else trusted
    if not any(is_signed(claimed, key) for key in keys):
        who = "its signature does not fit" if trusted is None else "none of the keys that are trusted signed it"
        raise Failure(f"The manifest was changed, or {who}.", exit_code=_MISMATCH)
    return str(signature["kid"])
