"""Signatures of webhooks, checked by the reference verifier."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from exports_pipeline.adapters.senders.webhook_signature import read_secrets, sign

KEYS = st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=4, unique=True)
BODIES = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: text.encode())
IDS = st.text("abcdefghijklmnopqrstuvwxyz-_0123456789", min_size=1, max_size=40)


def spelled(key):
    return f"whsec_{b64encode(key).decode()}"


def now_s():
    return int(datetime.now(UTC).timestamp())


def verified(secret, body, headers):
    return Webhook(secret).verify(body, headers, json_parse=False)


@given(keys=KEYS, body=BODIES, message_id=IDS)
def test_every_secret_verifies_the_body_that_was_signed(keys, body, message_id):
    secrets = " ".join(map(spelled, keys))
    headers = sign(read_secrets(secrets), message_id=message_id, timestamp_s=now_s(), body=body)
    assert headers["webhook-id"] == message_id
    for secret in secrets.split():
        verified(secret, body, headers)


@given(key=st.binary(min_size=24, max_size=64), body=BODIES, place=st.sampled_from(["body", "id", "time", "key"]))
def test_nothing_else_verifies(key, body, place):
    headers = sign([key], message_id="m", timestamp_s=now_s(), body=body)
    if place == "body":
        body += b" "
    elif place == "id":
        headers["webhook-id"] = "n"
    elif place == "time":
        headers["webhook-timestamp"] = str(now_s() + 1)
    secret = spelled(key + b"x" if place == "key" else key)
    with pytest.raises(WebhookVerificationError):
        verified(secret, body, headers)


def test_the_example_of_the_specification_comes_out():
    headers = sign(
        read_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp_s=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
