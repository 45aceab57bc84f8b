"""Parts of the statements that add up the insights: what one level has of one grain, and the kinds of its rows.

Names of levels, grains, columns and facets are words of ours; whatever a question asks for is bound. Pieces of time are
arrays, `places_day`, `signs_day`, `sinces_day`, `untils_day` and so on for each grain, and `..._tail` for whole spans.
"""

from collections.abc import Sequence
from typing import NamedTuple

from exports_pipeline.core.insights import Facet

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
_ONE = {  # whoever asks for one of them is told of that one, not of those that jobs have besides
    Facet.TAG: "CROSS JOIN (VALUES (CAST(:tag AS text))) AS tag (value)",
    Facet.DESTINATION: "CROSS JOIN (VALUES (CAST(:destination AS text))) AS destination (value)",
}


class Part(NamedTuple):
    """The rows that are read of one grain."""

    grain: str
    level: str

    @property
    def has_few_rows(self) -> bool:
        """Whether they are fewer than the kinds there may be of them, which are looked up one by one then."""
        return self.level == "job" and self.grain in {"quarter", "tail"}


TAIL = Part("tail", "job")
"""What is in no roll-up yet; its kinds are those of the level that knows all."""


def rolled_up(
    part: Part, given: Sequence[str], sums: Sequence[str], *, more: Sequence[str] = (), table: str | None = None
) -> str:
    """Rows of the roll-ups of the kinds that a filter wants: place of the span, kind, sign, and with it the sums.

    They are read piece by piece by the key, whatever Postgres believes of how many there are; hence OFFSET 0.
    """
    signed = [*(f"found.{name}" for name in more), *(f"piece.sign * found.{name} AS {name}" for name in sums)]
    return f"""
        SELECT piece.place, found.kind, piece.sign, {", ".join(signed)}
        FROM {_pieces(part.grain)}
        CROSS JOIN LATERAL (
            SELECT stored.kind, {", ".join(f"stored.{name}" for name in (*more, *sums))}
            FROM {table or f"job_rollups_{part.level}_{part.grain}"} AS stored
            WHERE stored.level = '{part.level}' AND stored.grain = '{part.grain}'
                AND stored.bucket >= piece.since AND stored.bucket < piece.until {_wanted(part, given)}
            OFFSET 0
        ) AS found"""  # noqa: S608 - words of ours; values are bound


def ended(given: Sequence[str], columns: Sequence[str], *, condition: str = "true") -> str:
    """Rows of the tail in the shape of `rolled_up`."""
    kinds = f"AND entry.kind IN ({_kinds(TAIL, given)})" if given else ""
    return f"""
        SELECT piece.place, entry.kind, {", ".join(columns)}
        FROM {_pieces("tail")} JOIN job_tail AS entry ON entry.ended_at >= piece.since AND entry.ended_at < piece.until
        WHERE {condition} {kinds}"""  # noqa: S608 - words of ours; values are bound


def by_values(part: Part, rows: str, given: Sequence[str], by: Sequence[Facet], columns: Sequence[str]) -> str:
    """These columns of rows, and of their kinds the values of facets as `value_0`, `value_1` ...

    Of parts with few rows all kinds are taken; those that a filter wants are found here.
    """
    each = " ".join((_ONE if facet.value in given else _EACH).get(facet, "") for facet in by)
    values = [f"{_VALUES[facet]} AS value_{place}" for place, facet in enumerate(by)]
    shown = ", ".join([*(f"kind.value_{place}" for place in range(len(by))), *(f"found.{name}" for name in columns)])
    asked = f"SELECT {', '.join(['kind.id', *values])} FROM job_kinds AS kind {each}"  # noqa: S608 - words of ours; values are bound
    if part.has_few_rows:
        wanted = " AND ".join(["kind.id = found.kind", *(_CONDITIONS[name] for name in given)])
        return f"SELECT {shown} FROM ({rows}) AS found CROSS JOIN LATERAL ({asked} WHERE {wanted} OFFSET 0) AS kind"  # noqa: S608 - words of ours; values are bound
    # All kinds of the level at once, and once for all rows; one by one, or piece by piece, as Postgres would, they take
    # twice as long.
    kinds = f"{asked} WHERE kind.level = '{part.level}' OFFSET 0"
    return f"SELECT {shown} FROM ({rows} OFFSET 0) AS found JOIN ({kinds}) AS kind ON kind.id = found.kind"  # noqa: S608 - words of ours; values are bound


def _wanted(part: Part, given: Sequence[str]) -> str:
    if not given:
        return ""
    kinds = _kinds(part, given)
    # Kind by kind through the key, but not where each piece has fewer rows than there may be kinds: each of these is
    # looked up among the kinds that are wanted. IS TRUE has Postgres find them once, and not again for each piece.
    is_wanted = f"(stored.kind IN ({kinds})) IS TRUE"
    return f"AND {is_wanted}" if part.grain == "quarter" else f"AND stored.kind = ANY (ARRAY({kinds}))"


def _kinds(part: Part, given: Sequence[str]) -> str:
    conditions = " AND ".join(_CONDITIONS[name] for name in given)
    return f"SELECT kind.id FROM job_kinds AS kind WHERE kind.level = '{part.level}' AND {conditions}"  # noqa: S608 - words of ours; values are bound


def _pieces(name: str) -> str:
    kinds = {"places": "integer", "signs": "integer", "sinces": "timestamptz", "untils": "timestamptz"}
    given = ", ".join(f"CAST(:{what}_{name} AS {kind}[])" for what, kind in kinds.items())
    return f"unnest({given}) AS piece (place, sign, since, until)"
