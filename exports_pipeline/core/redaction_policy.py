"""What a policy makes of columns by their class, for the roles of whoever asks: the strictest rule wins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

CLASSES = ("pii", "financial", "health", "secret")
"""The classes that need no declaration; a policy names others by giving them a rule for everybody."""
EVERYBODY = "default"
"""In place of a role: those of whose roles none says anything about a class."""


class Sensitivity(StrEnum):
    """What happens to a column for those who do not unmask it."""

    DROP = "drop"
    MASK = "mask"
    HASH = "hash"
    TRUNCATE = "truncate"
    """Dates to the month, numbers to a step; by a policy only."""


FIXED = (Sensitivity.DROP, Sensitivity.MASK, Sensitivity.HASH)
"""What a catalogue may say of a column itself, for everybody."""
_WEAKEST_FIRST = (None, Sensitivity.TRUNCATE, Sensitivity.HASH, Sensitivity.MASK, Sensitivity.DROP)


class TextKind(StrEnum):
    """What is searched for in a text, and replaced by a mark that names the kind."""

    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    PHONE = "phone"


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """What is done to the values of a column."""

    rule: Sensitivity | None = None
    """None shows them as they are."""
    step: str = ""
    """What numbers are truncated to a multiple of, as a decimal; empty where the rule is none of numbers."""

    @property
    def strictness(self) -> tuple[int, Decimal]:
        """Greater is stricter; of two truncations, the coarser is."""
        return _WEAKEST_FIRST.index(self.rule), Decimal(self.step or 0)


SHOWN = Treatment()
MASKED = Treatment(rule=Sensitivity.MASK)


def strictest(treatments: Iterable[Treatment]) -> Treatment:
    """The one that wins of those that apply; without any, values are shown."""
    return max(treatments, key=lambda each: each.strictness, default=SHOWN)


@dataclass(frozen=True, kw_only=True)
class RedactionPolicy:
    """Role -> class -> what is done to the columns of that class."""

    rules: Mapping[str, Mapping[str, Treatment]] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """All classes that a column may have."""
        return tuple(dict.fromkeys((*CLASSES, *self.rules.get(EVERYBODY, {}))))

    def of_class(self, data_class: str, roles: Iterable[str]) -> Treatment:
        """What those with these roles get of a class: the strictest of what their roles say, else everybody's rule.

        Where the policy says nothing at all, the class is masked.
        """
        said = [self.rules[role][data_class] for role in roles if data_class in self.rules.get(role, {})]
        return strictest(said) if said else self.rules.get(EVERYBODY, {}).get(data_class, MASKED)

    def about(self, data_class: str) -> dict[str, Treatment]:
        """What it says of one class, by role."""
        return {role: rules[data_class] for role, rules in sorted(self.rules.items()) if data_class in rules}
