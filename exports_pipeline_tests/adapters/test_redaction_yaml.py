"""A policy that cannot be followed is refused line by line, when the service starts."""

import pytest

from exports_pipeline.adapters.redaction_yaml import read_policy, with_policy
from exports_pipeline.core.catalog import Catalog, Column, Dataset
from exports_pipeline.core.errors import InvalidRedaction
from exports_pipeline.core.redaction_policy import Sensitivity, Treatment


@pytest.fixture
def policy(tmp_path):
    """Reads a policy of these roles."""

    def read(roles, version=1):
        path = tmp_path / "redaction.yaml"
        path.write_text(f"version: {version}\nroles: {roles}\n", encoding="utf-8")
        return read_policy(path)

    return read


def catalog(**column):
    return Catalog((Dataset(name="a", relation="a", columns=(Column(**{"name": "x", "type": "VARCHAR", **column}),)),))


def test_the_packaged_policy_hides_every_class_from_everybody():
    policy = read_policy()
    assert policy.classes == ("pii", "financial", "health", "secret")
    assert {policy.of_class(name, ()).rule for name in policy.classes} == {Sensitivity.MASK, Sensitivity.DROP}


def test_rules_are_words_or_a_truncation_with_its_step(policy):
    read = policy("{default: {pii: show, financial: {truncate: 0.50}, born: truncate}, dpo: {pii: drop}}")
    assert read.of_class("pii", ()) == Treatment()
    assert read.of_class("pii", ("dpo",)).rule is Sensitivity.DROP
    assert read.of_class("financial", ()) == Treatment(rule=Sensitivity.TRUNCATE, step="0.5")
    assert read.of_class("born", ()) == Treatment(rule=Sensitivity.TRUNCATE)


@pytest.mark.parametrize(
    ("roles", "problem"),
    [
        ("{dpo: {pii: show}}", "redaction.yaml: roles.default: is missing"),
        ("[]", "redaction.yaml: roles: must be a mapping"),
        ("{default: mask}", "redaction.yaml: roles.default: must be a mapping as {pii: mask}, is 'mask'"),
        ("{default: {pii: hide}}", "role default: pii: 'hide' is none of show, drop, mask, hash, truncate"),
        ("{default: {pii: {truncate: -1}}}", "role default: pii: -1 is no step"),
        ("{default: {pii: {truncate: .nan}}}", "role default: pii: nan is no step"),
        ("{default: {pii: {mask: 1}}}", "role default: pii: {'mask': 1} is none of"),
        ("{default: {PII: mask}}", "role default: PII: is no name of a class"),
        ("{default: {pii: mask}, dpo: {ppi: show}}", "role dpo: ppi: is no class: neither one of pii"),
    ],
)
def test_each_problem_names_its_role_and_class(policy, roles, problem):
    with pytest.raises(InvalidRedaction) as refused:
        policy(roles)
    assert problem in refused.value.sentence


def test_another_version_is_refused(policy):
    with pytest.raises(InvalidRedaction, match="version: must be 1, is 2"):
        policy("{default: {}}", version=2)


def test_a_column_of_an_unknown_class_is_refused_and_a_known_one_gets_the_policy(policy):
    read = policy("{default: {salary: mask}}")
    with pytest.raises(
        InvalidRedaction, match=r"dataset a: columns.x.class: there is no class salaries.*mean salary\?"
    ):
        with_policy(catalog(data_class="salaries"), read, name="redaction.yaml")
    assert next(iter(with_policy(catalog(data_class="salary"), read, name="redaction.yaml"))).policy == read


def test_numbers_need_a_step_to_be_truncated_to(policy):
    read = policy("{default: {salary: truncate}}")
    with pytest.raises(InvalidRedaction, match="name a step"):
        with_policy(catalog(data_class="salary", type="INTEGER"), read, name="redaction.yaml")
    with_policy(catalog(data_class="salary", type="DATE"), read, name="redaction.yaml")
