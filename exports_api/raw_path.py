"""Routes whose parameters may hold slashes, written as %2F."""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote

from fastapi.routing import APIRoute
from starlette.routing import Match


class RawPathRoute(APIRoute):
    """Matches the path as it was sent: in the decoded one, a slash of a name looks like one between names."""

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, MutableMapping[str, Any]]:
        """Whether the path is this route's, and its parameters, decoded."""
        sent = scope.get("raw_path") if scope["type"] == "http" else None
        if sent is None:
            return super().matches(scope)
        match, found = super().matches({**scope, "path": sent.partition(b"?")[0].decode("ascii", "replace")})
        if "path_params" in found:
            found["path_params"] = {name: unquote(value) for name, value in found["path_params"].items()}
        return match, found
