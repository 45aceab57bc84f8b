import socket
from pathlib import Path

import pytest

from exports_pipeline.local.part import Kind
from exports_pipeline.local.ports import PortTaken, remembered_port
from exports_pipeline.local.sample import build_sample
from exports_pipeline.local.stack import SAMPLE_CATALOG, plan_stack, sample_warehouse
from exports_pipeline.settings import Settings

SECRETS = ("EXPORTS_DATABASE_URL", "EXPORTS_BROKER_URL", "AWS_SECRET_ACCESS_KEY", "EXPORTS_JWT_SECRET")
SERVICE = {"code_server", "worker", "webserver", "daemon", "api"}
EXTERNAL = {
    "database_url": "postgresql://somebody:pa55@db.example/exports",
    "bucket": "their-bucket",
    "broker_url": "redis://:pa55@broker.example:6379/0",
}


@pytest.fixture
def settings(tmp_path):
    ports = {name: remembered_port(tmp_path, name) for name in ("api_port", "dagster_port", "s3_port")}
    return Settings(home=tmp_path / "home", **ports)


def servers(stack):
    return {part.name for part in stack.parts if part.kind is Kind.SERVER}


def test_what_nobody_names_is_embedded(settings):
    stack = plan_stack(settings)
    assert servers(stack) == SERVICE | {"postgres", "object_store", "broker", "mailbox"}
    assert {part.name for part in stack.parts} - servers(stack) == {"warehouse", "ledger", "bucket"}


def test_with_all_three_services_named_nothing_is_embedded(settings):
    stack = plan_stack(settings.model_copy(update=Settings(**EXTERNAL).model_dump(include=EXTERNAL)))
    assert servers(stack) == SERVICE
    assert {part.name for part in stack.parts} - SERVICE == {"warehouse", "ledger"}
    assert stack.env["EXPORTS_DATABASE_URL"] == EXTERNAL["database_url"]
    assert stack.env["EXPORTS_BROKER_URL"] == EXTERNAL["broker_url"]
    assert stack.env["S3_EXPORTS_BUCKET"] == "their-bucket"
    assert "AWS_SECRET_ACCESS_KEY" not in stack.env


@pytest.mark.parametrize(
    ("field", "gone"),
    [("database_url", {"postgres", "mailbox"}), ("bucket", {"object_store"}), ("broker_url", {"broker"})],
)
def test_each_service_is_replaced_on_its_own(settings, field, gone):
    named = Settings(**{field: EXTERNAL[field]}).model_dump(include={field})
    assert servers(plan_stack(settings)) - servers(plan_stack(settings.model_copy(update=named))) == gone


def test_no_secret_stands_on_a_command_line_or_in_a_representation(settings):
    stack = plan_stack(settings)
    secrets = {path.read_text() for path in (settings.home / "secrets").iterdir()}
    assert len(secrets) >= 5
    assert all(any(secret in stack.env[name] for secret in secrets) for name in SECRETS)
    for secret in secrets:
        assert not any(secret in word for part in stack.parts for word in part.command)
        assert secret not in repr(stack)


def test_paths_are_absolute_so_that_parts_may_run_anywhere(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"home": Path("home"), "warehouse": Path("data/w.duckdb"), "catalog": Path("c.yaml")}
    env = plan_stack(settings.model_copy(update=given)).env
    assert env["EXPORTS_HOME"] == str(tmp_path / "home")
    assert env["EXPORTS_WAREHOUSE"] == str(tmp_path / "data/w.duckdb")
    assert env["EXPORTS_CATALOG"] == str(tmp_path / "c.yaml")
    assert env["DAGSTER_HOME"] == str(tmp_path / "home/dagster")


def test_a_second_plan_finds_the_state_of_the_first(settings):
    assert plan_stack(settings).env == plan_stack(settings).env


def test_public_keys_keep_the_stack_from_making_a_token_secret(settings):
    env = plan_stack(settings.model_copy(update={"jwks_url": "https://id.example/keys"})).env
    assert "EXPORTS_JWT_SECRET" not in env


def test_every_part_waits_only_for_parts_that_exist(settings):
    stack = plan_stack(settings)
    names = {part.name for part in stack.parts}
    assert all(stack.needs(name) <= names - {name} for name in names)
    assert stack.needs("webserver") >= {"code_server", "postgres", "ledger"}


@pytest.mark.parametrize(
    ("field", "variable"),
    [("api_port", "EXPORTS_API_PORT"), ("dagster_port", "EXPORTS_DAGSTER_PORT"), ("s3_port", "EXPORTS_S3_PORT")],
)
def test_a_taken_port_stops_the_plan_and_names_its_variable(settings, field, variable):
    with socket.create_server(("127.0.0.1", getattr(settings, field))), pytest.raises(PortTaken, match=variable):
        plan_stack(settings)


def test_the_plan_and_the_builder_agree_where_the_sample_lies(tmp_path):
    assert build_sample(tmp_path, days=1) == (sample_warehouse(tmp_path), SAMPLE_CATALOG)


def test_the_api_is_not_told_the_password_of_the_tables_owner(settings):
    stack = plan_stack(settings)
    told = {part.name: dict(stack.env) | dict(part.env) for part in stack.parts}
    assert told["api"]["EXPORTS_DATABASE_URL"] == ""
    assert "exports_api:" in told["api"]["EXPORTS_API_DATABASE_URL"]
    assert "exports_pipeline:" in told["worker"]["EXPORTS_PIPELINE_DATABASE_URL"]
    theirs = plan_stack(settings.model_copy(update=Settings(**EXTERNAL).model_dump(include=EXTERNAL)))
    assert "EXPORTS_DATABASE_URL" not in {name for part in theirs.parts if part.name == "api" for name in part.env}
