"""What a document that people read says of itself: where its rows come from, for whom, and what was done to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from exports_pipeline.core.filters import Selection, days_in_words, values_in_words
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.unmasking import NO_REASON

_IN_WORDS = {"mask": "masked", "hash": "hashed", "drop": "left out"}
_AT_LENGTH = {
    "mask": "masked: every value is ***",
    "hash": "hashed: the same value has the same hash",
    "drop": "left out",
}


@dataclass(frozen=True, kw_only=True)
class About:
    """The facts of one attempt's file."""

    job_id: UUID
    dataset: str
    title: str
    description: str
    requester: str
    """The e-mail address where the token carried one, else the user's id."""
    made_at: datetime
    """In UTC; documents show it in `timezone`."""
    timezone: str
    row_count: int
    filters: tuple[tuple[str, str], ...] = ()
    """What was narrowed, in words: `("Period", "2013-07-01 to 2013-07-31")`."""
    redactions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Column name -> what happened to it: `drop`, `mask`, `truncate to 1000` ..."""
    lifted: tuple[str, ...] = ()
    """Columns that are shown only because the requester unmasked them."""
    unmask_reason: str | None = None
    """Why."""


def about(selection: Selection, requester: Requester, *, job_id: UUID, rows: int, now: datetime) -> About:
    """The facts of the file that is about to be written."""
    return About(
        job_id=job_id,
        dataset=selection.dataset.name,
        title=selection.dataset.title or selection.dataset.name,
        description=selection.dataset.description,
        requester=requester.email or str(requester.user_id),
        made_at=now,
        timezone=selection.timezone,
        row_count=rows,
        filters=filters_in_words(selection),
        redactions=selection.everything_redacted,
        lifted=selection.lifted,
    )


def filters_in_words(selection: Selection) -> tuple[tuple[str, str], ...]:
    """What a selection narrows, each filter with its name; all rows of an owner are no filter."""
    period = days_in_words(selection.start_date, selection.end_date)
    lines = [("Period", period)] if period else []
    if selection.account_ids:
        lines.append(("Accounts", ", ".join(selection.account_ids)))
    if selection.tag_ids:
        lines.append(("Tags", ", ".join(selection.tag_ids)))
    titles = {column.name: column.title or column.name for column in selection.dataset.columns}
    return (*lines, *((titles.get(name, name), wanted) for name, wanted in values_in_words(selection.values)))


def redaction_in_words(rule: str) -> str:
    """What was done to a column, for people: `masked`, `truncated to 1000`, `searched for email, card`."""
    return _IN_WORDS.get(rule) or rule.replace("truncate to", "truncated to").replace("scan for", "searched for")


def redaction_at_length(rule: str) -> str:
    """The same in a sentence, where there is room."""
    if rule.startswith("scan for"):
        return f"{redaction_in_words(rule)}; what was found is replaced by its kind, as [card]"
    return _AT_LENGTH.get(rule) or redaction_in_words(rule)


def unmasked(about: About) -> str:
    """Which columns the requester unmasked, and why."""
    return f"{', '.join(about.lifted)}: {about.unmask_reason or NO_REASON}"
