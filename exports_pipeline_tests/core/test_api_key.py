"""How API keys are written, and what they may do."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from exports_pipeline.core.api_key import (
    ALPHABET,
    ApiKey,
    acting_for,
    key_digest,
    key_text,
    known_prefix,
    may_act_for,
    prefix_of,
)
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON

ID = UUID("1c9d0f6e-8b1e-4d0b-9a53-3a1f2f6c7b11")
SECRET = (ALPHABET * 2)[20:52]
TEXT = key_text(ID, SECRET)
KEY = ApiKey(
    id=ID,
    user_id=requester().user_id,
    owner_key="ann",
    name="load",
    scopes=requester("ann", "UNMASK", "EXPORT_ALL").permissions,
    created_by=requester().user_id,
    created_at=NOON,
    expires_at=NOON + timedelta(days=1),
)


def test_a_key_says_what_it_begins_with_and_proves_that_it_is_whole():
    assert len(TEXT) == 51
    assert TEXT.startswith("xk_1c9d0f6e_")
    assert known_prefix(TEXT) == prefix_of(ID) == KEY.prefix == "xk_1c9d0f6e"


def test_every_character_that_is_mistyped_lost_or_swapped_is_noticed():
    for place in range(3, len(TEXT)):
        wrong = "x" if TEXT[place] != "x" else "y"
        assert known_prefix(TEXT[:place] + wrong + TEXT[place + 1 :]) is None
        assert known_prefix(TEXT[:place] + TEXT[place + 1 :]) is None
    swaps = [TEXT[:at] + TEXT[at + 1] + TEXT[at] + TEXT[at + 2 :] for at in range(12, 43) if TEXT[at] != TEXT[at + 1]]
    assert [each for each in swaps if known_prefix(each)] == []


@pytest.mark.parametrize(
    "text", ["", "xk_", TEXT + "\n", TEXT + "0", f" {TEXT}", TEXT.upper(), TEXT.replace("xk", "sk")]
)
def test_what_is_not_written_as_a_key_is_none(text):
    assert known_prefix(text) is None


def test_what_is_kept_of_a_key_tells_nothing_of_it():
    assert len(key_digest(TEXT)) == 32
    assert SECRET not in str(KEY)


def test_a_key_never_carries_what_its_user_has_lost_or_it_never_had():
    rights = {
        name: KEY.requester(requester("ann", *name.split())).permissions for name in ("", "UNMASK", "UNMASK ADMIN")
    }
    assert {name: sorted(each) for name, each in rights.items()} == {
        "": ["EXPORT"],
        "UNMASK": ["EXPORT", "UNMASK"],
        "UNMASK ADMIN": ["EXPORT", "UNMASK"],
    }


def test_the_rights_of_a_service_account_are_those_of_its_key():
    service = replace(KEY, act_for=("bob",))
    assert service.requester(requester("ann")).permissions == KEY.scopes


def test_a_key_ends_with_its_time_or_when_it_is_revoked():
    assert KEY.is_valid(NOON)
    assert not KEY.is_valid(NOON + timedelta(days=1))
    assert not replace(KEY, revoked_at=NOON).is_valid(NOON)


def test_users_and_owner_keys_are_told_apart():
    ann = replace(requester("ann"), owner_key="583")
    assert may_act_for(ann, ["ann"])
    assert may_act_for(ann, [str(ann.user_id).upper()])
    assert may_act_for(ann, ["bob", "owner:583"])
    assert not may_act_for(ann, ["583", "owner:ann", "owner:", "owner:58", ""])
    assert not may_act_for(ann, [])


def test_whoever_acts_for_somebody_has_the_rights_that_both_have():
    root, service = requester("root", "ADMIN", "EXPORT_ALL"), requester("bot", "EXPORT_ALL", "UNMASK")
    acting = acting_for(root, service)
    assert acting.permissions == {"EXPORT", "EXPORT_ALL"}
    assert (acting.user_id, acting.owner_key, acting.service) == (root.user_id, "root", service.user_id)
    assert acting.through == {"service": str(service.user_id)}
