"""The run worker with the limits of its children as they are, and a task that tells in which child it ran."""

import os

from exports_pipeline.celery_worker import worker_app
from exports_pipeline.settings import load_settings

broker_url = load_settings().broker_url
assert broker_url is not None
app = worker_app(broker_url.get_secret_value(), definitions="json")
held = []


@app.task(name="tell")
def tell(path, megabytes):
    """Hold so much memory for good, and append the child's process id to a file."""
    held.append(b"x" * (megabytes << 20))
    with open(path, "a", encoding="ascii") as file:  # noqa: PTH123 - one write, appended
        file.write(f"{os.getpid()}\n")
