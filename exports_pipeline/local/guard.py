"""The guard: the supervisor's parent, which cleans up when the supervisor is killed and stops it when a shell dies.

Two processes watch each other, so that no single `kill -9` leaves anything running: when the supervisor dies, the
guard adopts and kills what it left; when the guard dies, Linux tells the supervisor to stop; when both die, Linux
kills the parts.
"""

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import replace

from exports_pipeline.local.folders import log_file
from exports_pipeline.local.processes import (
    adopt_orphans,
    await_signal,
    die_with_parent,
    kill_descendants,
    lineage,
    parent_of,
    reap,
    redirect_output,
)
from exports_pipeline.local.stack import Stack, plan_stack
from exports_pipeline.local.state import StackState, held, publish, read_state
from exports_pipeline.local.supervisor import GRACE_S, SIGNALS, Supervisor
from exports_pipeline.settings import Settings, inherited_environment

_LOOK_EVERY_S = 0.25


def run_stack(settings: Settings, *, announce: Callable[[StackState], None], follows_parent: bool) -> int:
    """Run the stack until it is stopped; answers 0, or 1 when it stopped by itself and `read_state` says why.

    Calls `announce` once, when everything is ready. With `follows_parent` the death of the shell stops the stack.

    Raises:
        StackAlreadyUp: another stack runs on this home.
        PortTaken: a port of the settings is taken.
    """
    home = settings.home.absolute()
    with held(home):
        publish(home, StackState(guard=os.getpid()))
        return guard_stack(plan_stack(settings), announce=announce, follows_parent=follows_parent)


def guard_stack(stack: Stack, *, announce: Callable[[StackState], None], follows_parent: bool) -> int:
    """Fork the supervisor of a planned stack and watch it; the caller has one thread and holds the home."""
    publish(stack.home, StackState(urls=dict(stack.urls), guard=os.getpid()))
    adopt_orphans()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    if follows_parent:
        die_with_parent(signal.SIGTERM)
    guard = os.getpid()
    supervisor = os.fork()
    if supervisor == 0:
        os._exit(_supervise(stack, guard))
    try:
        code = _watch(stack, supervisor, announce=announce, follows_parent=follows_parent)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    return 0 if code == 0 else 1


def _supervise(stack: Stack, guard: int) -> int:
    os.setsid()
    die_with_parent(signal.SIGTERM)
    if os.getppid() != guard:
        return 1
    redirect_output(log_file(stack.home, "supervisor"))
    stream = os.fdopen(2, "w", closefd=False)
    logging.basicConfig(stream=stream, level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    try:
        return Supervisor(stack, inherited=inherited_environment(), guard=guard).run()
    except BaseException:
        logging.getLogger(__name__).exception("supervisor_failed")
        kill_descendants()
        return 1


def _watch(stack: Stack, supervisor: int, *, announce: Callable[[StackState], None], follows_parent: bool) -> int:
    """Wait for the supervisor's end and leave no process behind."""
    above = lineage() if follows_parent else {}
    announced, stops = False, 0
    while True:
        noticed = await_signal(SIGNALS, _LOOK_EVERY_S)
        ended = dict(reap())
        if supervisor in ended:
            break
        bereaved = any(parent_of(pid) != parent for pid, parent in above.items())
        if bereaved or (noticed is not None and noticed != signal.SIGCHLD):
            above = {}
            stops += 1
            os.kill(supervisor, signal.SIGTERM if stops == 1 else signal.SIGKILL)
        if not announced and stops == 0 and (state := read_state(stack.home)).ready:
            announced = True
            announce(state)
    code = ended[supervisor]
    # Linux has already told the parts to end; Postgres does so properly if it is given the time.
    kill_descendants(grace_s=GRACE_S)
    if code < 0:
        failure = "" if stops else f"The supervisor was ended by signal {-code}; everything was stopped."
        publish(stack.home, replace(read_state(stack.home), ready=False, guard=None, failure=failure or None))
    return 0 if stops else code
