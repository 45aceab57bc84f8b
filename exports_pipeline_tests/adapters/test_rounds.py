"""What is done again and again."""

from threading import Event

from exports_pipeline.adapters.rounds import Rounds
from exports_pipeline.core.errors import LedgerUnavailable


def test_rounds_go_on_whatever_goes_wrong_until_they_are_stopped():
    errors, is_done = [LedgerUnavailable(), ValueError("unforeseen")], Event()

    def action():
        if errors:
            raise errors.pop(0)
        is_done.set()

    rounds = Rounds(action, every_s=0.001)
    rounds.start()
    assert is_done.wait(10)
    rounds.stop()
