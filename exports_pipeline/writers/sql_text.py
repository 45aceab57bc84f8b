"""The only places where a name, a constant or a value enters the text of a DuckDB statement."""

from typing import Any


def identifier(name: str) -> str:
    """A name quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A constant of ours as a text literal; what a requester wrote is bound instead."""
    return "'" + text.replace("'", "''") + "'"


class Parameters:
    """The values bound to one statement, named in the order in which they were met."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        """Values by parameter name, as DuckDB takes them."""

    def bind(self, value: Any) -> str:
        """Add a value and return the text that stands for it."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"
