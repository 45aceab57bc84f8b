"""The route that clients ask more often than all others together."""

import re
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.routing import APIRoute

from exports_api.auth import bearer_token, requester_of

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class StatusRoute(APIRoute):
    """Calls its endpoint, declared like any other, with the caller, the parts and the job's id it takes by position.

    Resolving dependencies costs FastAPI more than the look itself. Whatever is unusual goes FastAPI's way, so that
    errors are told alike.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint for ids as we write them, FastAPI's handler for all others."""
        unusual = super().get_route_handler()

        async def answer(request: Request) -> Response:
            job_id = request.path_params["job_id"]
            if not _UUID.fullmatch(job_id):
                return await unusual(request)
            parts = request.app.state.parts
            caller = requester_of(await parts.verifier.claims(bearer_token(request)))
            answered: Response = await self.endpoint(caller, parts, UUID(job_id))
            return answered

        return answer
