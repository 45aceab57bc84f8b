"""What every channel keeps: tests that the test class of a channel inherits, and the far end they are run against."""

import logging
import time
import traceback
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

import pytest

from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, ObjectStoreUnavailable
from exports_pipeline.core.message import Target
from exports_pipeline.core.ports import Sender
from exports_pipeline_tests.builders import a_file, a_message

TEXTS = [
    "Žluťoučký kůň — 日本語 עברית \u2028 🎉👩‍👩‍👧",
    "\"quotes\" 'and' <b>&amp;</b> $x {y} %s \\n `z`",
    "two\nlines\n.\n..dots\nFrom here\n\n  indented, and a blank at the end ",
    "=?utf-8?q?not_encoded?= =41=0A",
    "long " * 500 + "end",
]
ONE_LINERS = ["plain", "Žluťoučký kůň 日本語 🎉", '"quotes" <b>&amp;</b> $x \\n =?utf-8?q?x?=', "long " * 60 + "end"]
INJECTIONS = [
    "Sales\r\nBcc: eve@evil.example",
    "Sales\nX-Evil: 1\n\n<h1>body",
    "Sales\rX-Evil: 1",
    "a\x00b\x1b[2Jc\x85d\u2028e",
]
NAMES = ["sales.csv", "výpis účtu 🎉 日本.csv", 'a "quoted"; name=x%20+.csv', "long" * 40 + ".csv"]
CHANGES = "sales.changes.csv"
BODY = bytes(range(256)) * 1200 + b"\r\n.\r\nend"
LONGEST_S = 8.0
"""In which a sender gives up here; a far end's sender has a time limit of about a second."""


class Mood(StrEnum):
    """How a server meets the next message."""

    OPEN = "open"
    REFUSES = "refuses"
    FAILS = "fails"
    CUTS_OFF = "cuts off half way"
    HANGS = "hangs"


@dataclass
class Arrived:
    """A message as the far end found it; forms that the channel has not stay as they are."""

    id: str | None = None
    """By which the receiver knows a message it has already."""
    subject: str | None = None
    text: str | None = None
    """With a line feed at the end of each line but the last."""
    html: str | None = None
    facts: dict | None = None
    files: dict[str, bytes] = field(default_factory=dict)


class FarEnd(ABC):
    """The server of a channel, and the sender that talks to it; the fixture `far` gives a started one."""

    sender: Sender
    target: Target
    secret: str
    """What the sender or the target proves itself with."""
    mood = Mood.OPEN
    moods = frozenset(Mood)
    """Those the server knows."""
    shows = frozenset({"subject", "text", "html", "facts", "file", "changes"})
    """Which forms of a message the channel carries."""
    attaches_by_option = True
    """Whether a file is sent only where the target's option `attach` wants it."""
    knows_twice = True
    """Whether the receiver can tell that a message came before."""
    steps = ("resolve", "connect", "authenticate", "write")
    away_at = "connect"
    """The step of a trial at which a server that is away is noticed."""
    wrong_at = "authenticate"
    """The step of a trial at which a wrong secret is noticed."""

    @abstractmethod
    def arrived(self) -> list[Arrived]:
        """The messages that people or programs would read, in order."""

    @abstractmethod
    def away(self) -> tuple[Sender, Target]:
        """A sender and a target that nobody listens for."""

    @abstractmethod
    def wrong(self) -> tuple[Sender, Target, str]:
        """A sender and a target with a wrong secret, and that secret."""

    def message(self, **changes):
        """A message that the channel has something to send of."""
        return a_message(**changes)

    def attaching(self) -> Target:
        """The target, wanting files."""
        return replace(self.target, options={**self.target.options, "attach": True})


class SenderContract:
    """The tests; a class that inherits them stands beside a fixture `far`."""

    @pytest.mark.parametrize("text", TEXTS)
    def test_a_message_arrives_exactly_and_gives_a_receipt(self, far, text):
        html = f"<b>{text.replace('&', '&amp;').replace('<', '&lt;')}</b>"
        message = far.message(text=text, html=html, facts={"type": "export.completed", "text": text, "rows": [1, None]})
        assert far.sender.send(far.target, message).strip()
        (arrived,) = far.arrived()
        for form in ("text", "html", "facts"):
            if form in far.shows:
                assert getattr(arrived, form) == getattr(message, form)

    @pytest.mark.parametrize("subject", ONE_LINERS)
    def test_a_subject_arrives_exactly(self, far, subject):
        _needs(far, "subject")
        far.sender.send(far.target, far.message(subject=subject))
        assert [each.subject for each in far.arrived()] == [subject]

    @pytest.mark.parametrize("subject", INJECTIONS)
    def test_a_subject_stays_one_line_whatever_it_holds(self, far, subject):
        _needs(far, "subject")
        far.sender.send(far.target, far.message(subject=subject))
        (arrived,) = far.arrived()
        assert arrived.subject.isprintable()
        assert arrived.subject.split()[0] == "".join(c if c.isprintable() else " " for c in subject).split()[0]

    @pytest.mark.parametrize("name", NAMES)
    def test_a_file_arrives_byte_for_byte_under_its_name(self, far, name):
        _needs(far, "file")
        far.sender.send(far.attaching(), far.message(file=a_file(BODY, name=name)))
        assert [each.files for each in far.arrived()] == [{name: BODY}]

    def test_a_file_is_sent_only_where_the_target_wants_it(self, far):
        if not far.attaches_by_option:
            pytest.skip("files are all that this channel carries, or none")
        far.sender.send(far.target, far.message(file=a_file(BODY)))
        assert [each.files for each in far.arrived()] == [{}]

    @pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"size_bytes": len(BODY) + 1}])
    def test_a_file_that_is_not_the_published_one_is_not_sent(self, far, wrong):
        _needs(far, "file")
        with pytest.raises(DeliveryUnavailable):
            far.sender.send(far.attaching(), far.message(file=a_file(BODY, **wrong)))
        assert far.arrived() == []

    def test_a_file_that_cannot_be_read_to_its_end_is_not_sent(self, far):
        _needs(far, "file")

        def chunks():
            yield BODY[:1000]
            raise ObjectStoreUnavailable

        with pytest.raises(ObjectStoreUnavailable):
            far.sender.send(far.attaching(), far.message(file=a_file(BODY, chunks=chunks)))
        assert far.arrived() == []

    def test_what_has_changed_arrives_beside_the_file(self, far):
        _needs(far, "changes")
        far.sender.send(far.attaching(), far.message(file=a_file(BODY), changes=a_file(b"1,2\r\n", name=CHANGES)))
        assert _files(far) == {"sales.csv": BODY, CHANGES: b"1,2\r\n"}

    @pytest.mark.parametrize("broken", ["file", "changes"])
    def test_of_two_files_both_arrive_or_none_and_the_next_try_sends_both(self, far, broken):
        _needs(far, "changes")
        files = {"file": a_file(BODY), "changes": a_file(b"1,2\r\n", name=CHANGES)}
        with pytest.raises(DeliveryUnavailable):
            far.sender.send(far.attaching(), far.message(**files | {broken: replace(files[broken], sha256="0" * 64)}))
        assert far.arrived() == []
        far.sender.send(far.attaching(), far.message(**files))
        assert _files(far) == {"sales.csv": BODY, CHANGES: b"1,2\r\n"}

    def test_a_message_that_is_refused_is_not_worth_another_try(self, far):
        _set(far, Mood.REFUSES)
        with pytest.raises(DeliveryRefused) as refused:
            far.sender.send(far.target, far.message())
        assert refused.value.sentence.endswith(".")
        assert far.arrived() == []

    @pytest.mark.parametrize("mood", [Mood.FAILS, Mood.CUTS_OFF, Mood.HANGS])
    def test_a_server_in_trouble_is_worth_another_try_and_does_not_hold_us(self, far, mood):
        _set(far, mood)
        begin = time.monotonic()
        with pytest.raises(DeliveryUnavailable) as failed:
            far.sender.send(far.target, far.message())
        assert failed.value.sentence.endswith(".")
        assert time.monotonic() - begin < LONGEST_S
        assert far.arrived() == []

    def test_after_trouble_the_same_message_arrives(self, far):
        _set(far, Mood.FAILS)
        with pytest.raises(DeliveryUnavailable):
            far.sender.send(far.target, far.message())
        far.mood = Mood.OPEN
        assert far.sender.send(far.target, far.message())
        assert len(far.arrived()) == 1

    def test_a_server_that_is_away_is_worth_another_try(self, far):
        sender, target = far.away()
        with pytest.raises(DeliveryUnavailable):
            sender.send(target, far.message())

    def test_a_wrong_secret_is_refused_and_repeated_nowhere(self, far, caplog):
        sender, target, secret = far.wrong()
        with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryRefused) as refused:
            sender.send(target, far.message())
        told = "".join(traceback.format_exception(refused.value))
        for shown in (caplog.text, told, refused.value.sentence, repr(sender), repr(target)):
            assert secret not in shown
        assert far.arrived() == []

    @pytest.mark.parametrize("mood", Mood)
    def test_the_secret_is_in_no_log_and_no_error(self, far, caplog, mood):
        _set(far, mood)
        shown = [repr(far.sender), repr(far.target)]
        with caplog.at_level(logging.DEBUG):
            try:
                shown.append(far.sender.send(far.target, far.message()))
            except (DeliveryRefused, DeliveryUnavailable) as error:
                shown += ["".join(traceback.format_exception(error)), error.sentence]
        assert far.secret not in "".join([*shown, caplog.text])

    def test_a_trial_names_its_steps_in_order_and_leaves_no_message(self, far):
        assert tuple(far.sender.trial(far.target)) == far.steps
        assert far.arrived() == []

    def test_a_trial_stops_where_nobody_answers(self, far):
        sender, target = far.away()
        assert _steps_until(DeliveryUnavailable, sender, target) == _up_to(far.away_at, far.steps)

    def test_a_trial_stops_where_the_secret_is_wrong(self, far):
        sender, target, _secret = far.wrong()
        assert _steps_until(DeliveryRefused, sender, target) == _up_to(far.wrong_at, far.steps)

    def test_the_same_message_twice_can_be_told_from_two_messages(self, far):
        if not far.knows_twice:
            pytest.skip("the protocol of this channel carries no id of ours")
        for number in (9, 9, 10):
            far.sender.send(far.target, far.message(id=UUID(int=number)))
        assert len({each.id for each in far.arrived()}) == 2


def _files(far):
    return {name: body for each in far.arrived() for name, body in each.files.items()}


def _needs(far, form):
    if form not in far.shows:
        pytest.skip(f"this channel carries no {form}")


def _set(far, mood):
    if mood not in far.moods:
        pytest.skip(f"this server never {mood}")
    far.mood = mood


def _steps_until(error, sender, target):
    steps = []
    with pytest.raises(error):
        steps.extend(sender.trial(target))
    return tuple(steps)


def _up_to(step, steps):
    return steps[: steps.index(step) + 1]
