"""What a saved destination says; a mere address says none of it."""

from exports_pipeline.core.errors import DeliveryRefused
from exports_pipeline.core.message import Target


def option(target: Target, name: str) -> str:
    """An option that the channel cannot do without.

    Raises:
        DeliveryRefused: the target has none.
    """
    return _found(target, target.options.get(name), name)


def secret(target: Target, name: str) -> str:
    """A secret that the channel cannot do without.

    Raises:
        DeliveryRefused: the target has none.
    """
    return _found(target, target.secrets.get(name), name)


def _found(target: Target, value: str | None, name: str) -> str:
    if not value:
        raise DeliveryRefused(f"The channel {target.channel} needs {name!r}; send to a saved destination that has it.")
    return value
