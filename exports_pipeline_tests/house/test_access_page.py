"""The page about access says what the code does."""

import re
import tempfile
from pathlib import Path

from fastapi.routing import iter_route_contexts

from exports_api.access import declared
from exports_api.app import create_app
from exports_api.standings import REMEMBERED_S
from exports_pipeline.adapters.roles_yaml import PACKAGED, read_roles
from exports_pipeline.core.requester import Permission
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET
from exports_pipeline_tests.fakes.ports import fake_ports

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/access.md").read_text(encoding="utf-8")


def rows_under(heading):
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("| `")]


def rows_of_routes():
    app = create_app(fake_ports(), Settings(home=Path(tempfile.gettempdir()), jwt_secret=SECRET))
    routes = [
        route
        for route in iter_route_contexts(app.routes)
        if declared(getattr(route, "dependencies", ())) and not route.endpoint.__module__.startswith("exports_api.web.")
    ]
    told = {
        f"| `{method} {route.path}` | {declared(route.dependencies).told} |"
        for route in routes
        for method in route.methods - {"HEAD"}
    }
    return sorted(told, key=lambda row: (row.split("`")[1].split(" ")[::-1], row))


def test_the_table_of_routes_is_that_of_the_code():
    assert rows_under("Which route asks for what") == rows_of_routes()


def test_the_table_of_roles_is_that_of_the_packaged_file():
    shown = {re.match(r"\| `(\w+)`", row)[1]: set(re.findall(r"`([A-Z_]+)`", row)) for row in rows_under("Roles")}
    assert shown == {role.name: set(role.permissions) for role in read_roles()}
    assert PACKAGED.name in PAGE


def test_every_permission_has_its_row():
    assert [re.match(r"\| `(\w+)`", row)[1] for row in rows_under("Permissions")] == list(Permission)


def test_the_seconds_are_those_of_the_code():
    assert REMEMBERED_S == 3.0
    assert "within three seconds" in PAGE
