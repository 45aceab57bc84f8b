"""The deployment's key at work."""

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_pipeline.adapters.vault import KeyVault
from exports_pipeline.core.errors import NotConfigured

VAULT = KeyVault("one secret of this deployment")


@given(st.uuids())
def test_a_token_leads_back_to_its_link(link_id):
    token = VAULT.token(link_id)
    assert VAULT.link_id(token) == link_id
    assert len(token) == 43
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@given(st.integers(0, 255), st.integers(1, 255))
def test_a_token_that_was_changed_anywhere_leads_nowhere(place, flip):
    raw = bytearray(base64.urlsafe_b64decode(VAULT.token(UUID(int=5)) + "="))
    raw[place % len(raw)] ^= flip
    assert VAULT.link_id(base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()) is None


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 43, "a" * 5000, "../..", "%00", VAULT.token(UUID(int=1)) + "a"])
def test_what_is_no_token_leads_nowhere(token):
    assert VAULT.link_id(token) is None


def test_nobody_else_makes_our_tokens():
    assert KeyVault("another secret").link_id(VAULT.token(uuid4())) is None


def test_a_new_secret_before_the_old_one_opens_what_the_old_one_made():
    link_id = uuid4()
    both = KeyVault("a new secret, one secret of this deployment")
    assert both.unseal(VAULT.seal(b"password")) == b"password"
    assert both.link_id(VAULT.token(link_id)) == link_id
    assert KeyVault("a new secret").unseal(both.seal(b"x")) == b"x"


def test_what_is_sealed_does_not_show():
    assert b"password" not in VAULT.seal(b"password")


def test_a_lost_secret_is_said_to_the_operator():
    with pytest.raises(NotConfigured, match="EXPORTS_DESTINATION_SECRET"):
        KeyVault("another secret").unseal(VAULT.seal(b"password"))
