"""Who gets in, and as whom."""

import asyncio
import base64
import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from exports_api.app import create_app
from exports_api.auth import SharedSecretVerifier, requester_of
from exports_api.errors import KeysUnavailable
from exports_api.jwks import KeySetVerifier
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.refusals import InvalidToken
from exports_pipeline.core.requester import Permission
from exports_pipeline.local.secrets import jwt_secret
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import EXPORTS, SECRET, ApiClient, token_of

HOUR = timedelta(hours=1)
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def claims(**more):
    now = datetime.now(UTC)
    return {"sub": "ann", "exp": now + HOUR} | more


def unsigned(payload):
    def part(document):
        return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(payload)}."


def test_without_a_token_the_answer_says_how_to_get_in(ann):
    answer = ann.get(EXPORTS, anonymous=True)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="exports"')
    assert answer.json()["code"] == "invalid_token"
    assert ann.get(EXPORTS, headers={"Authorization": "Basic YW5uOmFubg=="}).status_code == 401
    assert ann.get(EXPORTS, headers={"Authorization": "Bearer"}).status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        token_of(valid=-HOUR),
        token_of(secret="another-secret-of-at-least-thirty-two-bytes"),
        unsigned({"sub": "ann", "exp": 4_000_000_000}),
        jwt.encode(claims(), RSA_KEY, algorithm="RS256"),
        jwt.encode(claims(), SECRET * 2, algorithm="HS512"),
        jwt.encode({"sub": "ann"}, SECRET),
        jwt.encode({"exp": datetime.now(UTC) + HOUR}, SECRET),
        jwt.encode(claims(nbf=datetime.now(UTC) + HOUR), SECRET),
        jwt.encode(claims(sub=""), SECRET),
        jwt.encode(claims(sub="a\x00b"), SECRET),
        jwt.encode(claims(owner={"a": 1}), SECRET),
        jwt.encode(claims(owner=""), SECRET),
        jwt.encode(claims(owner="half of a character: \ud800"), SECRET),
        jwt.encode(claims(permissions="EXPORT_ALL"), SECRET),
        "rubbish",
        "a.b.c",
        "\u00e4.\u00f6.\u00fc",
        token_of()[:-3] + "AAA",
    ],
    ids=lambda _: None,
)
def test_a_token_that_is_not_ours_or_not_valid_is_401(app, token):
    header = f"Bearer {token}".encode("latin-1")
    answer = ApiClient(app).get(EXPORTS, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].endswith('error="invalid_token"')


def test_a_clock_that_is_a_few_seconds_off_is_forgiven(app):
    assert ApiClient(app, token=token_of(valid=timedelta(seconds=-5))).get(EXPORTS).status_code == 200


def test_a_token_that_is_remembered_expires_all_the_same():
    times = iter([time.time(), time.time() + 3600 + 60])
    verifier = SharedSecretVerifier(SECRET, now=lambda: next(times))
    token = token_of()
    for _ in range(2):
        assert asyncio.run(verifier.claims(token))["owner"] == "ann"
    with pytest.raises(InvalidToken, match="expired"):
        asyncio.run(verifier.claims(token))


def test_two_authorization_headers_are_refused(ann):
    async def ask():
        transport = httpx.ASGITransport(ann.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            header = ("Authorization", ann.headers["Authorization"])
            return await client.get(EXPORTS, headers=[header, header])

    assert asyncio.run(ask()).status_code == 401


def test_the_claims_describe_the_requester():
    who = requester_of(
        {"sub": "ann", "owner": 583, "permissions": ["UNMASK", "FLY", 3, None], "email": "ann@example.org"}
    )
    assert who.user_id == user_id("ann")
    assert who.owner_key == "583"
    assert who.permissions == {Permission.UNMASK}
    assert who.email == "ann@example.org"


def test_the_owner_key_is_the_subject_unless_the_token_says_otherwise():
    subject = "6F9619FF-8B86-D011-B42D-00C04FC964FF"
    who = requester_of({"sub": subject})
    assert (str(who.user_id), who.owner_key) == (subject.lower(), subject)


def test_without_any_setting_a_secret_is_made_once_and_kept(tmp_path, ports):
    settings = Settings(home=tmp_path, jwt_secret=None)
    app = create_app(ports, settings)
    secret = jwt_secret(tmp_path)
    assert len(secret) >= 32
    assert ApiClient(app, token=token_of(secret=secret)).get(EXPORTS).status_code == 200
    assert ApiClient(app, token=token_of()).get(EXPORTS).status_code == 401


class KeyServer:
    """An identity provider: publishes keys, counts who asks, may be away."""

    def __init__(self, **keys):
        self.keys, self.asked, self.is_away, self.now = keys, 0, False, 0.0
        self.verifier = KeySetVerifier(
            "https://id.test/keys", transport=httpx.MockTransport(self.answer), monotonic=lambda: self.now
        )

    def answer(self, _request):
        self.asked += 1
        if self.is_away:
            return httpx.Response(500)
        return httpx.Response(200, json={"keys": [public_jwk(key, kid) for kid, key in self.keys.items()]})

    def ask(self, *tokens):
        async def all_of_them():
            return [await self.verifier.claims(token) for token in tokens]

        return asyncio.run(all_of_them())


def public_jwk(key, kid):
    kind, name = (
        (jwt.algorithms.RSAAlgorithm, "RS256")
        if isinstance(key, rsa.RSAPrivateKey)
        else (
            jwt.algorithms.ECAlgorithm,
            "ES256",
        )
    )
    return json.loads(kind.to_jwk(key.public_key())) | {"kid": kid, "alg": name, "use": "sig"}


def signed(key, kid, **more):
    name = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    return jwt.encode(claims(**more), key, algorithm=name, headers={"kid": kid})


def test_published_rsa_and_elliptic_keys_verify_tokens_and_are_fetched_once():
    server = KeyServer(r=RSA_KEY, e=EC_KEY)
    found = server.ask(signed(RSA_KEY, "r"), signed(EC_KEY, "e"), signed(RSA_KEY, "r"))
    assert [each["sub"] for each in found] == ["ann"] * 3
    assert server.asked == 1


def test_an_unknown_key_id_fetches_the_keys_again_at_most_every_thirty_seconds():
    server = KeyServer(r=RSA_KEY)
    server.ask(signed(RSA_KEY, "r"))
    server.keys["e"] = EC_KEY
    for seconds, asked in ((10, 1), (10, 1), (15, 2)):
        server.now += seconds
        if asked == 1:
            with pytest.raises(InvalidToken):
                server.ask(signed(EC_KEY, "e"))
        else:
            server.ask(signed(EC_KEY, "e"))
        assert server.asked == asked


def test_keys_at_hand_stay_in_use_while_the_provider_is_away():
    server = KeyServer(r=RSA_KEY)
    server.ask(signed(RSA_KEY, "r"))
    server.is_away, server.now = True, 3600.0
    server.ask(signed(RSA_KEY, "r"))
    assert server.asked == 2


def test_a_provider_that_never_answered_is_no_fault_of_the_token():
    server = KeyServer(r=RSA_KEY)
    server.is_away = True
    with pytest.raises(KeysUnavailable):
        server.ask(signed(RSA_KEY, "r"))
    server.is_away = False
    assert server.ask(signed(RSA_KEY, "r"))


def test_a_public_key_used_as_a_shared_secret_opens_nothing():
    server = KeyServer(r=RSA_KEY)
    pem = RSA_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = jwt.encode(claims(), SECRET, headers={"kid": "r"}).rsplit(".", 1)[0]
    signature = jwt.get_algorithm_by_name("HS256").sign(body.encode(), pem)
    forged = f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    for token in (forged, unsigned({"sub": "ann", "exp": 4_000_000_000}), signed(EC_KEY, "r"), "rubbish"):
        with pytest.raises(InvalidToken):
            server.ask(token)


def test_with_a_key_set_the_shared_secret_opens_nothing(tmp_path, ports):
    app = create_app(ports, Settings(home=tmp_path, jwt_secret=SECRET, jwks_url="http://127.0.0.1:1/keys"))
    answer = ApiClient(app, token=token_of()).get(EXPORTS)
    assert answer.status_code in {401, 503}
