"""Wait out a database that is away for a moment."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.core.ports import ExportPorts

T = TypeVar("T")
PATIENCE = timedelta(minutes=1)
_PAUSE_S = 0.5


def patiently(action: Callable[[], T], ports: ExportPorts) -> T:
    """The result of the action, tried for up to a minute while the ledger does not answer.

    Raises:
        LedgerUnavailable: the minute is over.
    """
    until = ports.clock() + PATIENCE
    while True:
        try:
            return action()
        except LedgerUnavailable:
            if ports.clock() >= until:
                raise
            ports.pause(_PAUSE_S)
