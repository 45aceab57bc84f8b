"""The addresses of all pages of an application, those of tomorrow included."""

import re
from uuid import UUID

from fastapi.routing import iter_route_contexts

NOTHING = UUID(int=3)
"""The id of nothing."""
_FOLDERS = re.compile(r"/\{(\w+)(?::\w+)?\}")


def page_paths(app, known):
    """The path of each page; `known` stands for the parameters, and the id of nothing for whatever is not there."""
    for route in iter_route_contexts(app.routes):
        if route.endpoint.__module__.startswith("exports_api.web.routes.") and "GET" in route.methods:
            yield _FOLDERS.sub(lambda found: f"/{known.get(found[1], NOTHING)}", route.path)
