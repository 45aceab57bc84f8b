"""Questions to the API in this process, timed beside the same questions to the raw rows."""

import logging
import statistics
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog
from sqlalchemy import Engine, text

from benchmarks.event_history import TENANT, p95
from exports_api.app import create_app
from exports_api.collector import calm
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET, token_of

GOAL_MS = 20.0
_WARM, _ASKED, _ASKED_RAW = 5, 60, 3


@dataclass(frozen=True)
class Asked:
    """A question to the API, and the same one to the raw rows."""

    what: str
    path: str
    raw: str


async def print_answers(ports: ExportPorts, engine: Engine, questions: Iterable[Asked]) -> None:
    """Median and 95th percentile of the API's milliseconds, and the median of the raw rows', line by line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # a line for each answer
    headers = {"Authorization": f"Bearer {token_of(TENANT, 'VIEW_AUDIT')}"}
    with tempfile.TemporaryDirectory() as home:
        app = create_app(ports, Settings(home=Path(home), jwt_secret=SECRET), dispatch_soon=lambda: None)
        calm()  # as a server does
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client:
            print(f"\n{'over HTTP in this process':44}{'median ms':>10}{'p95 ms':>8}{'raw ms':>9}{'ratio':>7}")
            for asked in questions:
                await _print_answer(client, engine, asked)


async def _print_answer(client: httpx.AsyncClient, engine: Engine, asked: Asked) -> None:
    taken = []
    for _ in range(_WARM + _ASKED):
        begun = time.perf_counter()
        answer = await client.get(asked.path)
        taken.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, answer.text
    del taken[:_WARM]
    raw = []
    with engine.connect() as connection:
        for _ in range(_ASKED_RAW):
            begun = time.perf_counter()
            connection.execute(text(asked.raw)).all()
            raw.append((time.perf_counter() - begun) * 1000)
    median, slow, raw_median = statistics.median(taken), p95(taken), statistics.median(raw)
    missed = "" if slow <= GOAL_MS else "  goal missed"
    print(f"{asked.what:44}{median:10.1f}{slow:8.1f}{raw_median:9.0f}{raw_median / median:7.0f}{missed}", flush=True)
