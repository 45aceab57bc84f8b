"""The API looks after the exports while it runs."""

import asyncio

from exports_api.app import create_app
from exports_pipeline.core.errors import RunsUnavailable
from exports_pipeline.core.lifecycle import Status
from exports_pipeline_tests.builders import entry, new_job
from exports_pipeline_tests.fakes.runs import FakeRuns


def test_an_attempt_whose_worker_vanished_is_queued_again_while_the_api_runs(ports, settings, dispatched):
    job = ports.jobs.add(new := new_job(), entry(new))
    ports.jobs.claim(job.id, 1, run_id="run", now=ports.clock())
    ports.clock.advance(60)
    app = create_app(ports, settings, dispatch_soon=lambda: dispatched.append(True), watch_every_s=0.01)

    async def live():
        async with app.router.lifespan_context(app):
            for _ in range(200):
                if ports.jobs.get(job.id).attempt > 1 and dispatched:
                    return
                await asyncio.sleep(0.05)

    asyncio.run(live())
    seen = ports.jobs.get(job.id)
    assert (seen.status, seen.attempt, seen.error.code) == (Status.PENDING, 2, "worker_lost")
    assert dispatched


def test_what_only_dagsters_sensor_can_launch_is_left_to_it(ports, settings, dispatched):
    pings = []
    ports.runs.error = RunsUnavailable()
    ports.runs.ping = lambda: pings.append(True) or FakeRuns.ping(ports.runs)
    app = create_app(ports, settings, dispatch_soon=lambda: dispatched.append(True), watch_every_s=0.01)

    async def live():
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0.2)

    asyncio.run(live())
    assert len(pings) > 1
    assert dispatched == []


def test_the_api_asks_nobody_anything_unless_it_is_to_watch(ports, settings, dispatched):
    app = create_app(ports, settings, dispatch_soon=lambda: dispatched.append(True))

    async def live():
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0.05)

    asyncio.run(live())
    assert dispatched == []
