"""What is told to operators, callers and Dagster holds no secret, and no more than it must."""

import json
import logging
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import pytest
import structlog
from structlog.testing import capture_logs

from exports_api.app import create_app
from exports_pipeline.adapters.export_runs import run_config, run_tags
from exports_pipeline.adapters.logs import without_secrets
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.errors import DeliveryRefused, LedgerUnavailable
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.spans import NoSpans
from exports_pipeline.defs.run_log import log_deliveries
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.deliver import deliver
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline.usecases.save_destination import Draft, save_destination
from exports_pipeline.usecases.try_destination import try_destination
from exports_pipeline_tests.api_client import EXPORTS, SECRET, ApiClient
from exports_pipeline_tests.builders import entry, new_job, requester
from exports_pipeline_tests.fakes.destinations import InMemoryLinks
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.fakes.runs import FakeSender

DSN = "postgresql://exports:hunter2@127.0.0.1:5432/exports"
LINK = "https://s3.test/exports/k?X-Amz-Credential=AKIAX&X-Amz-Signature=feedbeef&X-Amz-Security-Token=tok3n"
BEARER = "Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"
SHARED = "http://127.0.0.1/d/HJ0PbosfTQuaUzofLGx7EUDmI4cx2P1PTJ0fT1vHxE8"
WORKFLOW = "https://prod.logic.azure.test/workflows/1/triggers/manual/run?api-version=1&sig=azur3s1g"
CHANNELS = "whsec_c3dvcmRmaXNoLXN3b3JkZmlzaC1zd29yZGZpc2g= xoxb-1-sl4ckb0t"
KEY = "xk_1c9d0f6e_" + "k3y" * 10 + "00_0aZ9bY"
TOLD = (
    "k3yk3y",
    "hunter2",
    "feedbeef",
    "AKIAX",
    "tok3n",
    "c2lnbmF0dXJl",
    "HJ0Pbosf",
    "azur3s1g",
    "c3dvcmRmaXNo",
    "sl4ckb0t",
)


@pytest.mark.parametrize(
    "event",
    [
        {"event": f"could not reach {DSN}"},
        {"event": "x", "exception": f"Traceback ...\nOperationalError: {DSN}\n{LINK}"},
        {"event": "x", "headers": {"Authorization": BEARER, "X-Api": "y"}},
        {"event": "x", "told": [LINK, {"deep": (DSN, BEARER)}]},
        {"event": "x", "password": {"a": "hunter2"}},
        {"event": "x", "aws_secret_access_key": ["hunter2"]},
        {"event": "x", "body": f'{{"url": "{LINK}"}}'.encode()},
        {"event": "x", "error": ValueError(DSN)},
        {"event": "x", "opened": SHARED, "exception": f"HTTPError: {WORKFLOW}\nSlackApiError: {CHANNELS}"},
        {"event": f"GET /{KEY}", "told": [KEY, f"X-API-Key: {KEY[:-2]}"], "headers": {"x-api-key": "hunter2"}},
    ],
    ids=range(10),
)
def test_a_secret_is_blanked_wherever_it_stands_in_an_event(event):
    shown = json.dumps(without_secrets(None, "info", event), default=str)
    assert [secret for secret in TOLD if secret in shown] == []


def test_figures_and_names_stay_as_they_are_in_a_log():
    event = {
        "event": "export_completed",
        "rows": 10,
        "seconds": 0.4,
        "parts": ["a", None],
        "is_replay": True,
        "key": "xk_1c9d0f6e",
    }
    assert without_secrets(None, "info", dict(event)) == event


def test_settings_show_no_secret_when_printed():
    names = ("database_url", "broker_url", "jwt_secret", "api_token", "mask_secret", "telegram_token")
    settings = Settings(**dict.fromkeys(names, "hunter2"))
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_an_engine_shows_no_password_when_printed():
    engine = make_engine(DSN)
    assert "hunter2" not in repr(engine) + str(engine.url)


def test_a_run_is_told_which_attempt_it_is_and_of_the_requester_an_id_alone():
    store, job = fake_ports().jobs, new_job("ann@example.org")
    written = store.add(job, entry(job))
    assert run_config(written) == {"job_id": str(job.id), "attempt": 1}
    tags = run_tags(written)
    assert set(tags) == {"exports/job_id", "exports/attempt", "exports/user", "exports/dataset", "exports/format"}
    assert "ann@example.org" not in str(tags)


class Leaky(type(fake_ports().jobs)):
    """A ledger whose driver puts everything it knows into its errors."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def page(self, user_id, page):
        raise self.error from ValueError(f"{DSN} {LINK} {BEARER}")

    def look(self, job_ids, *, slots):
        raise self.error from ValueError(f"{DSN} {LINK} {BEARER}")


@pytest.mark.parametrize("error", [RuntimeError(f"{DSN} {LINK} {BEARER}"), LedgerUnavailable()], ids=["500", "503"])
def test_the_answer_to_an_error_says_nothing_of_its_cause(tmp_path, error):
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    app = create_app(
        fake_ports(jobs=Leaky(error)), Settings(home=tmp_path, jwt_secret=SECRET), dispatch_soon=lambda: None
    )
    for path in (EXPORTS, f"{EXPORTS}/3f2f7a9e-0000-4000-8000-000000000000"):
        answer = ApiClient(app).get(path)
        assert answer.status_code in {500, 503}
        told = answer.text + str(answer.headers)
        assert [word for word in (*TOLD, "Traceback", "RuntimeError", "127.0.0.1") if word in told] == []


def test_neither_a_refusal_nor_the_metrics_repeat_a_token(ann, app):
    token = ann.headers["Authorization"].removeprefix("Bearer ")
    broken = token[:-4] + "AAAA"
    refusal = ApiClient(app, token=broken).get(EXPORTS)
    texts = [refusal.text, str(refusal.headers), ann.get("/metrics").text, ann.get(f"/{token}").headers["x-request-id"]]
    assert [text for text in texts if token[:-4] in text] == []
    assert [text for text in texts if SECRET in text] == []


class Traced(NoSpans):
    """Spans that remember their facts."""

    def __init__(self):
        self.facts = []

    @contextmanager
    def span(self, name, *, parent=None, **facts):
        self.facts.append(facts)
        yield lambda _key, _fact: None


@pytest.mark.parametrize("more", ["", "/changes"])
@pytest.mark.parametrize("link_store", [InMemoryLinks([]), None], ids=["answered", "failed"])
def test_whoever_reads_logs_or_traces_cannot_open_a_link(tmp_path, link_store, more):
    structlog.reset_defaults()
    spans = Traced()
    ports = fake_ports(spans=spans, links=link_store)
    app = create_app(ports, Settings(home=tmp_path, jwt_secret=SECRET), dispatch_soon=lambda: None)
    token = ports.vault.token(UUID(int=7))
    with capture_logs() as log:
        ApiClient(app).get(f"/d/{token}{more}", anonymous=True)
    assert {each["path"] for each in [*log, *spans.facts] if "path" in each} == {"/d/..."}
    assert token not in f"{log} {spans.facts}"


class Chatty:
    """A sender that puts everything it was told into an error nobody foresaw."""

    def send(self, target, message):
        raise AttributeError(f"{target.secrets} {message.text} {message.facts}")

    def trial(self, target):
        yield "authenticate"
        raise DeliveryRefused


def test_a_sender_that_breaks_tells_nobody_what_it_was_told(ann_requester):
    structlog.reset_defaults()
    spans = Traced()
    ports = fake_ports(spans=spans, senders={"sftp": Chatty(), "email": FakeSender()})
    options = {"username": "exports", "host_key": "ssh-ed25519 AAAA"}
    address = {"channel": "sftp", "address": "sftp.test", "options": options}
    place = save_destination(Draft(name="Bank", secrets={"password": "hunter2"}, **address), ann_requester, ports=ports)
    try_destination(place.id, ann_requester, ports=ports)
    recipient = Recipient(channel=Channel.SFTP, destination_id=place.id)
    request = ExportRequest(dataset="sales", format="csv")
    job = request_export(request, ann_requester, ports=ports, recipients=[recipient]).job
    run_export(job.id, 1, run_id="run", ports=ports)
    with capture_logs() as log:
        for _ in range(8):
            log_deliveries(deliver(ports))
            ports.clock.advance(6000)
    (link_id,) = ports.links.links
    (_, mail) = ports.senders["email"].sent[0]
    assert "delivery_broke" in {each["event"] for each in log}
    told = f"{log} {spans.facts} {ports.jobs.deliveries} {ports.jobs.audit} {place} {mail}"
    assert [word for word in ("hunter2", ports.vault.token(link_id)) if word in told] == []


@pytest.fixture
def ann_requester():
    return replace(requester("ann"), email="ann@example.com")
