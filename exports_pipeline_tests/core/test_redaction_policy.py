"""The strictest rule wins, whoever it comes from; what nobody has thought of is masked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.redaction_policy import (
    SHOWN,
    RedactionPolicy,
    Sensitivity,
    TextKind,
    Treatment,
    strictest,
)
from exports_pipeline_tests.builders import requester

DROP, MASK, HASH = (Treatment(rule=each) for each in (Sensitivity.DROP, Sensitivity.MASK, Sensitivity.HASH))
FINE, COARSE = (Treatment(rule=Sensitivity.TRUNCATE, step=step) for step in ("100", "1000"))
IN_ORDER = (DROP, MASK, HASH, COARSE, FINE, SHOWN)
POLICY = RedactionPolicy(
    rules={
        "default": {"pii": MASK, "financial": HASH, "salary": DROP},
        "analyst": {"pii": HASH, "financial": FINE},
        "controller": {"financial": COARSE},
        "officer": {"pii": SHOWN, "salary": SHOWN},
    }
)
PEOPLE = Dataset(
    name="people",
    relation="people",
    public=True,
    policy=POLICY,
    columns=(
        Column(name="id", type="INTEGER"),
        Column(name="name", type="VARCHAR", data_class="pii"),
        Column(name="born", type="DATE", data_class="financial"),
        Column(name="amount", type="DECIMAL(18,2)", data_class="financial"),
        Column(name="wage", type="INTEGER", data_class="salary"),
        Column(name="note", type="VARCHAR", scan=(TextKind.EMAIL,)),
        Column(name="email", type="VARCHAR", sensitive=Sensitivity.HASH, data_class="pii"),
    ),
)


def selected(*roles, permissions=()):
    return select(PEOPLE, Filters(), replace(requester("ann", *permissions), roles=frozenset(roles)))


@pytest.mark.parametrize("place", range(len(IN_ORDER) - 1))
def test_the_strictest_of_two_wins_in_whatever_order(place):
    stricter, weaker = IN_ORDER[place : place + 2]
    assert strictest([stricter, weaker]) == strictest([weaker, stricter]) == stricter


@given(data=st.data())
def test_of_any_roles_the_strictest_that_speaks_wins_and_one_more_never_shows_more(data):
    treatments, roles = st.sampled_from(IN_ORDER), st.sampled_from(["analyst", "clerk", "chief", "guest"])
    rules = data.draw(
        st.dictionaries(st.just("default") | roles, st.fixed_dictionaries({}, optional={"pii": treatments}))
    )
    held = data.draw(st.lists(roles, unique=True))
    policy = RedactionPolicy(rules=rules)
    got = policy.of_class("pii", held)
    said = [rules[role]["pii"] for role in held if "pii" in rules.get(role, {})]
    assert got == (min(said, key=IN_ORDER.index) if said else rules.get("default", {}).get("pii", MASK))
    assert policy.of_class("pii", reversed(held)) == got
    if said:
        more = policy.of_class("pii", [*held, data.draw(roles)])
        assert IN_ORDER.index(more) <= IN_ORDER.index(got)


def test_without_a_rule_values_are_shown():
    assert strictest([]) == SHOWN


def test_everybodys_rule_is_for_those_whose_roles_say_nothing():
    told = selected("nobody in particular").everything_redacted
    assert told == {
        "name": "mask", "born": "hash", "amount": "hash", "wage": "drop", "note": "scan for email", "email": "mask"
    }  # fmt: skip
    assert selected().everything_redacted == told


def test_a_role_may_see_more_and_the_strictest_of_several_roles_wins():
    assert selected("analyst").redactions["amount"] == "truncate to 100"
    assert selected("analyst", "controller").redactions["amount"] == "truncate to 1000"
    assert selected("analyst", "officer").redactions["name"] == "hash"
    assert "name" not in selected("officer").redactions


def test_dates_are_truncated_to_the_month_whatever_the_step():
    assert selected("analyst").redactions["born"] == "truncate to the month"


def test_what_a_column_says_itself_holds_beside_its_class():
    assert selected("officer").redactions["email"] == "hash"


def test_unmasking_lifts_everything_and_says_what():
    selection = selected(permissions=("UNMASK",))
    assert (selection.everything_redacted, selection.columns[5].scan) == ({}, ())
    assert selection.lifted == ("name", "born", "amount", "wage", "note", "email")
    assert selected("officer", permissions=("UNMASK",)).lifted == ("born", "amount", "note", "email")


def test_what_cannot_be_truncated_is_masked():
    policy = RedactionPolicy(rules={"default": {"financial": COARSE}})
    odd = (
        Column(name="a", type="VARCHAR", data_class="financial"),
        Column(name="b", type="DATE[]", data_class="financial"),
    )
    dataset = replace(PEOPLE, policy=policy, columns=(PEOPLE.columns[0], *odd), types={})
    assert select(dataset, Filters(), requester()).redactions == {"a": "mask", "b": "mask"}


def test_a_class_that_no_policy_knows_is_masked():
    dataset = replace(PEOPLE, policy=RedactionPolicy())
    assert select(dataset, Filters(), requester()).redactions["amount"] == "mask"
