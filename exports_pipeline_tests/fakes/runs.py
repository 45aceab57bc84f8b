"""Dagster in memory, and a channel."""

from uuid import uuid4


class FakeRuns:
    """`Runs` that remembers what was launched; `error` is raised by every launch while set."""

    def __init__(self) -> None:
        self.launched = []
        self.given_up = []
        self.error = None

    def launch(self, job):
        if self.error is not None:
            raise self.error
        self.launched.append((job.id, job.attempt))
        return str(uuid4())

    def give_up(self, run_id):
        if self.error is not None:
            raise self.error
        self.given_up.append(run_id)

    def ping(self):
        if self.error is not None:
            raise self.error


class FakeSender:
    """`Sender` that remembers what was sent; `error` is raised by every send while set."""

    def __init__(self) -> None:
        self.sent = []
        self.error = None

    def send(self, target, message):
        if self.error is not None:
            raise self.error
        self.sent.append((target.address, message.html))
        return f"receipt-{len(self.sent)}"

    def trial(self, target):
        yield "connect"
        if self.error is not None:
            raise self.error
