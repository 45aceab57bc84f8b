"""Labels: which list and which plan of the requester a result is for; they change nothing, and are counted."""

from dataclasses import dataclass

MAX_LABEL_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What a requester writes on a request, to find it again in the insights; empty where nothing is written."""

    list: str = ""
    plan: str = ""

    @property
    def given(self) -> dict[str, str]:
        """Those that are written, by name."""
        return {name: text for name, text in (("list", self.list), ("plan", self.plan)) if text}


NO_LABELS = Labels()
