"""API keys that somebody invents, changes, or sends in odd ways."""

import asyncio

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from exports_pipeline.core.api_key import ALPHABET, key_text
from exports_pipeline_tests.api_client import EXPORTS, ApiClient

KEYS = "/api/analytics/keys"


@pytest.fixture
def key(ann):
    return ann.post(KEYS, json={"name": "load"}).json()["key"]


def sent(app, *headers, path=EXPORTS):
    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


def test_a_key_that_begins_like_one_of_ours_opens_nothing(app, ann, ports, key):
    (known,) = ports.keys.kept.values()
    for secret in ("0" * 32, ALPHABET[-32:], key.split("_")[2][:-1] + "0"):
        refused = ApiClient(app, token=key_text(known.id, secret)).get(EXPORTS)
        assert (refused.status_code, refused.json()["detail"]) == (401, "There is no such API key here.")


def test_whoever_knows_the_beginning_of_a_key_does_not_learn_what_became_of_it(app, ann, ports, key):
    (known,) = ports.keys.kept.values()
    guess = ApiClient(app, token=key_text(known.id, "0" * 32))
    before = guess.get(EXPORTS).json()["detail"]
    ann.call("DELETE", f"{KEYS}/{known.id}")
    assert guess.get(EXPORTS).json()["detail"] == before


def test_the_digest_of_a_key_is_no_key(app, ports, key):
    ((digest),) = ports.keys.digests.values()
    for text in (digest.hex(), f"xk_{digest.hex()}"):
        assert ApiClient(app, token=text).get(EXPORTS).status_code == 401


@pytest.mark.parametrize("text", ["xk_' OR 1=1 --", "xk_../../etc/passwd", "xk_%00", "xk_" + "0" * 60_000, "xk_\u00e4"])
def test_what_is_no_key_never_reaches_the_ledger(app, ports, text):
    assert sent(app, (b"X-API-Key", text.encode())).status_code == 401
    assert ports.keys.looks == 0


def test_a_key_and_a_token_or_two_keys_are_refused(app, ann, key):
    bearer, by_header = ("Authorization", ann.headers["Authorization"]), ("X-API-Key", key)
    assert sent(app, by_header).status_code == 200
    for headers in ((bearer, by_header), (by_header, by_header), (("Authorization", f"Bearer {key}"), by_header)):
        assert sent(app, *headers).status_code == 401


def test_a_token_is_no_api_key(app, ann):
    token = ann.headers["Authorization"].removeprefix("Bearer ")
    assert sent(app, ("X-API-Key", token)).status_code == 401


def test_neither_a_log_nor_a_refusal_holds_a_key(app, ann, key):
    structlog.reset_defaults()
    secret = key.split("_")[2]
    with capture_logs() as log:
        answers = [
            sent(app, ("X-API-Key", key)),
            sent(app, ("X-API-Key", key[:-1] + "?")),
            sent(app, ("Authorization", f"Bearer {key}"), path=f"{EXPORTS}?cursor=rubbish"),
            ann.get(KEYS),
        ]
    told = f"{log} {[each.text + str(each.headers) for each in answers]}"
    assert secret not in told
