"""Columns as they are shown: as they are, searched for what is personal, made coarse, hashed, or a constant mark."""

import hashlib

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.writers.sql_text import Parameters, identifier, literal
from exports_pipeline.writers.text_scan import scanned
from exports_pipeline.writers.truncation import truncated

MASK = "***"
"""Stands for every masked value and keeps nothing of it, not even its length."""
_BLOCK = 64


class HashKey:
    """The key of the hashes, as the two blocks of HMAC-SHA256 (RFC 2104)."""

    def __init__(self, secret: bytes) -> None:
        key = hashlib.sha256(secret).digest() if len(secret) > _BLOCK else secret
        key = key.ljust(_BLOCK, b"\x00")
        self._inner = bytes(byte ^ 0x36 for byte in key)
        self._outer = bytes(byte ^ 0x5C for byte in key)

    def hashed(self, text: str, parameters: Parameters) -> str:
        """HMAC-SHA256 of a text expression as lower-case hex; the key is bound and stands in no statement."""
        inner = f"unhex(sha256({parameters.bind(self._inner)} || encode({text})))"
        return f"sha256({parameters.bind(self._outer)} || {inner})"


def shown(column: Column, key: HashKey | None, parameters: Parameters) -> tuple[str, str]:
    """Expression and DuckDB type of a column as it leaves the warehouse; NULL stays NULL.

    A dropped column that comes here in spite of all is masked.

    Raises:
        NotConfigured: a column is to be hashed and there is no key.
    """
    name = identifier(column.name)
    if column.sensitive is None:
        return (scanned(name, column.scan) if column.scan else name), column.type
    if column.sensitive is Sensitivity.TRUNCATE:
        return truncated(name, column.type, column.step), column.type
    if column.sensitive is Sensitivity.HASH:
        if key is None:
            raise NotConfigured("EXPORTS_MASK_SECRET is not set, and without a key nothing can be hashed.")
        return key.hashed(f"CAST({name} AS VARCHAR)", parameters), "VARCHAR"
    return f"CASE WHEN {name} IS NOT NULL THEN {literal(MASK)} END", "VARCHAR"
