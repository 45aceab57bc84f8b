"""Tokens made by others, with every trick that their header allows."""

import asyncio
import base64
import json
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from exports_api.auth import SharedSecretVerifier
from exports_api.jwks import KeySetVerifier
from exports_pipeline.core.refusals import InvalidToken
from exports_pipeline_tests.api_client import EXPORTS, SECRET, ApiClient, token_of

OURS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
THEIRS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ELLIPTIC = ec.generate_private_key(ec.SECP256R1())
CLAIMS = {"sub": "ann", "exp": int(time.time()) + 3600, "permissions": ["EXPORT_ALL", "MANAGE_EXPORTS", "UNMASK"]}
DER = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
PKCS1 = (serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)


def encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_jwk(key, **about):
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return json.loads(kind.to_jwk(key.public_key())) | about


def hs256(secret, *, header=(), payload=CLAIMS):
    """A token signed as HS256 with any bytes as its secret, which PyJWT would not let us do."""
    parts = (dict(header) | {"typ": "JWT"}, payload)
    body = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{body}.{encoded(jwt.get_algorithm_by_name('HS256').sign(body.encode(), secret))}"


KEY_SET = {
    "keys": [
        public_jwk(OURS, kid="ours", alg="RS256", use="sig"),
        public_jwk(ELLIPTIC, kid="elliptic", alg="ES256", use="sig"),
        public_jwk(THEIRS, kid="for encryption", alg="RS256", use="enc"),
        {"kty": "oct", "kid": "shared", "alg": "HS256", "k": encoded(b"known to everybody, for 32 bytes")},
    ]
}


def verifier():
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=KEY_SET))
    return KeySetVerifier("https://id.test/keys", transport=transport)


def test_a_token_of_ours_is_taken():
    token = jwt.encode(CLAIMS, OURS, algorithm="RS256", headers={"kid": "ours"})
    assert asyncio.run(verifier().claims(token))["sub"] == "ann"


FORGED = {
    "another key under our id": jwt.encode(CLAIMS, THEIRS, algorithm="RS256", headers={"kid": "ours"}),
    "a key for encryption": jwt.encode(CLAIMS, THEIRS, algorithm="RS256", headers={"kid": "for encryption"}),
    "the kind of key of another id": jwt.encode(CLAIMS, ELLIPTIC, algorithm="ES256", headers={"kid": "ours"}),
    "an id nobody has": jwt.encode(CLAIMS, OURS, algorithm="RS256", headers={"kid": "nobody"}),
    "no id among several keys": jwt.encode(CLAIMS, OURS, algorithm="RS256"),
    "an id that is a path": jwt.encode(CLAIMS, OURS, algorithm="RS256", headers={"kid": "../../dev/null"}),
    "an id that is sql": jwt.encode(CLAIMS, OURS, algorithm="RS256", headers={"kid": "x' UNION SELECT 'key"}),
    "a stronger hash": jwt.encode(CLAIMS, OURS, algorithm="RS512", headers={"kid": "ours"}),
    "another padding": jwt.encode(CLAIMS, OURS, algorithm="PS256", headers={"kid": "ours"}),
    "its own key inside": jwt.encode(
        CLAIMS, THEIRS, algorithm="RS256", headers={"kid": "ours", "jwk": public_jwk(THEIRS)}
    ),
    "an address of its key": jwt.encode(
        CLAIMS, THEIRS, algorithm="RS256", headers={"kid": "theirs", "jku": "https://evil.test/keys"}
    ),
    "a shared secret of the key set": hs256(
        b"known to everybody, for 32 bytes", header={"alg": "HS256", "kid": "shared"}
    ),
    "another address of its key": jwt.encode(
        CLAIMS, THEIRS, algorithm="RS256", headers={"kid": "ours", "x5u": "https://evil.test/c", "x5c": ["MIIB"]}
    ),
    "an extension nobody knows": jwt.encode(
        CLAIMS, OURS, algorithm="RS256", headers={"kid": "ours", "crit": ["x"], "x": 1}
    ),
}
PUBLIC = {
    "pem": OURS.public_key().public_bytes(*PEM),
    "pem of pkcs1": OURS.public_key().public_bytes(*PKCS1),
    "pem without its last line break": OURS.public_key().public_bytes(*PEM).rstrip(),
    "der": OURS.public_key().public_bytes(*DER),
    "jwk": json.dumps(KEY_SET["keys"][0]).encode(),
    "modulus": KEY_SET["keys"][0]["n"].encode(),
    "nothing": b"",
}


def refused_by(door, token):
    with pytest.raises(InvalidToken):
        asyncio.run(door.claims(token))


@pytest.mark.parametrize("trick", FORGED)
def test_a_forged_token_opens_nothing(trick):
    refused_by(verifier(), FORGED[trick])
    refused_by(SharedSecretVerifier(SECRET), FORGED[trick])


@pytest.mark.parametrize("spelling", PUBLIC)
def test_our_public_key_is_no_secret_however_it_is_spelt(spelling):
    for algorithm in ("HS256", "hs256", "RS256"):
        refused_by(verifier(), hs256(PUBLIC[spelling], header={"alg": algorithm, "kid": "ours"}))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None, "HS256 ", ["HS256"], {"a": 1}, 0])
def test_no_spelling_of_no_algorithm_is_one(name):
    body = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": name, "kid": "ours"}, CLAIMS))
    for signature in ("", encoded(b"x" * 32), encoded(b"\0" * 256)):
        refused_by(verifier(), f"{body}.{signature}")
        refused_by(SharedSecretVerifier(SECRET), f"{body}.{signature}")


def test_a_remembered_token_lends_its_name_to_no_other(app):
    good = token_of()
    assert ApiClient(app, token=good).get(EXPORTS).status_code == 200
    header, payload, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    more = encoded(json.dumps(claims | {"permissions": ["MANAGE_EXPORTS"]}).encode())
    for token in (
        *(f"{header}.{more}.{signature}", f"{header}.{payload}.", f"{header}.{payload}", f"{header}..{signature}"),
        *(f"{good}.{signature}", f"{good}A", good.swapcase()),
    ):
        assert ApiClient(app, token=token).get(EXPORTS).status_code == 401


@pytest.mark.parametrize("depth", [100, 5_000])
def test_a_token_of_endless_brackets_is_refused_like_any_other(app, depth):
    brackets = encoded(b'{"alg": "HS256", "x": ' + b"[" * depth + b"]" * depth + b"}")
    token = f"{brackets}.{encoded(b'{}')}.{encoded(b'x' * 32)}"
    assert ApiClient(app, token=token).get(EXPORTS).status_code == 401
    refused_by(verifier(), token)


@pytest.mark.parametrize("exp", ["1e999", "Infinity", "NaN", "[1]", '"soon"', "null", "true", "-1", "{}"])
def test_a_strange_time_is_no_time_even_if_we_signed_it(exp):
    payload = f'{{"sub": "ann", "exp": {exp}}}'
    body = ".".join(encoded(part.encode()) for part in ('{"alg": "HS256"}', payload))
    signature = encoded(jwt.get_algorithm_by_name("HS256").sign(body.encode(), SECRET.encode()))
    refused_by(SharedSecretVerifier(SECRET), f"{body}.{signature}")
