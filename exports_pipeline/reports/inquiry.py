"""Remembers what a report asked, so that the report can say what it was made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from exports_pipeline.core.filters import Filters, days_in_words, values_in_words
from exports_pipeline.core.question import Answer, Question
from exports_pipeline.core.question_text import condition_text

Ask: TypeAlias = Callable[[Question], Answer]
"""Asks a question as the requester of the report."""


@dataclass(kw_only=True)
class _Source:
    dataset: str
    narrowed: str
    row_counts: list[int] = field(default_factory=list)


class Inquiry:
    """The questions of one report with their answers."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._answers: dict[Question, Answer] = {}
        self._sources: dict[tuple[str, str], _Source] = {}

    def ask(self, question: Question) -> Answer:
        """The answer to a question; the same one twice is asked once."""
        if question not in self._answers:
            answer = self._answers[question] = self._ask(question)
            key = (question.dataset, _narrowed(question))
            source = self._sources.setdefault(key, _Source(dataset=key[0], narrowed=key[1]))
            source.row_counts.append(answer.row_count)
        return self._answers[question]

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Datasets with filters and row counts, the time zone, the redactions, and what was cut."""
        lines = [
            # A question by a LIST counts a row more than once; the fewest are the rows.
            ("Dataset", f"{source.dataset}, {source.narrowed}: {min(source.row_counts):,} rows")
            for source in self._sources.values()
        ]
        zones = dict.fromkeys(question.timezone for question in self._answers)
        redactions = {name: how for answer in self._answers.values() for name, how in answer.redactions.items()}
        lines += [("Time zone", zone) for zone in zones]
        lines.append(("Redactions", ", ".join(f"{name} ({how})" for name, how in redactions.items()) or "none"))
        for question, answer in self._answers.items():
            if answer.is_cut:
                groups = ", ".join(each.name for each in question.by)
                lines.append(("Left out", f"groups by {groups} beyond the first {question.limit:,}"))
        return tuple(dict.fromkeys(lines))


def _narrowed(question: Question) -> str:
    filters = question.filters
    parts = [
        period_in_words(filters),
        *([f"accounts {', '.join(filters.account_ids)}"] if filters.account_ids else []),
        *([f"tags {', '.join(filters.tag_ids)}"] if filters.tag_ids else []),
        *(f"{name} {wanted}" for name, wanted in values_in_words(filters.values)),
        *(condition_text(condition) for condition in question.where),
    ]
    return ", ".join(parts)


def period_in_words(filters: Filters) -> str:
    """The dates of filters, both inclusive."""
    return days_in_words(filters.start_date, filters.end_date) or "all dates"
