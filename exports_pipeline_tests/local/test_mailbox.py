"""The embedded mail server keeps what it takes."""

import smtplib
import subprocess
import time
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from exports_pipeline.local.mailbox import mailbox_part
from exports_pipeline.local.ports import remembered_port


@pytest.fixture
def started(tmp_path):
    """Starts the server of a home, again if asked."""
    processes = []

    def start():
        port = remembered_port(tmp_path, "mailbox")
        part = mailbox_part(tmp_path, port)
        processes.append(subprocess.Popen(part.command))
        until = time.monotonic() + 20
        while not part.probe.is_ready(b"") and time.monotonic() < until:
            time.sleep(0.05)
        return port

    yield start, processes
    for process in processes:
        process.terminate()
        process.wait(timeout=10)


def send(port, to, body):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Žluťoučký", "exports@localhost", to
    message.set_content(body)
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.send_message(message)


def test_each_message_becomes_a_file_numbered_in_order_also_after_a_restart(tmp_path, started):
    start, processes = started
    port = start()
    send(port, "ann@example.com", "first\n")
    send(port, "../../etc@example.com", "second ✓\n")
    processes[0].terminate()
    assert processes[0].wait(timeout=10) == 0
    send(start(), "ann@example.com", "third\n")
    files = sorted((tmp_path / "mailbox").iterdir())
    assert [file.name for file in files] == [
        "0001-ann@example.com.eml",
        "0002-.._.._etc@example.com.eml",
        "0003-ann@example.com.eml",
    ]
    told = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    assert [each.get_content().strip() for each in told] == ["first", "second ✓", "third"]
    assert told[0]["Subject"] == "Žluťoučký"
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3
