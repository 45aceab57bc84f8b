"""The stack in the background: a guard that survives the shell, for `exports up --detach`."""

import os
import sys
import traceback

from exports_pipeline.core.errors import ExportError
from exports_pipeline.local.folders import log_file
from exports_pipeline.local.guard import run_stack
from exports_pipeline.local.processes import redirect_output
from exports_pipeline.local.state import StackAlreadyUp
from exports_pipeline.settings import Settings

ALREADY_UP = 75
"""Exit code of a guard that came second."""


def fork_guard(settings: Settings) -> int:
    """Run the stack in a forked process with a session of its own, and return the process.

    It says in `logs/guard.log` what kept it from starting. The caller has one thread.
    """
    log = log_file(settings.home.absolute(), "guard")
    log.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    if (guard := os.fork()) != 0:
        return guard
    try:
        os.setsid()
        redirect_output(log)
        os.closerange(3, 4096)  # a pipe of make, say, whose other end waits for us
        code = run_stack(settings, announce=lambda _: None, follows_parent=False)
    except StackAlreadyUp:
        code = ALREADY_UP
    except ExportError as error:
        os.write(2, f"{error.sentence}\n".encode())
        code = 1
    except BaseException:  # noqa: BLE001 - the last frame of this process
        os.write(2, traceback.format_exc().encode())
        code = 1
    os._exit(code)
