"""The `exports` command as a client of the API, over HTTP on loopback."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jwt
import pytest
from typer.testing import CliRunner

from exports_api.app import create_app
from exports_api.cli.main import app as cli
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.refusals import QueryTooLarge
from exports_pipeline.settings import Settings, load_settings
from exports_pipeline_tests.api_client import SECRET, token_of
from exports_pipeline_tests.api_server import WorkingRuns, served, served_objects
from exports_pipeline_tests.fakes.ports import fake_ports

EXPORTS_COMMAND = Path(sys.executable).with_name("exports")


@pytest.fixture
def world(tmp_path):
    """Ports whose jobs really run, with the address of their API."""
    runs = WorkingRuns()
    with served_objects() as objects:
        ports = runs.ports = fake_ports(runs=runs, objects=objects)
        with served(create_app(ports, Settings(home=tmp_path, jwt_secret=SECRET))) as url:
            object.__setattr__(ports, "url", url)
            yield ports
        runs.worker.shutdown()


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Sets variables for the command, on an EXPORTS_HOME of its own."""
    for name in list(os.environ):
        if name.startswith(("EXPORTS_", "AWS_", "S3_")):
            monkeypatch.delenv(name)

    def use(**variables):
        for name, value in {"EXPORTS_HOME": str(tmp_path / "home"), **variables}.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()

    use()
    yield use
    load_settings.cache_clear()


def call(*words):
    return CliRunner().invoke(cli, list(words))


@pytest.fixture
def ann(environment, world):
    """Runs the command as Ann."""
    environment(EXPORTS_API_URL=world.url, EXPORTS_TOKEN=token_of("ann"))
    return call


def test_get_puts_the_verified_file_where_it_was_asked_for(ann, tmp_path):
    out = tmp_path / "sales.csv"
    answer = ann("get", "sales", "--out", str(out), "--from", "2026-01-01", "--to", "2026-01-02", "--column", "amount")
    assert answer.exit_code == 0, answer.output
    assert out.read_text().split() == ["amount", "10.50", "11.50"]
    assert "2 rows" in answer.stdout
    assert "verified" in answer.stdout
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["sales.csv"]


def test_get_into_a_folder_uses_the_name_of_the_file_on_the_server(ann, tmp_path):
    assert ann("get", "sales", "--out", str(tmp_path)).exit_code == 0
    assert (tmp_path / "sales.csv").is_file()


def test_get_sends_every_option(ann, world, tmp_path):
    words = ["--account", "1", "--account", "2", "--tag", "food", "--timezone", "Europe/Prague", "--format", "csv"]
    options = ["--option", "delimiter=\\t", "--option", "bom=true", "--list", "news", "--plan", "spring"]
    assert ann("get", "sales", "--out", str(tmp_path / "x"), *words, *options).exit_code == 0
    (job,) = world.jobs.jobs.values()
    assert (job.filters.account_ids, job.filters.tag_ids) == (("1", "2"), ("food",))
    assert (job.options.timezone, job.options.delimiter, job.options.bom) == ("Europe/Prague", "\t", True)
    assert (job.labels.list, job.labels.plan) == ("news", "spring")


def test_get_as_json_prints_the_job_without_its_link(ann, tmp_path):
    answer = ann("get", "sales", "--out", str(tmp_path / "x"), "--json")
    job = json.loads(answer.output)
    assert (job["status"], job["row_count"], job["path"]) == ("completed", 3, str(tmp_path / "x"))
    assert job["download_url"] is None


@pytest.mark.parametrize(
    "spoil",
    [lambda body: body[:-1], lambda body: body + b"x", lambda body: body.replace(b"food", b"fool"), gzip.compress],
)
def test_a_file_that_is_not_what_was_promised_is_not_put_there(ann, world, tmp_path, spoil):
    world.objects.spoil = spoil
    out = tmp_path / "sales.csv"
    out.write_text("before")
    answer = ann("get", "sales", "--out", str(out))
    assert (answer.exit_code, out.read_text()) == (5, "before")
    assert "promised" in answer.stderr
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["sales.csv"]


def test_a_refused_download_says_so_without_the_link(ann, world, tmp_path):
    world.objects.status = 403
    answer = ann("get", "sales", "--out", str(tmp_path / "x"))
    assert (answer.exit_code, list(tmp_path.glob("*x*"))) == (5, [])
    assert "403" in answer.stderr
    assert world.objects.url not in answer.output


def test_a_failed_export_tells_its_sentence(ann, world, tmp_path):
    def too_large(_tick):
        raise QueryTooLarge

    world.warehouse.before_write = too_large
    answer = ann("get", "sales", "--out", str(tmp_path / "x"))
    assert answer.exit_code == 1
    assert "narrow the dates" in answer.stderr
    assert "query_too_large" in answer.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (["nope"], 1, "There is no dataset 'nope'"),
        (["[/b]"], 1, "There is no dataset '[/b]'"),
        (["sales", "--format", "docx"], 1, "There is no format 'docx'"),
        (["sales", "--from", "yesterday"], 1, "no date"),
        (["sales", "--option", "bom"], 2, "NAME=VALUE"),
        (["sales", "--token", "rubbish"], 4, "token is not whole"),
    ],
)
def test_a_refusal_is_a_sentence_and_an_exit_code(ann, tmp_path, words, exit_code, sentence):
    answer = ann("get", *words, "--out", str(tmp_path / "x"))
    assert (answer.exit_code, answer.stdout) == (exit_code, "")
    assert sentence in answer.stderr
    as_json = ann("get", *words, "--out", str(tmp_path / "x"), "--json")
    assert (as_json.exit_code, as_json.stderr) == (exit_code, "")
    assert sentence in json.loads(as_json.stdout)["error"]["detail"]


def test_a_folder_that_is_not_there_is_told_before_anything_is_requested(ann, world, tmp_path):
    assert ann("get", "sales", "--out", str(tmp_path / "no" / "x")).exit_code == 2
    assert world.jobs.jobs == {}


def listen_to_ctrl_c():
    """As at a terminal: a shell lets its background jobs, and all their children, ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_cancels_the_job_and_says_so(world, tmp_path):
    def slowly(tick):
        while True:
            time.sleep(0.05)
            world.clock.advance(1)
            tick(0.3)

    world.warehouse.before_write = slowly
    environment = {**os.environ, "EXPORTS_API_URL": world.url, "EXPORTS_TOKEN": token_of("ann")}
    command = [str(EXPORTS_COMMAND), "get", "sales", "--out", str(tmp_path / "x")]
    with subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509 - it takes no lock
    ) as process:
        try:
            while not any(job.status == "running" for job in list(world.jobs.jobs.values())):
                assert process.poll() is None
                time.sleep(0.02)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=20)
        finally:
            process.kill()
    (job,) = world.jobs.jobs.values()
    assert (process.returncode, job.status) == (130, "cancelled")
    assert f"the export {job.id} is cancelled" in told
    assert world.objects.objects == {}


def test_an_api_that_is_not_there_is_told_at_once_with_its_address(environment):
    environment(EXPORTS_TOKEN=token_of("ann"))
    answer = call("datasets", "--url", "http://127.0.0.1:9")
    assert answer.exit_code == 3
    assert "http://127.0.0.1:9" in answer.stderr


def test_datasets_are_a_table_or_json(ann):
    table = ann("datasets").stdout
    assert "sales" in table
    assert "--account" in table
    assert [each["name"] for each in json.loads(ann("datasets", "--json").stdout)] == ["sales", "airports"]


def test_token_prints_a_token_and_nothing_else(environment):
    environment(EXPORTS_JWT_SECRET=SECRET)
    answer = call("token", "--user", "ann", "--owner", "583", "--permission", "UNMASK", "--hours", "2")
    claims = jwt.decode(answer.stdout.strip(), SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["owner"], claims["permissions"]) == (str(user_id("ann")), "583", ["UNMASK"])
    assert 7100 < claims["exp"] - time.time() <= 7200
    assert "roles" not in claims
    named = call("token", "--user", "ann", "--role", "viewer", "--role", "auditor").stdout.strip()
    assert jwt.decode(named, SECRET, algorithms=["HS256"])["roles"] == ["viewer", "auditor"]
    assert json.loads(call("token", "--user", "ann", "--json").stdout)["token"].count(".") == 2


def test_the_owner_key_of_a_token_is_the_user_unless_given(environment):
    environment(EXPORTS_JWT_SECRET=SECRET)

    def owner(user):
        claims = jwt.decode(call("token", "--user", user).stdout.strip(), SECRET, algorithms=["HS256"])
        return claims.get("owner", claims["sub"])

    assert owner("alice") == "alice"
    assert owner(str(user_id("alice"))) == str(user_id("alice"))


def test_a_local_user_needs_no_token(environment, world, tmp_path):
    environment(EXPORTS_API_URL=world.url, EXPORTS_JWT_SECRET=SECRET)
    assert call("get", "sales", "--user", "bob", "--out", str(tmp_path / "x")).exit_code == 0
    assert (tmp_path / "x").read_text().count("bob") == 2


def test_without_any_secret_the_way_to_a_token_is_told_and_no_secret_is_made(environment, tmp_path):
    answer = call("datasets", "--url", "http://127.0.0.1:9")
    assert answer.exit_code == 2
    assert "exports up" in answer.stderr
    assert not (tmp_path / "home").exists()


def test_behind_an_identity_provider_no_token_is_signed_here(environment):
    environment(EXPORTS_JWKS_URL="https://id.test/keys")
    for words in (["token", "--user", "ann"], ["datasets"]):
        answer = call(*words)
        assert answer.exit_code == 2
        assert "EXPORTS_JWKS_URL" in answer.stderr


def test_setup_bucket_without_a_bucket_says_which_variable_names_it(environment):
    answer = call("setup-bucket", "--json")
    assert answer.exit_code == 2
    assert "S3_EXPORTS_BUCKET" in json.loads(answer.stdout)["error"]["detail"]


PERIOD = ("--param", "start_date=2026-01-01", "--param", "end_date=2026-01-31")


def test_report_puts_the_verified_file_where_it_was_asked_for(ann, world, tmp_path):
    words = ("--param", "dataset=sales", "--param", "metrics=amount", "--param", "by=kind", *PERIOD)
    answer = ann("report", "metrics_summary", *words, "--format", "html", "--out", str(tmp_path / "sales.html"))
    assert answer.exit_code == 0, answer.output
    assert "verified" in answer.stdout
    assert (tmp_path / "sales.html").read_bytes().startswith(b"html\nReport(")
    (job,) = world.jobs.jobs.values()
    assert (job.type, job.parameters["metrics"], job.parameters["by"]) == ("report", ["amount"], "kind")


def test_values_of_a_report_are_what_its_template_takes(ann, world, tmp_path):
    measures = '["count", "sum(amount) as Sales"]'
    words = ("--param", "dataset=sales", "--param", f"measures={measures}", "--param", "targets=1e3", *PERIOD)
    more = ("--param", "targets=20.5", "--param", "title=2026")
    answer = ann("report", "kpi", *words, *more, "--out", str(tmp_path), "--json")
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / json.loads(answer.stdout)["download_name"]).is_file()
    (job,) = world.jobs.jobs.values()
    assert job.parameters["measures"] == ["count", "sum(amount) as Sales"]
    assert (job.parameters["targets"], job.parameters["title"]) == ([1000, 20.5], "2026")


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (["nope"], 1, "There is no report template 'nope'"),
        (["kpi", "--param", "dataset"], 2, "NAME=VALUE"),
        (["kpi", "--param", "dataset=sales"], 1, "Parameter measures is missing"),
        (["kpi", "--param", "dataset=sales", "--param", "measures=count", "--param", "targets=many"], 1, "a number"),
        (["kpi", "--param", "dataset=sales", "--param", "dataset=sales"], 1, "It takes a text"),
    ],
)
def test_a_report_that_is_refused_is_told_in_a_sentence(ann, tmp_path, words, exit_code, sentence):
    answer = ann("report", *words, "--out", str(tmp_path / "x"))
    assert (answer.exit_code, answer.stdout) == (exit_code, "")
    assert sentence in answer.stderr
