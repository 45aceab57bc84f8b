"""How commands fail: one sentence, one exit code, and JSON for those who asked for it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from exports_api.client import ApiRefused, ApiUnreachable
from exports_api.fetch_file import FetchFailed

FAILED, USAGE, UNAVAILABLE, NO_ACCESS, BROKEN_FILE, INTERRUPTED = 1, 2, 3, 4, 5, 130
EXIT_CODES = (
    "Exit codes: 0 done; 1 the export failed or was refused; 2 wrong usage; 3 the service does not answer; "
    "4 the token is not valid or not enough; 5 the file could not be fetched whole; 130 interrupted."
)
_EXIT_OF_STATUS = {401: NO_ACCESS, 403: NO_ACCESS, 502: UNAVAILABLE, 503: UNAVAILABLE, 504: UNAVAILABLE}


class Failure(Exception):
    """A command cannot do what was asked."""

    def __init__(self, sentence: str, *, exit_code: int = FAILED, code: str = "failed") -> None:
        self.exit_code, self.code = exit_code, code
        super().__init__(sentence)


@contextmanager
def told(*, as_json: bool) -> Iterator[None]:
    """Tell a failure as people or programs read it, and exit with its code."""
    try:
        yield
    except Failure as error:
        _end({"code": error.code, "detail": str(error)}, error.exit_code, as_json=as_json)
    except ApiRefused as error:
        _end(error.problem, _EXIT_OF_STATUS.get(error.status, FAILED), as_json=as_json)
    except ApiUnreachable as error:
        _end({"code": "unreachable", "detail": str(error)}, UNAVAILABLE, as_json=as_json)
    except FetchFailed as error:
        _end({"code": "fetch_failed", "detail": str(error)}, BROKEN_FILE, as_json=as_json)


def _end(problem: dict[str, object], exit_code: int, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"error": problem}, indent=2))
    else:
        typer.echo(problem["detail"], err=True)
    raise typer.Exit(exit_code)
