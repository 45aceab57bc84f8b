"""The part of the demonstration in which a scheduled export arrives in a mailbox."""

import hashlib
import re
import time
from email import message_from_bytes, policy
from pathlib import Path

import httpx

from exports_api.cli.connection import connect
from exports_api.cli.failing import Failure
from exports_pipeline.local.mailbox import FOLDER

SCHEDULE = {
    "name": "Spending by tag, every morning",
    "kind": "export",
    "body": {"dataset_id": "daily_spending_by_tag"},
    "format": "xlsx",
    "cron": "0 7 * * *",
    "timezone": "Europe/Prague",
    "recipients": [{"channel": "email", "address": "demo@example.com"}],
}
_WITHIN_S = 60


def mailed_by_schedule(home: Path, api: str) -> str:
    """Create a schedule, run it now, and read the mail it sends; returns the sentence about it.

    Raises:
        Failure: no mail came, or its link did not lead to the file it names.
    """
    mailbox = home / FOLDER
    if not mailbox.is_dir():
        return "This stack sends its mail instead of keeping it, so none is shown."
    before = set(mailbox.iterdir())
    began = time.perf_counter()
    with connect(url=api, token=None, user="demo") as client:
        schedule_id = client.create_schedule(SCHEDULE)
        try:
            client.run_schedule(schedule_id)
            mail = _next_mail(mailbox, before)
        finally:
            client.delete_schedule(schedule_id)
    seconds = time.perf_counter() - began
    text = message_from_bytes(mail.read_bytes(), policy=policy.default).get_body(("plain",))
    words = text.get_content() if text else ""
    link = re.search(rf"{re.escape(api)}/d/\S+", words)
    digest = re.search(r"SHA-256: ([0-9a-f]{64})", words)
    if link is None or digest is None:
        raise Failure(f"The mail {mail} names no file.")
    file = httpx.get(link[0], follow_redirects=True, timeout=30).content
    if hashlib.sha256(file).hexdigest() != digest[1]:
        raise Failure(f"The link in {mail} does not lead to the file that the mail names.")
    return f"{mail} came in {seconds:.1f} s; the link in it opens the workbook that it names."


def _next_mail(mailbox: Path, before: set[Path]) -> Path:
    until = time.monotonic() + _WITHIN_S
    while time.monotonic() < until:
        new = [file for file in mailbox.glob("*.eml") if file not in before]
        if new:
            return new[0]
        time.sleep(0.1)
    raise Failure(f"No mail came to {mailbox} within {_WITHIN_S} s; see the deliveries and the logs of the stack.")
