"""Senders whose libraries are loaded when they are first used: together they take a second of every start."""

from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import import_module

from exports_pipeline.core.message import Message, Sender, Target


class LaterSender:
    """A `Sender` that is made at its first use, of a class named as `module:Class`."""

    def __init__(self, name: str, make: Callable[[type], Sender]) -> None:
        self._name = name
        self._make = make

    def send(self, target: Target, message: Message) -> str:
        """Send a message by the real sender."""
        return self._sender.send(target, message)

    def trial(self, target: Target) -> Iterator[str]:
        """Try a target out by the real sender."""
        yield from self._sender.trial(target)

    @cached_property
    def _sender(self) -> Sender:
        module, _, name = self._name.partition(":")
        return self._make(getattr(import_module(module), name))
