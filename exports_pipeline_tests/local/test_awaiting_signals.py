import signal
import subprocess
import sys
import time

import pytest

WAIT = """
import signal
from exports_pipeline.local.processes import await_signal
told = (signal.SIGTERM, signal.SIGCHLD)
signal.pthread_sigmask(signal.SIG_BLOCK, told)
print("waiting", flush=True)
print(await_signal(told, 0.5))
"""


@pytest.mark.parametrize(
    ("sent", "heard"),
    [((), "None"), ((signal.SIGSTOP, signal.SIGCONT), "None"), ((signal.SIGTERM,), "15")],
    ids=["nothing", "stopped-longer-than-it-waits", "told-to-end"],
)
def test_only_a_signal_that_was_sent_is_heard(sent, heard):
    with subprocess.Popen([sys.executable, "-c", WAIT], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        for each in sent:
            process.send_signal(each)
            time.sleep(0.8 if each is signal.SIGSTOP else 0)
        assert process.stdout.read().strip() == heard
