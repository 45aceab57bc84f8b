"""Sessions that an API key begins: what they may do, and when they end."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from exports_api.key_ring import FRESH_S
from exports_pipeline.core.requester import Permission
from exports_pipeline.usecases.keep_keys import KeyDraft, create_key, revoke_key
from exports_pipeline_tests.api_client import SECRET
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.web.visits import signed_in_with

PERMISSIONS = (Permission.EXPORT, Permission.MANAGE_EXPORTS)


@pytest.fixture
def key(ports):
    """Of somebody with more permissions than the key has, valid for longer than a session."""
    ann = requester("ann", *PERMISSIONS)
    return create_key(KeyDraft(name="laptop", valid=timedelta(days=365)), ann, ports=ports)


def test_a_key_signs_in_with_the_permissions_it_has(url, key):
    with signed_in_with(url, key.text) as visit:
        assert "<bdi>ann</bdi>" in visit.get("/datasets").text
        assert visit.get("/exports?user=all").status_code == 403
        made = visit.send("/datasets/sales", do="export", style="csv")
        assert made.status_code == 303
        assert visit.get(made.headers["location"]).status_code == 200


def test_what_is_done_in_such_a_session_is_told_of_the_key(url, key, ports):
    with signed_in_with(url, key.text) as visit:
        visit.send("/datasets/sales", do="export", style="csv")
    requested = next(each for each in ports.audit.audit if each.action == "export.requested")
    assert requested.details["key"] == str(key.key.id)


def test_a_revoked_key_ends_its_sessions(url, app, key, ports):
    with signed_in_with(url, key.text) as visit:
        revoke_key(key.key.id, requester("ann"), ports=ports)
        app.state.parts.keys.revoked(key.key.prefix)
        assert FRESH_S > 0, "elsewhere it takes so long"
        assert visit.get("/datasets").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("spoil", [lambda text: text[:-1], lambda text: f"{text[:20]}x{text[21:]}"])
def test_a_key_that_is_not_ours_begins_nothing(url, key, spoil):
    with signed_in_with(url, spoil(key.text), is_let_in=False) as visit:
        assert visit.get("/datasets").status_code == 303


def test_a_token_cannot_pass_for_a_key(url, key):
    claims = {"sub": "bob", "owner": "bob", "key": key.key.prefix, "exp": datetime.now(UTC) + timedelta(hours=1)}
    with signed_in_with(url, jwt.encode(claims, SECRET, algorithm="HS256")) as visit:
        assert "<bdi>bob</bdi>" in visit.get("/datasets").text
        assert "ann" not in visit.get("/datasets").text
