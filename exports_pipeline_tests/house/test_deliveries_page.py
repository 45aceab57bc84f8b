"""The page about deliveries says what the code does."""

import json
import re
import time
from pathlib import Path
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from exports_pipeline.adapters.message_filters import FILTERS
from exports_pipeline.adapters.message_templates import JinjaMessages
from exports_pipeline.adapters.senders.apprise_services import HOSTED, SELF_HOSTED
from exports_pipeline.adapters.senders.webhook_signature import read_secrets, sign
from exports_pipeline.core.delivery import MAX_TRIES, MAX_TRIES_OF_OURS, Kind
from exports_pipeline.core.destination_forms import FORMS
from exports_pipeline.core.recipient import Channel
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.preview_message import SAMPLE

PAGE = (Path(__file__).parents[2] / "docs/deliveries.md").read_text(encoding="utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def blanks(form, *, secret):
    """What is to be filled in, as the table lists it: a star where it must be."""
    names = [f"`{name}`{'*' * each.is_required}" for name, each in form.blanks.items() if each.is_secret is secret]
    return ", ".join(names) or "-"


def test_the_table_of_destinations_is_that_of_the_code():
    for channel, form in FORMS.items():
        row = f"| `{channel}` | {form.address} | {blanks(form, secret=False)} | {blanks(form, secret=True)} |"
        assert row in PAGE


def test_every_channel_has_its_paragraph():
    chapters = re.findall(r"^\*\*`(\w+)`", PAGE, flags=re.MULTILINE)
    assert sorted(chapters) == sorted(Channel)


def test_figures_services_kinds_and_filters_are_those_of_the_code():
    words = " ".join(PAGE.split())
    assert f"{MAX_TRIES} tries" in words
    assert f"{MAX_TRIES_OF_OURS} tries" in words
    assert f"{Settings(home=Path('none')).link_hours} hours" in words
    for scheme in (*HOSTED, *SELF_HOSTED):
        assert re.search(rf"`{scheme}`", PAGE), scheme
    for name in (*Kind, *FILTERS):
        assert re.search(rf"`{name}\b", PAGE), name


def test_the_receiver_on_the_page_takes_our_webhooks_and_nobody_elses():
    (code,) = re.findall(r"```python\n(.+?)```", PAGE, flags=re.DOTALL)
    names = {}
    exec(code, names)  # noqa: S102 - what the page tells readers to run
    body = json.dumps({"type": "export.completed", "data": {"job_id": "7"}}).encode()
    headers = sign(read_secrets(SECRET), message_id=str(uuid4()), timestamp_s=int(time.time()), body=body)
    assert names["read_webhook"](body, headers, secret=SECRET)["data"] == {"job_id": "7"}
    with pytest.raises(WebhookVerificationError):
        names["read_webhook"](body + b" ", headers, secret=SECRET)


def test_the_template_on_the_page_can_be_followed(tmp_path):
    (own,) = re.findall(r"```jinja\n(.+?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "result.j2").write_text(own, encoding="utf-8")
    told = JinjaMessages(tmp_path).render(Kind.RESULT, Channel.EMAIL, SAMPLE, timezone="UTC")
    assert told.subject == f"[Example Bank] {SAMPLE['title']}"
    assert "Questions: finance@example.com" in told.text
    assert "Download" in told.html
