"""Activity by feature, of bits that tell which features a user used, and of sums of what everybody did."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from exports_pipeline.adapters.activity_runs import stored_runs
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.activity import HEADS, OTHER_BIT, Activities, Activity, bits_of_features, feature_of
from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.origin import NOBODY

EVERYBODY = "all "
"""What stands before the granularity of rows that add up what all users did, by action."""
_BITS = bits_of_features()


def asked_by_feature(buckets: Sequence[Bucket], actor: UUID | None) -> tuple[TextClause, dict[str, Any]]:
    """The statement that answers how much each feature was used, and its parameters."""
    runs = stored_runs(buckets, by_action=True)
    return _statement(has_minutes=any(run.granularity == "minute" for run in runs)), {
        "actor": actor,
        "kept": "" if actor else EVERYBODY,
        "nobody": NOBODY,
        "heads": list(HEADS),
        "other": OTHER_BIT,
        "starts": [bucket.since for bucket in buckets],
        "granularities": [run.granularity for run in runs],
        "sinces": [run.since for run in runs],
        "untils": [run.until for run in runs],
    }


def activities_by_feature(rows: Iterable[Row[Any]], buckets: int) -> Activities:
    """What the statement found."""
    actions: defaultdict[str, list[int]] = defaultdict(lambda: [0] * buckets)
    users: dict[int | None, Sequence[int]] = {}
    for row in rows:
        if row.head is None:
            users[row.place] = row.users
        else:
            actions[feature_of(row.head)][row.place - 1] += row.actions
    in_each = [users.get(place, (0,) * (1 + len(_BITS))) for place in range(1, buckets + 1)]

    def told(column: int, series: Sequence[int]) -> Activity:
        return Activity(
            actions=sum(series),
            users=users[None][column],
            actions_series=tuple(series),
            users_series=tuple(each[column] for each in in_each),
        )

    found = {name: told(column, actions[name]) for column, name in enumerate(_BITS, 1) if name in actions}
    ranked = sorted(found.items(), key=lambda each: (-each[1].actions, each[0]))
    together = [sum(series) for series in zip(*actions.values(), strict=True)] or [0] * buckets
    return Activities(everybody=told(0, together), groups=dict(ranked))


@cache
def _statement(*, has_minutes: bool) -> TextClause:
    counts = ", ".join(f"count(*) FILTER (WHERE features & {bits} <> 0)" for bits in _BITS.values())
    minutes = f"UNION ALL {load_sql('activity_minutes').text}" if has_minutes else ""
    return text(load_sql("activity_features").text.replace("COUNTS", counts).replace("MINUTES", minutes))
