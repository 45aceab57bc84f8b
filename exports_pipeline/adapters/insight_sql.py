"""The statements that add up the insights, one for each shape of a question: built once, since building takes long."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import TextClause, text

from exports_pipeline.adapters.insight_parts import TAIL, Part, by_values, ended, rolled_up
from exports_pipeline.core.insights import Facet

SUMS = ("completed", "failed", "cancelled", "rows", "bytes", "ran", "queue_us", "run_us")
_OPENED = ("openings", "bytes")
_OF_ENTRY = ("1 AS sign", *(f"entry.{name}" for name in SUMS))
_JOBS = "found.completed + found.failed + found.cancelled"
_IS_ANY = f"HAVING total_of({_JOBS}) > 0"
Parts = tuple[Part, ...]
Given = tuple[str, ...]


@cache
def counted(parts: Parts, given: Given, by: tuple[Facet, ...], *, is_among: bool) -> TextClause:
    """Sums by place of the span and values of facets."""
    among = "WHERE found.value_0 = ANY (:among)" if is_among else ""
    columns = ("place", *SUMS)
    looked_up = [part for part in (*parts, TAIL) if part.has_few_rows]
    at_once = [part for part in parts if not part.has_few_rows]
    rows = [*_of_levels(at_once, given, columns), *((part, _rows(part, given)) for part in looked_up)]
    found = [_told_apart(part, each, given, by, columns) for part, each in rows]
    return text(f"{_added_up(found, ('found.place', *_names(by)), SUMS, condition=among)} {_IS_ANY}")


@cache
def longest(parts: Parts, given: Given, by: tuple[Facet, ...]) -> TextClause:
    """Values of facets with their sums in one span, those with the most jobs first, and how many there are."""
    # Added up before the values of their kinds are found: a kind has a row for each bucket of each grain.
    sums = ", ".join(f"total_of({name}) AS {name}" for name in SUMS)
    found = []
    for part, rows in _of_levels((*parts, TAIL), given, SUMS):
        kinds = f"SELECT kind, {sums} FROM ({rows}) AS found GROUP BY kind"  # noqa: S608 - words of ours; values are bound
        found.append(_told_apart(part, kinds, given, by, SUMS))
    order = ", ".join([f"total_of({_JOBS}) DESC", *(f'{name} COLLATE "C"' for name in _names(by))])
    return text(f"""
        {_added_up(found, _names(by), SUMS, more=("count(*) OVER ()",))} {_IS_ANY}
        ORDER BY {order} LIMIT :most""")


@cache
def opened(parts: Parts, given: Given) -> TextClause:
    """Openings by place of the span and channel."""
    found = [rolled_up(part, given, _OPENED, more=("channel",), table="opening_rollups") for part in parts]
    return text(_added_up(found, ("found.place", "found.channel"), _OPENED))


@cache
def took(parts: Parts, given: Given) -> TextClause:
    """Two pairs of histograms: those to be added, and those to be taken away."""
    counts = ("queue_counts", "run_counts")
    found = [rolled_up(part, given, (), more=counts) for part in parts]
    seconds = [
        f"seconds_counts(entry.{name} * entry.ran, CAST(entry.ran AS integer))" for name in ("queue_us", "run_us")
    ]
    found.append(ended(given, ["1", *seconds], condition="entry.ran <> 0"))
    sums = ", ".join(f"sum_counts({name}) FILTER (WHERE sign = {sign})" for sign in (1, -1) for name in counts)
    return text(f"SELECT {sums} FROM ({' UNION ALL '.join(found)}) AS found")  # noqa: S608 - words of ours; values are bound


def _rows(part: Part, given: Given) -> str:
    wanted = () if part.has_few_rows else given
    return ended(wanted, _OF_ENTRY) if part is TAIL else rolled_up(part, wanted, SUMS)


def _of_levels(parts: Sequence[Part], given: Given, columns: Sequence[str]) -> list[tuple[Part, str]]:
    """Kind and columns of parts, those of one level together; a part stands for all whose values are found alike."""
    shown = ", ".join(("kind", *columns))
    together: dict[tuple[str, bool], list[Part]] = {}
    for part in parts:
        together.setdefault((part.level, part.has_few_rows), []).append(part)
    return [
        (alike[0], " UNION ALL ".join(f"SELECT {shown} FROM ({_rows(part, given)}) AS found" for part in alike))  # noqa: S608 - words of ours; values are bound
        for alike in together.values()
    ]


def _told_apart(part: Part, rows: str, given: Given, by: tuple[Facet, ...], columns: Sequence[str]) -> str:
    if by or (given and part.has_few_rows):
        return by_values(part, rows, given, by, columns)
    return f"SELECT {', '.join(columns)} FROM ({rows}) AS found"  # noqa: S608 - words of ours; values are bound


def _names(by: Sequence[Facet]) -> tuple[str, ...]:
    return tuple(f"found.value_{place}" for place in range(len(by)))


def _added_up(
    parts: Sequence[str], keys: Sequence[str], sums: Sequence[str], *, more: Sequence[str] = (), condition: str = ""
) -> str:
    shown = ", ".join([*keys, *(f"total_of(found.{name})" for name in sums), *more])
    union, by = " UNION ALL ".join(parts), ", ".join(keys)
    return f"SELECT {shown} FROM ({union}) AS found {condition} GROUP BY ({by})"  # noqa: S608 - words of ours; values are bound
