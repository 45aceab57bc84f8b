"""What DuckDB's errors mean to the service; DuckDB's own words stay in `__cause__`, for operators."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from exports_pipeline.core.errors import ExportError, QueryFailed, SpillDiskFull, WarehouseBusy, WarehouseUnavailable
from exports_pipeline.core.refusals import QueryTooLarge

_FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


@contextmanager
def opening() -> Iterator[None]:
    """Translate what goes wrong while the warehouse is opened."""
    try:
        yield
    except duckdb.Error as error:
        raise (WarehouseBusy() if _is_locked(error) else WarehouseUnavailable()) from error
    except OSError as error:
        raise (SpillDiskFull() if _is_full(error) else WarehouseUnavailable()) from error


@contextmanager
def querying() -> Iterator[None]:
    """Translate what goes wrong while the warehouse is asked."""
    try:
        yield
    except duckdb.Error as error:
        raise query_error(error) from error


def query_error(error: Exception) -> Exception:
    """The error of ours that a query's error is; its sentence holds nothing of the data.

    What fails while Arrow batches are read has lost its class on the way through pyarrow, but not its text. An
    error that is none of DuckDB's is returned as it is.
    """
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException) or text.startswith("Out of Memory Error"):
        return QueryTooLarge()
    if isinstance(error, duckdb.IOException) or text.startswith("IO Error"):
        if _is_full(error):
            return SpillDiskFull()
        return WarehouseBusy() if _is_locked(error) else WarehouseUnavailable()
    if isinstance(error, ExportError) or not isinstance(error, duckdb.Error | OSError):
        return error
    return QueryFailed()


def _is_full(error: Exception) -> bool:
    """Whether a disk took no more; the warehouse is only read, so it is the one that is spilled to."""
    return any(sentence in str(error) for sentence in _FULL)


def _is_locked(error: Exception) -> bool:
    return isinstance(error, duckdb.IOException) and "lock" in str(error)
