"""Whoever asks, and whatever they send: no answer is a fault of ours, and none holds what is not theirs to see."""

import io
import zipfile
from dataclasses import asdict
from itertools import cycle
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from exports_api.app import create_app
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET, ApiClient, token_of
from exports_pipeline_tests.erasable import everything_in
from exports_pipeline_tests.marked import MARKS, mark, marked_ports, marks_in

EXAMPLES = 3
CONFIG = {"generation": {"with-security-parameters": False}}
BESIDES_THE_DOCUMENT = [positive_data_acceptance, negative_data_rejection]
"""Who may do nothing is refused, whatever they send; that other file sees that the right ones pass."""
LAST = ("delete", "/deactivate", "/erase", "/roles")
"""What makes an end of the things that are looked for comes last."""
OF_JOBS = {"label", "mail", "filter", "manifest", "error"}
SEEN = {
    "viewer": set(),
    "exporter": set(),
    "service": set(),
    "narrow key": set(),
    "manager": OF_JOBS | {"plan", "place"},
    "auditor": {"label", "owner", "team"},
    "administrator": set(MARKS) - {"secret", "event"},
}
"""What is Bob's and may stand in answers to others; in the audit log, too."""
FOUND_BY_LOOKING = {"label", "mail", "manifest", "place", "key", "team"}
"""What is found at any rate where it may be: who finds nothing has not looked."""


@pytest.fixture
def ports(engine, tables):
    return marked_ports(engine, tables)


@pytest.fixture
def things(ports):
    return asdict(mark(ports))


@pytest.fixture
def app(ports, tmp_path):
    return create_app(ports, Settings(home=tmp_path, jwt_secret=SECRET), dispatch_soon=lambda: None)


def headers_of(who, app):
    """What a caller of a role sends with every request."""
    if who == "service":
        body = {"name": "bot", "user": "bot", "act_for": ["ann"], "scopes": ["EXPORT"]}
        return {"X-API-Key": _key(app, body), "X-Act-For": "ann"}
    if who == "narrow key":
        return {"X-API-Key": _key(app, {"name": "narrow", "scopes": ["EXPORT"]})}
    return {"Authorization": f"Bearer {token_of(f'some {who}', roles=[who])}"}


def _key(app, body):
    administrator = ApiClient(app, token=token_of("root", roles=["administrator"]))
    answer = administrator.post("/api/analytics/keys", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["key"]


def operations(schema, document):
    """Every operation, the harmless ones first."""
    found = [(path, method) for path, methods in document["paths"].items() for method in methods]
    found.sort(key=lambda each: any(word in f"{each[1]} {each[0]}" for word in LAST))
    return [schema[path][method.upper()] for path, method in found]


@pytest.mark.slow
@pytest.mark.parametrize("who", list(SEEN))
def test_no_answer_holds_what_is_not_the_callers_to_see(app, things, migrated, who):
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=SchemathesisConfig.from_dict(CONFIG))
    headers, seen, before = headers_of(who, app), set(), of_bob(migrated)

    def check(case):
        answer = case.call(headers=headers)
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, headers=headers, excluded_checks=BESIDES_THE_DOCUMENT)
        told = marks_in(text_of(answer)) - marks_in(f"{case.path_parameters} {case.query} {case.body}")
        assert told <= SEEN[who], (told - SEEN[who], answer.text)
        seen.update(told)

    for operation in operations(schema, app.openapi()):
        check_some_cases(operation, things, check)
    assert seen >= SEEN[who] & FOUND_BY_LOOKING
    assert SEEN[who] or of_bob(migrated) == before


def check_some_cases(operation, things, check):
    """Make some cases, and let every other one ask for what is Bob's."""
    is_aimed = cycle([True, False])

    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def checked(case):
        if next(is_aimed):
            aim(case, things)
        check(case)

    checked()


def of_bob(url):
    """All rows that bear a mark, without those of the log: who may see nothing of them changes nothing either."""
    tables = everything_in(url)
    return {name: [row for row in rows if marks_in(row)] for name, rows in tables.items() if "audit" not in name}


def aim(case, things):
    """Have a case ask for what is Bob's."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = str(things.get(name, uuid4()))
    if "user" in (case.query or {}):
        case.query["user"] = str(things["user_id"])


def text_of(answer):
    """All that an answer says, also within an archive."""
    body = answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"".join(archive.read(name) for name in archive.namelist())
    return f"{body.decode(errors='replace')} {answer.headers}"
