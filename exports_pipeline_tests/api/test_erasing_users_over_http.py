"""Erasing and archiving people over HTTP and from the command line."""

import pytest
from typer.testing import CliRunner

from exports_api.cli.main import app as command
from exports_pipeline.core.catalog import user_id
from exports_pipeline_tests.api_client import ApiClient
from exports_pipeline_tests.api_server import served
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON

ANN = user_id("ann")
USERS = "/api/analytics/users"


@pytest.fixture
def administrator(app):
    return ApiClient(app, user="root", permissions=("ADMIN",))


@pytest.fixture
def known(ports):
    ports.users.seen(requester("ann"), at=NOON)
    ports.users.seen(requester("bob"), at=NOON)


@pytest.fixture
def address(app):
    with served(app) as url:
        yield url


def test_an_administrator_erases_a_user_once_and_is_told_where_the_certificate_lies(administrator, ports, known):
    first = administrator.post(f"{USERS}/{ANN}/erase")
    assert first.headers["cache-control"] == "no-store"
    told = first.json()
    assert told["certificate"] in ports.objects.objects
    assert told["page"] in ports.objects.objects
    again = administrator.post(f"{USERS}/{ANN}/erase").json()
    assert again == told | {"is_new": False}
    assert [each.action for each in ports.audit.audit].count("user.erased") == 1


def test_nobody_else_erases_and_nobody_unknown_is_erased(administrator, admin, ann, known):
    for caller in (admin, ann):
        assert caller.post(f"{USERS}/{ANN}/erase").status_code == 403
    refused = administrator.post(f"{USERS}/{user_id('nobody')}/erase")
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_user")


def test_people_get_what_is_held_about_themselves_alone(administrator, ann, bob, known, ports):
    assert ann.get(f"{USERS}/{ANN}/archive").content == b"PK" + str(ANN).encode()
    assert ann.get(f"{USERS}/{ANN}/archive").headers["content-type"] == "application/zip"
    assert bob.get(f"{USERS}/{ANN}/archive").status_code == 403
    assert administrator.get(f"{USERS}/{ANN}/archive").status_code == 200
    assert administrator.get(f"{USERS}/{user_id('nobody')}/archive").status_code == 404
    archived = [each for each in ports.audit.audit if each.action == "user.archived"]
    assert [(each.actor, each.subject) for each in archived] == [(ANN, ANN), (ANN, ANN), (user_id("root"), ANN)]


def test_the_command_asks_before_it_erases_and_prints_the_path(address, administrator, known, ports):
    token = administrator.headers["Authorization"].removeprefix("Bearer ")
    words = ["users", "erase", "ann", "--url", address, "--token", token]
    refused = CliRunner().invoke(command, words, input="n\n")
    assert refused.exit_code == 1
    assert not ports.erasures.erasures
    done = CliRunner().invoke(command, [*words, "--yes"])
    assert done.exit_code == 0, done.output
    [erasure_id] = ports.erasures.erasures
    assert f"erasures/{erasure_id}/certificate.json" in done.stdout.splitlines()
    assert "had been erased before" in CliRunner().invoke(command, [*words, "--yes"]).stdout
    unknown = CliRunner().invoke(command, ["users", "erase", "nobody", "--url", address, "--token", token, "--yes"])
    assert unknown.exit_code == 1
    assert "There is no user" in unknown.output


def test_the_command_writes_an_archive_or_nothing(address, administrator, known, tmp_path):
    token = administrator.headers["Authorization"].removeprefix("Bearer ")
    out = tmp_path / "ann.zip"
    words = ["--url", address, "--token", token, "--out", str(out)]
    done = CliRunner().invoke(command, ["users", "export", "ann", *words])
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == b"PK" + str(ANN).encode()
    out.unlink()
    assert CliRunner().invoke(command, ["users", "export", "nobody", *words]).exit_code == 1
    assert list(tmp_path.glob("*.zip*")) == []
