"""Which roles there are, and what is wrong with a file of them."""

import pytest

from exports_pipeline.adapters.roles_yaml import read_roles
from exports_pipeline.checkup.finding import State
from exports_pipeline.checkup.roles import check_roles
from exports_pipeline.core.errors import InvalidRoles
from exports_pipeline.core.requester import Claimed, Permission, Requester
from exports_pipeline.core.role import Role, Roles, Standing
from exports_pipeline.settings import Settings
from exports_pipeline_tests.builders import requester

ROLES = Roles(
    [Role(name="reader"), Role(name="maker", permissions=frozenset({Permission.EXPORT}))],
    default="maker",
)


def written(folder, text):
    path = folder / "roles.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def completed(claimed, assigned=()) -> Requester:
    ann = Requester(user_id=requester().user_id, owner_key="ann", claimed=claimed)
    return ROLES.complete(ann, Standing(roles=frozenset(assigned)))


def test_the_packaged_roles_are_those_of_the_docs():
    roles = {role.name: role.permissions for role in read_roles()}
    assert list(roles) == ["viewer", "exporter", "manager", "auditor", "administrator"]
    assert roles["viewer"] == frozenset()
    assert roles["exporter"] == {"EXPORT"}
    assert roles["manager"] == {
        "EXPORT",
        "MANAGE_EXPORTS",
        "MANAGE_SCHEDULES",
        "MANAGE_DESTINATIONS",
        "VIEW_INSIGHTS_ALL",
    }
    assert roles["auditor"] == {"VIEW_AUDIT", "VIEW_INSIGHTS_ALL"}
    assert roles["administrator"] == set(Permission)


def test_a_deployment_bundles_permissions_as_it_likes(tmp_path):
    path = written(tmp_path, "roles: [{name: reader}, {name: boss, permissions: [ADMIN, UNMASK]}]")
    roles = read_roles(path, default="reader")
    assert roles.permissions_of(["boss", "nobody"]) == {"ADMIN", "UNMASK"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- name: x", "line 1: must be a mapping"),
        ("roles: [{name: exporter, permissions: [EXPROT]}]", "role exporter: permissions: 'EXPROT' is none of EXPORT"),
        ("roles: [{name: exporter, permissions: [EXPROT]}]", "did you mean EXPORT?"),
        ("roles: [{name: exporter, permissions: EXPORT}]", "must be a list of texts"),
        ("roles: [{name: exporter}, {name: exporter}]", "stands twice"),
        ("roles: [{name: Big Boss}]", "must be letters a-z"),
        ("roles: [{name: exporter, rights: [ADMIN]}]", "rights: unknown key"),
        ("version: 2\nroles: [{name: exporter}]", "must be 1, is 2"),
        ("roles: []", "roles: is empty"),
        ("{}", "roles: is missing"),
        ("roles: [{name: reader}]", "EXPORTS_DEFAULT_ROLE names 'exporter'"),
    ],
)
def test_a_file_that_cannot_be_followed_is_refused_in_words_that_help(tmp_path, text, sentence):
    with pytest.raises(InvalidRoles) as refused:
        read_roles(written(tmp_path, text))
    assert sentence in refused.value.sentence


def test_rights_come_from_claims_and_from_what_was_assigned():
    assert completed(Claimed()).roles == {"maker"}
    assert completed(Claimed()).may_export
    assert not completed(Claimed(roles=frozenset())).may_export
    assert not completed(Claimed(), ["reader"]).may_export
    assert completed(Claimed(roles=frozenset({"reader", "made-up"})), ["maker"]).roles == {"reader", "maker"}
    unmasking = completed(Claimed(permissions=frozenset({Permission.UNMASK}), roles=frozenset({"reader"})))
    assert (unmasking.may_unmask, unmasking.may_export) == (True, False)


@pytest.mark.parametrize(
    ("text", "default", "state", "word"),
    [
        ("roles: [{name: exporter, permissions: [NONE]}]", "exporter", State.BROKEN, "NONE"),
        ("roles: [{name: exporter, permissions: [ADMIN]}]", "exporter", State.WARNING, "Every user"),
        ("roles: [{name: reader}]", "reader", State.WARNING, "None of the roles has ADMIN"),
        ("roles: [{name: reader}, {name: boss, permissions: [ADMIN]}]", "reader", State.FINE, "2 roles"),
    ],
)
def test_the_doctor_reads_the_roles(tmp_path, text, default, state, word):
    (finding,) = check_roles(Settings(roles=written(tmp_path, text), default_role=default))
    assert (finding.state, word in finding.sentence) == (state, True)
    assert list(check_roles(Settings())) == []
