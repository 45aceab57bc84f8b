"""The statements that add up the insights, one for each shape of a question: built once, since building takes long.

Names of levels, grains, columns and facets are words of ours; whatever a question asks for is bound. Pieces of time are
arrays, `places_day`, `signs_day`, `sinces_day`, `untils_day` and so on for each grain, and `..._tail` for whole spans.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import TextClause, text

from exports_pipeline.core.insights import Facet

SUMS = ("completed", "failed", "cancelled", "rows", "bytes", "ran", "queue_us", "run_us")
_OPENED = ("openings", "bytes")
_CONDITIONS = {
    "user_id": "kind.user_id = :user_id",
    "dataset": "kind.dataset = :dataset",
    "type": "kind.type = :type",
    "tag": "kind.tags @> ARRAY[CAST(:tag AS text)]",
    "no tag": "cardinality(kind.tags) = 0",
    "format": "kind.format = :format",
    "destination": "kind.destinations @> ARRAY[CAST(:destination AS text)]",
    "list": "kind.list = :list",
    "plan": "kind.plan = :plan",
    "status": "kind.status = :status",
    "error_code": "kind.error_code = :error_code",
}
_VALUES = {
    Facet.TAG: "tag.value",
    Facet.DESTINATION: "destination.value",
    Facet.FORMAT: "kind.format",
    Facet.DATASET: "kind.dataset",
    Facet.TYPE: "kind.type",
    Facet.LIST: "kind.list",
    Facet.PLAN: "kind.plan",
    Facet.USER: "CAST(kind.user_id AS text)",
    Facet.STATUS: "kind.status",
    Facet.ERROR: "kind.error_code",
}
_EACH = {  # a row for each tag, and of these one for each destination
    Facet.TAG: "CROSS JOIN unnest(CASE WHEN kind.tags = '{}' THEN '{\"\"}' ELSE kind.tags END) AS tag (value)",
    Facet.DESTINATION: "CROSS JOIN unnest(kind.destinations) AS destination (value)",
}
Levels = tuple[tuple[str, str], ...]
"""Grain and level of each part of a question."""


@cache
def counted(levels: Levels, given: tuple[str, ...], by: tuple[Facet, ...], *, is_among: bool) -> TextClause:
    """Sums by place of the span and values of facets."""
    parts = [_rows(f"job_rollups_{level}_{grain}", level, grain, given, SUMS) for grain, level in levels]
    parts.append(_ended(given, ["1", *(f"entry.{name}" for name in SUMS)]))
    each = " ".join(["JOIN job_kinds AS kind ON kind.id = found.kind", *(_EACH.get(facet, "") for facet in by)])
    condition = f"WHERE {_VALUES[by[0]]} = ANY (:among)" if is_among else ""
    keys = ("found.place", *(_VALUES[facet] for facet in by))
    return text(f"""
        {_added_up(parts, keys, SUMS, source=f"{each if by else ''} {condition}")}
        HAVING sum(found.completed + found.failed + found.cancelled) > 0""")


@cache
def opened(levels: Levels, given: tuple[str, ...]) -> TextClause:
    """Openings by place of the span and channel."""
    parts = [_rows("opening_rollups", level, grain, given, _OPENED, more=("channel",)) for grain, level in levels]
    return text(_added_up(parts, ("found.place", "found.channel"), _OPENED))


@cache
def took(levels: Levels, given: tuple[str, ...]) -> TextClause:
    """Two pairs of histograms: those to be added, and those to be taken away."""
    counts = ("queue_counts", "run_counts")
    parts = [_rows(f"job_rollups_{level}_{grain}", level, grain, given, (), more=counts) for grain, level in levels]
    seconds = [
        f"seconds_counts(entry.{name} * entry.ran, CAST(entry.ran AS integer))" for name in ("queue_us", "run_us")
    ]
    parts.append(_ended((*given,), ["1", *seconds], "AND entry.ran <> 0"))
    sums = ", ".join(f"sum_counts({name}) FILTER (WHERE sign = {sign})" for sign in (1, -1) for name in counts)
    return text(f"SELECT {sums} FROM ({' UNION ALL '.join(parts)}) AS found")  # noqa: S608 - words of ours; values are bound


def _rows(
    table: str, level: str, grain: str, given: Sequence[str], sums: Sequence[str], more: Sequence[str] = ()
) -> str:
    """Rows of one level and grain: place of the span, kind, sign, and with it the sums.

    They are read piece by piece by the key, whatever Postgres believes of how many there are; hence OFFSET 0.
    """
    signed = ", ".join(
        [*(f"found.{name}" for name in more), *(f"piece.sign * found.{name} AS {name}" for name in sums)]
    )
    # Kind by kind through the key, but not where each piece has fewer rows than there may be kinds.
    means = f"IN ({_kinds(level, given)})" if grain == "quarter" else f"= ANY (ARRAY({_kinds(level, given)}))"
    kinds = f"AND stored.kind {means}" if given else ""
    return f"""
        SELECT piece.place, found.kind, piece.sign, {signed}
        FROM {_pieces(grain)}
        CROSS JOIN LATERAL (
            SELECT stored.kind, {", ".join(f"stored.{name}" for name in (*more, *sums))}
            FROM {table} AS stored
            WHERE stored.level = '{level}' AND stored.grain = '{grain}'
                AND stored.bucket >= piece.since AND stored.bucket < piece.until {kinds}
            OFFSET 0
        ) AS found"""  # noqa: S608 - words of ours; values are bound


def _ended(given: Sequence[str], columns: Sequence[str], condition: str = "") -> str:
    """What is in no roll-up yet, in the shape of `_rows`; it names kinds of the level that knows all."""
    kinds = f"AND entry.kind IN ({_kinds('job', given)})" if given else ""
    return f"""
        SELECT piece.place, entry.kind, {", ".join(columns)}
        FROM {_pieces("tail")} JOIN job_tail AS entry ON entry.ended_at >= piece.since AND entry.ended_at < piece.until
        WHERE true {kinds} {condition}"""  # noqa: S608 - words of ours; values are bound


def _kinds(level: str, given: Sequence[str]) -> str:
    conditions = " AND ".join(_CONDITIONS[name] for name in given)
    return f"SELECT kind.id FROM job_kinds AS kind WHERE kind.level = '{level}' AND {conditions}"  # noqa: S608 - words of ours; values are bound


def _pieces(name: str) -> str:
    kinds = (("places", "integer"), ("signs", "integer"), ("sinces", "timestamptz"), ("untils", "timestamptz"))
    given = ", ".join(f"CAST(:{what}_{name} AS {kind}[])" for what, kind in kinds)
    return f"unnest({given}) AS piece (place, sign, since, until)"


def _added_up(parts: Sequence[str], keys: Sequence[str], sums: Sequence[str], *, source: str = "") -> str:
    totals = ", ".join(f"CAST(sum(found.{name}) AS bigint)" for name in sums)
    by = ", ".join(keys)
    return f"SELECT {by}, {totals} FROM ({' UNION ALL '.join(parts)}) AS found {source} GROUP BY {by}"  # noqa: S608 - words of ours; values are bound
