"""Spans: which step of an export took how long, told to whoever traces."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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

    @contextmanager
    def span(self, name: str, *, parent: str | None = None, **facts: Fact) -> Iterator[Tell]:  # noqa: ARG002 - the port
        """Do nothing."""
        yield lambda _name, _fact: None

    def traceparent(self) -> str | None:
        """There is none."""
        return None
