"""The attestation: what a verification of the audit log's chain has found, for those who must answer for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """The chain of the audit log as one verification found it."""

    entries: int
    """How many entries were looked at."""
    since: datetime | None = None
    """Time of the first of them; None where there is none."""
    until: datetime | None = None
    """Time of the last of them."""
    head: str = ""
    """Hash of the last of them, as hex."""
    breaks: tuple[str, ...] = ()
    """What is wrong, a sentence for each; none where the chain is whole."""

    @property
    def is_whole(self) -> bool:
        """Whether no entry was edited, removed, inserted or moved."""
        return not self.breaks


Attest: TypeAlias = Callable[[], Attestation]
"""Verifies the chain now."""


def unattested() -> Attestation:
    """The answer of a deployment that has nobody to verify the chain, which is no good news."""
    return Attestation(entries=0, breaks=("Nobody could verify the chain.",))
