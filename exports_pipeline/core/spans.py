"""Spans: which step of an export took how long, told to whoever traces."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Fact = str | int
Tell = Callable[[str, Fact], None]
"""Adds a fact to the span that is open."""


class Spans(Protocol):
    """Where spans go."""

    def span(self, name: str, *, parent: str | None = None, **facts: Fact) -> AbstractContextManager[Tell]:
        """A step, from entering to leaving; below `parent`, a W3C traceparent, or else below the step around it."""

    def traceparent(self) -> str | None:
        """The W3C traceparent of the step around the caller; None where nobody traces."""


class NoSpans:
    """`Spans` where nobody traces."""

    def span(self, name: str, *, parent: str | None = None, **facts: Fact) -> AbstractContextManager[Tell]:  # noqa: ARG002 - the port
        """Do nothing."""
        return nullcontext(_tell_nobody)

    def traceparent(self) -> str | None:
        """There is none."""
        return None


def _tell_nobody(_name: str, _fact: Fact) -> None:
    pass
