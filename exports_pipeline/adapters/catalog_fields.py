"""The fields of one mapping of a catalogue, read one by one by someone who expects anything."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from exports_pipeline.adapters.catalog_problems import Problems, suggestion

Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """One mapping; whatever is not as it should be becomes a problem and reads as missing."""

    def __init__(self, given: Mapping[Any, Any], problems: Problems, *, dataset: str | None, under: str = "") -> None:
        self._given = given
        self._problems = problems
        self._dataset = dataset
        self._under = under

    def complain(self, field: str, sentence: str) -> None:
        """Note a problem with a field."""
        self._problems.add(sentence, dataset=self._dataset, field=self._under + field)

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Note every key that means nothing here."""
        known = list(known)
        for key in self._given:
            if key not in known:
                self.complain(str(key), f"unknown key{suggestion(str(key), known)}")

    def text(self, field: str) -> str | None:
        """A text without the space around it; None if it is missing or empty."""
        value = self._given.get(field)
        if value is None:
            return None
        if not isinstance(value, str):
            self.complain(field, f"must be text, is {value!r}; put it in quotes")
            return None
        if "\x00" in value:
            self.complain(field, "has a NUL character")
            return None
        return value.strip() or None

    def required_text(self, field: str) -> str | None:
        """A text that must be there."""
        if self._given.get(field) in (None, ""):
            self.complain(field, "is missing")
            return None
        return self.text(field)

    def column(self, field: str) -> str | None:
        """The name of a column, exactly as it stands: it may well begin with a space."""
        value = self._given.get(field)
        return value if isinstance(value, str) and value and "\x00" not in value else self.text(field)

    def truth(self, field: str) -> bool:
        """A boolean, false if it is missing."""
        value = self._given.get(field)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.complain(field, f"must be true or false, is {value!r}")
        return False

    def texts(self, field: str) -> tuple[str, ...]:
        """A list of texts, empty if it is missing."""
        value = self._given.get(field)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.complain(field, f"must be a list of texts, is {value!r}")
            return ()
        return tuple(dict.fromkeys(item.strip() for item in value))

    def names(self, field: str) -> dict[str, str]:
        """A mapping of names to texts, empty if it is missing."""
        value = self._given.get(field)
        if value is None:
            return {}
        if isinstance(value, Mapping) and all(isinstance(each, str) and each.strip() for each in _both(value)):
            return {name: text.strip() for name, text in value.items()}
        self.complain(field, f"must be a mapping as {{user_id: VARCHAR}}, is {value!r}")
        return {}

    def listed(self, field: str) -> list[Any] | None:
        """A list with at least one element; None if it is missing."""
        value = self._given.get(field)
        if value is None:
            return None
        if not isinstance(value, list):
            self.complain(field, f"must be a list, is {value!r}")
            return None
        if not value:
            self.complain(field, "is empty")
            return None
        return value

    def choice(self, field: str, choices: type[Choice], *, among: Collection[Choice] | None = None) -> Choice | None:
        """One of a few words, or of some of them; None if it is missing."""
        word, known = self.text(field), among or tuple(choices)
        if word is None or word in known:
            return choices(word) if word else None
        self.complain(field, f"{word!r} is none of {', '.join(known)}")
        return None

    def given(self, field: str) -> Any:
        """Whatever stands there; None if nothing does."""
        return self._given.get(field)


def _both(mapping: Mapping[Any, Any]) -> Iterable[Any]:
    """The keys of a mapping, then its values."""
    return (*mapping, *mapping.values())
