"""The API of `benchmarks/pages.py`: as it is deployed, but for its clock; each answer says what it has cost.

`python -m benchmarks.counted_app PORT NOW`, with the variables of a deployment.
"""

import sys
import time
from dataclasses import replace
from datetime import datetime
from typing import Any

import uvicorn
from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_api.app import create_app
from exports_api.collector import calm
from exports_pipeline.adapters.logs import configure_logging
from exports_pipeline.settings import load_settings
from exports_pipeline.wiring import build_api_ports

WALL_MS, CPU_MS, STATEMENTS = "x-wall-ms", "x-cpu-ms", "x-statements"


class Counted:
    """ASGI middleware that adds to each answer its milliseconds and the statements that Postgres was sent.

    It is right while one request follows the other: processor time and statements are those of the whole process.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._statements = app, 0
        event.listen(Engine, "before_cursor_execute", self._count)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        began, cpu, statements = time.perf_counter(), time.process_time(), self._statements

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                cost = {
                    WALL_MS: 1000 * (time.perf_counter() - began),
                    CPU_MS: 1000 * (time.process_time() - cpu),
                    STATEMENTS: self._statements - statements,
                }
                message["headers"] = [*message["headers"], *((n.encode(), str(v).encode()) for n, v in cost.items())]
            await send(message)

        await self._app(scope, receive, send_counted)

    def _count(self, *_: Any) -> None:
        self._statements += 1


def main() -> None:
    port, now = int(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    settings = load_settings()
    configure_logging("CRITICAL")
    ports, own = (replace(each, clock=lambda: now) for each in build_api_ports(settings))
    app = create_app(ports, settings, own=own, dispatch_soon=lambda: None)
    calm()  # as a server does
    uvicorn.run(Counted(app), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
