"""Tokens that are well signed and yet not for us, or not for now; and sets of keys that nobody should trust."""

import asyncio
import json
import time
from datetime import timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from exports_api.app import create_app
from exports_api.auth import SharedSecretVerifier
from exports_api.errors import KeysUnavailable
from exports_api.jwks import KeySetVerifier
from exports_api.token_rules import TokenRules
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.core.refusals import InvalidToken
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import EXPORTS, SECRET, ApiClient, token_of

OURS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHERS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is its point
ELLIPTIC, LARGER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
NO_RULES = TokenRules()
RULES = TokenRules(issuer="https://id.test", audience=frozenset({"exports", "exports-eu"}))
MEANT = {"sub": "ann", "exp": int(time.time()) + 7200, "iss": "https://id.test", "aud": "exports"}
EDGES = [
    {"aud": ["x", "exports-eu"]},
    {"iat": timedelta(seconds=20)},
    {"nbf": timedelta(seconds=20)},
    {"exp": timedelta(seconds=-20)},
    {"exp": 4_000_000_000.5},
]
NOT_MEANT = [
    {"iss": "https://evil.test"},
    {"iss": "https://id.test/"},
    {"iss": ["https://id.test"]},
    {"iss": None},
    {"aud": "reports"},
    {"aud": ["reports", "EXPORTS"]},
    {"aud": []},
    {"aud": None},
    {"aud": ["exports", 7]},
    {"aud": {"exports": True}},
    {"exp": timedelta(seconds=-40)},
    {"exp": "4000000000"},
    {"exp": True},
    {"exp": 1e300},
    {"exp": 10**40},
    {"exp": 253_402_300_800},
    {"nbf": timedelta(seconds=40)},
    {"nbf": "0"},
    {"iat": timedelta(seconds=40)},
    {"iat": False},
    {"iat": "yesterday"},
]


def jwk(key, **about):
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return json.loads(kind.to_jwk(key.public_key())) | about


def private_jwk(key, **about):
    return json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key)) | about


class Provider:
    """Publishes whatever it is told to, and may be slow."""

    def __init__(self, *keys, rules=NO_RULES):
        self.answer, self.asked, self.now = {"keys": list(keys)}, 0, 0.0
        transport = httpx.MockTransport(self.tell)
        self.verifier = KeySetVerifier(
            "https://id.test/keys", rules=rules, transport=transport, monotonic=lambda: self.now
        )

    async def tell(self, request):
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, httpx.Response):
            return self.answer if request.url.path == "/keys" else httpx.Response(200, json={"keys": [jwk(OTHERS)]})
        return httpx.Response(200, json=self.answer)

    def takes(self, token):
        try:
            return asyncio.run(self.verifier.claims(token))["sub"] == "ann"
        except InvalidToken:
            return False


def signed(key=OURS, kid="ours", algorithm="RS256", **claims):
    return jwt.encode(MEANT | claims, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def both(claims):
    """A token with claims as each kind of deployment would sign it, with its verifier; spans begin now."""
    now = int(time.time())
    claims = {
        name: now + each.total_seconds() if isinstance(each, timedelta) else each for name, each in claims.items()
    }
    text = json.dumps({name: value for name, value in (MEANT | claims).items() if value is not None})
    provider = Provider(jwk(OURS, kid="ours"), rules=RULES)
    jws = jwt.PyJWS()
    yield provider.verifier, jws.encode(text.encode(), OURS, algorithm="RS256", headers={"kid": "ours"})
    yield SharedSecretVerifier(SECRET, rules=RULES), jws.encode(text.encode(), SECRET, algorithm="HS256")


@pytest.mark.parametrize("claims", [{}, *EDGES], ids=str)
def test_a_token_for_us_is_taken_by_either_verifier(claims):
    for verifier, token in both(claims):
        assert asyncio.run(verifier.claims(token))["sub"] == "ann"


@pytest.mark.parametrize("claims", NOT_MEANT, ids=str)
def test_a_token_for_others_or_another_time_is_refused_by_either_verifier(claims):
    for verifier, token in both(claims):
        with pytest.raises(InvalidToken):
            asyncio.run(verifier.claims(token))


def test_the_rules_of_the_environment_are_those_of_the_door(ports, tmp_path):
    asks = {
        "jwt_secret": SECRET,
        "jwt_issuer": "https://us.test",
        "jwt_audience": " exports ,,reports",
        "jwt_leeway_s": 0,
    }
    app = create_app(ports, Settings(home=tmp_path, **asks), dispatch_soon=lambda: None)
    meant = {"issuer": "https://us.test", "audience": ["reports"]}
    tokens = [
        token_of(),
        token_of(**meant | {"audience": ["x"]}),
        token_of(**meant | {"issuer": "me"}),
        token_of(**meant),
    ]
    answers = [ApiClient(app, token=token).get(EXPORTS).status_code for token in tokens]
    assert answers == [401, 401, 401, 200]


KEYS_OF_NO_USE = {
    "too short": (WEAK, jwk(WEAK, kid="ours", alg="RS256")),
    "private, and so everybody's": (OURS, private_jwk(OURS, kid="ours", alg="RS256")),
    "for signing only": (OURS, jwk(OURS, kid="ours", key_ops=["sign"])),
    "of another curve": (LARGER, jwk(LARGER, kid="ours", alg="ES256")),
    "for another algorithm": (OURS, jwk(OURS, kid="ours", alg="RS512")),
    "with operations that are no list": (OURS, jwk(OURS, kid="ours", key_ops=7)),
}


@pytest.mark.filterwarnings("ignore:The RSA key is")
@pytest.mark.parametrize("why", KEYS_OF_NO_USE)
def test_a_published_key_that_proves_nothing_opens_nothing(why):
    key, published = KEYS_OF_NO_USE[why]
    jws, elliptic = jwt.PyJWS(), jwt.algorithms.ECAlgorithm
    jws.unregister_algorithm("ES256")
    jws.register_algorithm("ES256", elliptic(elliptic.SHA256))  # which signs with any curve
    algorithm = "ES256" if key is LARGER else "RS256"
    token = jws.encode(json.dumps(MEANT).encode(), key, algorithm=algorithm, headers={"kid": "ours"})
    assert not Provider(published, jwk(ELLIPTIC, kid="good")).takes(token)


def test_two_keys_under_one_id_are_neither():
    provider = Provider(jwk(OURS, kid="same"), jwk(OTHERS, kid="same"), jwk(ELLIPTIC, kid="good"))
    assert not provider.takes(signed(OURS, "same"))
    assert not provider.takes(signed(OTHERS, "same"))
    assert provider.takes(signed(ELLIPTIC, "good", "ES256"))
    assert Provider(jwk(OURS, kid="same"), jwk(OURS, kid="same")).takes(signed(OURS, "same"))


def test_a_key_that_was_removed_opens_nothing_after_the_lifetime_of_the_set():
    provider = Provider(jwk(OURS, kid="ours"), jwk(OTHERS, kid="others"))
    assert provider.takes(signed(OTHERS, "others"))
    provider.answer = {"keys": [jwk(OURS, kid="ours")]}
    provider.now = 601.0
    assert not provider.takes(signed(OTHERS, "others"))
    assert provider.takes(signed())


NO_KEY_SETS = {
    "empty": {"keys": []},
    "no list": {"keys": {"ours": jwk(OTHERS)}},
    "no mapping": ["keys"],
    "nonsense in it": {"keys": [None, 7, "x", {"kty": "RSA"}, {"kty": "oct", "k": "AAAA", "kid": "ours"}]},
    "too many": {"keys": [jwk(OTHERS, kid=str(number)) for number in range(101)]},
    "too long": {"keys": [jwk(OTHERS, kid="ours")], "x": "x" * (1 << 20)},
    "a redirection": httpx.Response(302, headers={"Location": "https://evil.test/elsewhere"}),
    "an error": httpx.Response(500),
    "no json": httpx.Response(200, text="<html>"),
    "brackets without end": httpx.Response(200, text="[" * 200_000),
}


@pytest.mark.parametrize("what", NO_KEY_SETS)
def test_what_is_no_key_set_changes_nothing_for_a_day_and_then_nobody_comes_in(what):
    provider = Provider(jwk(OURS, kid="ours"))
    assert provider.takes(signed())
    provider.answer = NO_KEY_SETS[what]
    provider.now = 3_600.0
    assert provider.takes(signed())
    assert not provider.takes(signed(OTHERS, "ours"))
    provider.now = 24 * 3_600.0 + 1
    with pytest.raises(KeysUnavailable):
        provider.takes(signed())


def test_a_crowd_with_unknown_key_ids_asks_the_provider_once():
    provider = Provider(jwk(OURS, kid="ours"))

    async def crowd():
        tokens = [signed(OURS, f"unknown {number}") for number in range(30)] + [signed()] * 30
        return await asyncio.gather(*map(provider.verifier.claims, tokens), return_exceptions=True)

    answers = asyncio.run(crowd())
    assert provider.asked == 1
    assert [isinstance(each, dict) for each in answers] == [False] * 30 + [True] * 30


def test_whoever_has_a_key_at_hand_does_not_wait_for_a_provider_that_hangs():
    provider = Provider(jwk(OURS, kid="ours"))
    assert provider.takes(signed())
    provider.now = 601.0

    async def ask():
        hangs, heard = asyncio.Event(), asyncio.Event()

        async def document():
            heard.set()
            await hangs.wait()
            return {"keys": [jwk(OURS, kid="ours")]}

        provider.verifier._document = document
        first = asyncio.create_task(provider.verifier.claims(signed()))
        await heard.wait()
        second = await provider.verifier.claims(signed())
        hangs.set()
        return (await first)["sub"], second["sub"]

    assert asyncio.run(ask()) == ("ann", "ann")


@pytest.mark.parametrize(
    "url",
    [
        "http://id.test/keys",
        "http://127.0.0.1.evil.test/k",
        "http://10.0.0.1/k",
        "ftp://id.test/k",
        "file:///etc/k",
        "",
    ],
)
def test_keys_never_come_by_a_way_that_others_can_change(url):
    with pytest.raises(NotConfigured, match="https"):
        KeySetVerifier(url)
