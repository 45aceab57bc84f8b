"""Every route declares what it asks of its callers, and keeps to it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
from fastapi.routing import iter_route_contexts

from exports_api.access import declared
from exports_api.app import create_app
from exports_pipeline.adapters.roles_yaml import read_roles
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET, ApiClient, token_of
from exports_pipeline_tests.fakes.ports import fake_ports

OF_FASTAPI = {"/openapi.json"}
"""Public, and not ours to declare."""
SOMETHING = str(UUID(int=7))


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("home"), jwt_secret=SECRET)
    return create_app(fake_ports(), settings, dispatch_soon=lambda: None)


@pytest.fixture(scope="module")
def every_route(app):
    return [route for route in iter_route_contexts(app.routes) if route.path not in OF_FASTAPI]


@pytest.fixture(scope="module")
def routes(every_route):
    """Those of the API; pages ask for a session instead of a token."""
    found = [route for route in every_route if not route.endpoint.__module__.startswith("exports_api.web.")]
    assert len(found) > 70
    return found


def called(app, route, method, **more):
    path = route.path
    for name in route.param_convertors:
        path = path.replace(f"{{{name}}}", "account" if name == "kind" else SOMETHING)
    body = {"json": {}} if method in {"POST", "PUT", "PATCH"} else {}
    return ApiClient(app, **more).call(method, path, **body)


def test_every_route_declares_what_it_asks_for(every_route):
    assert [route.path for route in every_route if declared(getattr(route, "dependencies", ())) is None] == []


def test_the_document_tells_what_every_route_asks_for(app, routes):
    paths = app.openapi()["paths"]
    for route in routes:
        access = declared(route.dependencies)
        for method in (method.lower() for method in route.methods if route.include_in_schema):
            operation = paths[route.path_format][method]
            assert operation["x-permission"] == access.name, route.path
            assert f"Permission: {access.told}." in operation["description"], route.path


@pytest.mark.parametrize("role", list(read_roles()), ids=lambda role: role.name)
def test_every_route_lets_those_pass_who_have_what_it_asks_for_and_no_others(app, routes, role):
    token = token_of(f"some {role.name}", roles=[role.name])
    for route in routes:
        access = declared(route.dependencies)
        wanted = set(access.name.split(" or "))
        passes = access.name in {"public", "signed_in"} or bool(wanted & role.permissions)
        for method in route.methods - {"HEAD"}:
            answer = called(app, route, method, token=token)
            is_refused = answer.status_code == 403 and answer.json()["code"] == "permission_needed"
            assert is_refused is not passes, (method, route.path)
            assert not is_refused or any(each in answer.json()["detail"] for each in wanted)


def test_only_public_routes_answer_without_a_token(app, routes):
    for route in routes:
        for method in route.methods - {"HEAD"}:
            answer = called(app, route, method, token="nonsense")
            is_public = declared(route.dependencies).name == "public"
            assert (answer.status_code == 401) is not is_public, (method, route.path)


def test_pages_ask_whoever_has_no_session_to_sign_in(app, every_route):
    for route in every_route:
        is_public = declared(route.dependencies).name == "public"
        if route.endpoint.__module__.startswith("exports_api.web.routes.") and not is_public:
            for method in route.methods - {"HEAD"}:
                answer = called(app, route, method)
                assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), route.path


def test_a_token_says_which_roles_its_user_has(app):
    def exports(**claims):
        return ApiClient(app, token=token_of("dan", **claims)).export().status_code

    assert [exports(), exports(roles=["exporter"]), exports(roles=["viewer"]), exports(roles=[])] == [
        202,
        202,
        403,
        403,
    ]
    assert [exports(roles=["unknown", "exporter"]), exports(roles=["Exporter"])] == [202, 403]


@pytest.mark.parametrize("roles", ["administrator", {"administrator": True}, 7])
def test_roles_that_are_no_list_are_no_token(app, roles):
    claims = {"sub": SOMETHING, "exp": datetime.now(UTC) + timedelta(hours=1), "roles": roles}
    answer = ApiClient(app, token=jwt.encode(claims, SECRET, algorithm="HS256")).get("/api/analytics/exports")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
