r"""What is personal within free text, found and replaced: most texts are passed over by DuckDB alone.

Addresses are found by DuckDB, numbers by `without_numbers`, a function of ours that a connection has to know; it is
asked about texts only that may hold one.
"""

from collections.abc import Iterable

import duckdb

from exports_pipeline.core.redaction_policy import TextKind
from exports_pipeline.writers.personal_numbers import NUMBERS, without_numbers
from exports_pipeline.writers.sql_text import literal

MARKS = {TextKind.EMAIL: "[e-mail]"} | {kind: numbers.mark for kind, numbers in NUMBERS.items()}
"""What stands in place of what was found."""
_LETTER = r"\p{L}\p{M}\p{N}"
_EMAIL = rf"[{_LETTER}._%+'\-]+@(?:[{_LETTER}](?:[{_LETTER}\-]*[{_LETTER}])?\.)+\p{{L}}[{_LETTER}\-]*[{_LETTER}]"


def add_text_scan(connection: duckdb.DuckDBPyConnection) -> None:
    """Make a connection know what `scanned` asks for; once, before its settings are locked."""
    connection.create_function(without_numbers.__name__, without_numbers, ["VARCHAR", "VARCHAR"], "VARCHAR")


def scanned(cell: str, kinds: Iterable[TextKind]) -> str:
    """A cell of text with everything of these kinds replaced by a mark; other texts, and NULL, are as they were."""
    wanted = set(kinds)
    numbers = [kind for kind in NUMBERS if kind in wanted]
    hints, found = [NUMBERS[kind].hint.pattern for kind in numbers], cell
    if TextKind.EMAIL in wanted:  # first, since an address may hold digits
        hints.append("@")
        found = f"regexp_replace({found}, {literal(_EMAIL)}, {literal(MARKS[TextKind.EMAIL])}, 'g')"
    if numbers:
        found = f"{without_numbers.__name__}({found}, {literal(','.join(numbers))})"
    if not hints:
        return cell
    may_hold = f"regexp_matches({cell}, {literal('|'.join(hints))})"  # once: RE2 looks for many as fast as for one
    return f"CASE WHEN {may_hold} THEN {found} ELSE {cell} END"
