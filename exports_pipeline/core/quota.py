"""Quotas: how much a user may export in a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.requester import Requester

DAY = timedelta(days=1)
"""Over the last 24 hours at any instant, not from midnight to midnight."""


class Figure(StrEnum):
    """What is counted."""

    JOBS = "jobs"
    """Export jobs that were requested, whatever became of them."""
    ROWS = "rows"
    BYTES = "bytes"
    """Of the files of jobs that were completed, as are rows."""


class QuotaExceeded(RequestError):
    """You have exported as much as you may in a day."""

    code = "quota_exceeded"

    def __init__(
        self,
        sentence: str | None = None,
        *,
        policy: str = "quota",
        limit: int = 0,
        left: int = 0,
        retry_after_s: int = 1,
    ) -> None:
        super().__init__(sentence)
        self.policy = policy
        """Which limit was met: `jobs-per-day`, `rows-per-day` or `bytes-per-day`."""
        self.limit, self.left = limit, left
        self.retry_after_s = retry_after_s
        """Until there is room again."""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """What a user may use in a day; None: as much as they like."""

    jobs: int | None = None
    rows: int | None = None
    bytes: int | None = None

    @property
    def is_limited(self) -> bool:
        """Whether anything has a limit."""
        return any(self.limit(each) is not None for each in Figure)

    def limit(self, figure: Figure) -> int | None:
        """How much of a figure, if that is limited."""
        limit: int | None = getattr(self, figure)
        return limit

    def or_more(self, other: "Quota") -> "Quota":
        """The more generous one of two, figure by figure."""
        pairs = {each.value: (self.limit(each), other.limit(each)) for each in Figure}
        return Quota(
            **{name: None if one is None or two is None else max(one, two) for name, (one, two) in pairs.items()}
        )


@dataclass(frozen=True, kw_only=True)
class Used:
    """How much of a figure a user has used within a day."""

    amount: int = 0
    first_at: datetime | None = None
    """When the oldest of it was used: that is free again first."""
    met_at: datetime | None = None
    """If the limit is met: when what has to be free again was used, so that there is room."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a user has used within a day."""

    jobs: Used = field(default_factory=Used)
    rows: Used = field(default_factory=Used)
    bytes: Used = field(default_factory=Used)
    waiting: int = 0
    """Jobs of theirs that wait at this moment."""

    def of(self, figure: Figure) -> Used:
        """How much of a figure."""
        used: Used = getattr(self, figure)
        return used

    def resets_at(self, figure: Figure) -> datetime | None:
        """When there is room again, where a limit is met; else when some of it is free again; None if unused."""
        used = self.of(figure)
        began = used.met_at or used.first_at
        return began + DAY if began else None

    def check(self, quota: Quota, *, now: datetime, jobs: int = 1) -> None:
        """Let pass so many more jobs of a user with that quota.

        Rows and bytes are known when a job has ended: the one that crosses a limit is completed, the next one refused.

        Raises:
            QuotaExceeded: too much is used.
        """
        for figure in Figure:
            limit, used = quota.limit(figure), self.of(figure).amount
            wanted = jobs if figure is Figure.JOBS else 1
            if limit is None or used + wanted <= limit or not wanted:
                continue
            resets_at = self.resets_at(figure)
            wait = (resets_at - now).total_seconds() if resets_at else DAY.total_seconds()
            raise QuotaExceeded(
                _sentence(figure, limit, used, wanted, resets_at),
                policy=f"{figure}-per-day",
                limit=limit,
                left=max(0, limit - used),
                retry_after_s=max(1, round(wait)),
            )


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """What the deployment allows whom."""

    default: Quota = field(default_factory=Quota)
    """For users none of whose roles has an entry."""
    roles: Mapping[str, Quota] = field(default_factory=dict)
    users: Mapping[UUID, Mapping[str, int | None]] = field(default_factory=dict)
    """Figures that are otherwise for one user."""

    def of(self, requester: Requester) -> Quota:
        """The quota of a user: the most generous of those of their roles, with what is said of themselves."""
        named = [self.roles[each] for each in sorted(requester.roles) if each in self.roles]
        quota = named[0] if named else self.default
        for each in named[1:]:
            quota = quota.or_more(each)
        return replace(quota, **self.users.get(requester.user_id, {}))


def _sentence(figure: Figure, limit: int, used: int, wanted: int, resets_at: datetime | None) -> str:
    left = max(0, limit - used)
    what = "requested" if figure is Figure.JOBS else "exported"
    when = f"; there is room again at {resets_at:%Y-%m-%d %H:%M:%S} UTC" if resets_at else ""
    needed = f"; this needs {wanted:,}" if wanted > 1 else ""
    return (
        f"You may export {limit:,} {figure} a day, have {what} {used:,} in the last 24 hours, "
        f"and {left:,} are left{needed}{when}."
    )
