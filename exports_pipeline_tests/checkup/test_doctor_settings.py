"""What `exports doctor` says of the settings, the disk and the clocks, and how it says it."""

import json
import os
from datetime import timedelta

import pytest
import structlog
from typer.testing import CliRunner

from exports_api.cli.main import app as cli
from exports_pipeline.checkup.clocks import check_clock
from exports_pipeline.checkup.disk import check_disk, room
from exports_pipeline.checkup.everything import examine
from exports_pipeline.checkup.finding import State, findings_of
from exports_pipeline.checkup.quotas import check_quotas
from exports_pipeline.checkup.surroundings import Surroundings, check_settings, surroundings_of
from exports_pipeline.checkup.templates import check_templates
from exports_pipeline.local.state import held
from exports_pipeline.settings import Settings, load_settings
from exports_pipeline_tests.fakes.clock import NOON

WHOLE = {
    "database_url": "postgresql://a:b@127.0.0.1:1/c",
    "broker_url": "redis://:b@127.0.0.1:1/0",
    "bucket": "theirs",
    "mask_secret": "m",
    "signing_secret": "s",
}


@pytest.fixture
def environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith(("EXPORTS_", "AWS_", "S3_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("EXPORTS_HOME", str(tmp_path / "home"))
    load_settings.cache_clear()
    yield tmp_path / "home"
    load_settings.cache_clear()
    structlog.reset_defaults()  # the command silences the log of its process


def told(settings, **about):
    return [(each.state, each.sentence) for each in check_settings(Surroundings(settings=settings, **about))]


def test_every_variable_that_is_missing_is_named(environment):
    ((state, sentence),) = told(Settings(bucket="theirs"))
    assert state is State.BROKEN
    assert sentence == "Not set: EXPORTS_DATABASE_URL, EXPORTS_BROKER_URL, EXPORTS_WAREHOUSE."


def test_a_whole_environment_is_fine(environment, tmp_path):
    assert [state for state, _ in told(Settings(warehouse=tmp_path, **WHOLE))] == [State.FINE]


def test_settings_that_contradict_or_are_weak_are_worth_a_look(environment, tmp_path):
    found = told(
        Settings(
            warehouse=tmp_path,
            **WHOLE | {"mask_secret": None, "signing_secret": None},
            jwt_secret="short",
            jwks_url="https://x",
        )
    )
    assert [state for state, _ in found] == [State.FINE, *[State.WARNING] * 6]
    assert "both set" in found[1][1]
    assert "EXPORTS_JWT_AUDIENCE" in found[2][1]
    assert "EXPORTS_JWT_ISSUER" in found[3][1]
    assert "fewer than 32" in found[4][1]
    assert "EXPORTS_MASK_SECRET" in found[5][1]


def test_a_key_set_that_others_could_change_on_its_way_is_broken(environment, tmp_path):
    names = {"jwt_audience": "exports, reports", "jwt_issuer": "https://id.test"}
    whole = Settings(warehouse=tmp_path, **WHOLE, **names, jwks_url="https://id.test/keys")
    assert [state for state, _ in told(whole)] == [State.FINE]
    found = told(whole.model_copy(update={"jwks_url": "http://id.test/keys"}))
    assert [state for state, _ in found] == [State.FINE, State.BROKEN]


def test_a_file_of_quotas_that_cannot_be_followed_is_broken(tmp_path):
    (tmp_path / "quotas.yaml").write_text("roles: {exporter: {jobs_per_day: many}}")
    [found] = check_quotas(Settings(quotas=tmp_path / "quotas.yaml"))
    assert (found.state, "jobs_per_day" in found.sentence) == (State.BROKEN, True)
    (tmp_path / "quotas.yaml").write_text("roles: {exporter: {jobs_per_day: 5}}")
    [found] = check_quotas(Settings(quotas=tmp_path / "quotas.yaml"))
    assert found.state is State.FINE
    assert list(check_quotas(Settings())) == []


def leave_stack(home):
    home.mkdir(parents=True)
    variables = {
        "EXPORTS_DATABASE_URL": "postgresql://exports:p@127.0.0.1:1/exports",
        "EXPORTS_BROKER_URL": "redis://:p@127.0.0.1:1/0",
        "S3_EXPORTS_BUCKET": "exports",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "'secret'",
        "EXPORTS_WAREHOUSE": str(home / "nothing.duckdb"),
        "EXPORTS_HOME": str(home),
        "EXPORTS_MASK_SECRET": "m",
        "EXPORTS_SIGNING_SECRET": "s",
    }
    (home / "stack.env").write_text("".join(f"{name}={value}\n" for name, value in variables.items()))


def test_the_variables_of_an_embedded_stack_are_found(environment):
    leave_stack(environment)
    about = surroundings_of(Settings())
    assert (about.settings.bucket, about.access_key, about.secret_key) == ("exports", "key", "secret")
    with held(environment):
        assert not about.is_down
    assert about.is_down


def test_a_database_of_ones_own_is_a_deployment_of_ones_own(environment):
    leave_stack(environment)
    about = surroundings_of(Settings(database_url="postgresql://db.test/x"))
    assert (about.is_embedded, about.settings.bucket, about.access_key) == (False, None, None)


def test_of_a_stack_that_is_not_up_no_server_is_asked(environment):
    leave_stack(environment)
    found = {each.part: each for each in examine(surroundings_of(Settings()))}
    assert found["settings"].advice == "Start it with `exports up`."
    assert {found[part].state for part in ("postgres", "bucket", "broker", "dagster")} == {State.SKIPPED}


def test_the_command_tells_what_to_do_and_ends_with_1(environment):
    answer = CliRunner().invoke(cli, ["doctor"])
    assert answer.exit_code == 1
    words = " ".join(answer.stdout.split())
    assert "Not set: EXPORTS_DATABASE_URL, EXPORTS_BROKER_URL, S3_EXPORTS_BUCKET, EXPORTS_WAREHOUSE." in words
    assert "`exports up`" in words


def test_programs_get_json(environment):
    answer = CliRunner().invoke(cli, ["doctor", "--json"])
    told = json.loads(answer.stdout)
    assert (answer.exit_code, told["well"]) == (1, False)
    assert {"part", "state", "sentence", "advice"} == set(told["findings"][0])
    assert told["findings"][0]["state"] == "broken"


def test_a_report_template_that_is_broken_is_named(tmp_path):
    (tmp_path / "mine.yaml").write_text("sections: [{show: pie}]")
    [found] = check_templates(Settings(reports=tmp_path))
    assert (found.part, found.state) == ("reports", State.WARNING)
    assert found.sentence.startswith("mine.yaml: section 1: show: 'pie' is none of")
    (tmp_path / "mine.yaml").write_text("sections: [{text: Hello}]")
    [found] = check_templates(Settings(reports=tmp_path))
    assert found.state == State.FINE
    assert list(check_templates(Settings())) == []


def test_a_check_that_breaks_is_a_finding():
    def check():
        raise ZeroDivisionError
        yield

    ((finding),) = findings_of("stars", check)
    assert (finding.part, finding.state) == ("stars", State.BROKEN)
    assert "ZeroDivisionError" in finding.sentence


@pytest.mark.parametrize(("free", "state"), [(0, State.FINE), (10**18, State.WARNING)], ids=["enough", "tight"])
def test_a_disk_is_judged_by_what_is_free(tmp_path, free, state):
    assert room("home", tmp_path, tight=free, full=0).state is state


def test_a_full_disk_is_broken(tmp_path):
    finding = room("home", tmp_path, full=10**18)
    assert finding.state is State.BROKEN
    assert "EXPORTS_SPILL_FOLDER" in finding.advice


def test_the_home_and_the_spill_folder_are_looked_at(tmp_path):
    assert [each.part for each in check_disk(Settings(home=tmp_path))] == ["home", "spill folder"]
    assert [each.part for each in check_disk(Settings(home=tmp_path / "none"))] == ["spill folder"]


@pytest.mark.parametrize(
    ("server", "ahead_s", "state"),
    [
        ("Postgres", 0, State.FINE),
        ("Postgres", 4, State.FINE),
        ("Postgres", -7, State.WARNING),
        ("S3", 60, State.WARNING),
        ("S3", -1000, State.BROKEN),
    ],
)
def test_a_clock_that_differs_is_told_with_the_difference(server, ahead_s, state):
    found = check_clock(server, NOON + timedelta(seconds=ahead_s), asked_at=NOON, answered_at=NOON)
    assert found.state is state
    assert state is State.FINE or str(abs(ahead_s)) in found.sentence
