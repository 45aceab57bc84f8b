"""`exports key`, over HTTP on loopback, and what `exports token` writes for such deployments."""

import json
import os

import jwt
import pytest
from typer.testing import CliRunner

from exports_api.cli.main import app as cli
from exports_pipeline.settings import load_settings
from exports_pipeline_tests.api_client import SECRET, token_of
from exports_pipeline_tests.api_server import served


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Sets variables for the command, and leaves no other of ours."""
    for name in [each for each in os.environ if each.startswith(("EXPORTS_", "AWS_", "S3_"))]:
        monkeypatch.delenv(name)

    def use(**variables):
        for name, value in {"EXPORTS_HOME": str(tmp_path), **variables}.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()

    yield use
    load_settings.cache_clear()


@pytest.fixture
def as_ann(app, environment):
    """Runs a command as Ann, or with another token or key."""
    with served(app) as url:

        def call(*words, token=None):
            environment(EXPORTS_API_URL=url, EXPORTS_TOKEN=token or token_of("ann"))
            return CliRunner().invoke(cli, list(words))

        yield call


def test_a_key_is_made_used_listed_and_revoked_from_a_terminal(as_ann):
    made = as_ann("key", "create", "nightly load", "--days", "30")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert "sales" in as_ann("datasets", token=key).stdout
    (listed,) = json.loads(as_ann("key", "list", "--json").stdout)["items"]
    assert (listed["prefix"], listed["state"], listed["name"]) == (key[:11], "valid", "nightly load")
    assert "nightly load" in as_ann("key", "list").stdout
    assert as_ann("key", "revoke", "xk_00000000").exit_code == 1
    assert as_ann("key", "revoke", listed["prefix"]).stdout == "The key is revoked.\n"
    refused = as_ann("datasets", token=key)
    assert (refused.exit_code, "revoked" in refused.stderr) == (4, True)


def test_what_only_administrators_make_is_refused_to_others(as_ann):
    assert as_ann("key", "create", "bot", "--act-for", "bob").exit_code == 4
    made = as_ann("key", "create", "bot", "--for", "bot", "--act-for", "bob", "--json", token=token_of("root", "ADMIN"))
    assert json.loads(made.stdout)["act_for"] == ["bob"]


def test_a_token_says_what_the_deployment_asks_of_tokens(environment):
    environment(EXPORTS_JWT_SECRET=SECRET, EXPORTS_JWT_ISSUER="https://us.test", EXPORTS_JWT_AUDIENCE="exports, more")
    text = CliRunner().invoke(cli, ["token", "--user", "bot", "--act-for", "ann"]).stdout.strip()
    claims = jwt.decode(text, SECRET, ["HS256"], audience="more")
    assert (claims["iss"], claims["act_for"]) == ("https://us.test", ["ann"])
