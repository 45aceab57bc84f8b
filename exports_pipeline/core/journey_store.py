"""The port of the campaigns and their journeys: what was rolled up, read again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from exports_pipeline.core.bucket import Bucket


class JourneyStore(Protocol):
    """Campaigns of one tenant, and the journeys through them."""

    def campaigns(self, tenant: str) -> list[str]:
        """All campaigns an event was ever seen of, in order of code points.

        Raises:
            LedgerUnavailable
        """

    def knows(self, tenant: str, campaign: str) -> bool:
        """Whether an event of the campaign was ever seen.

        Raises:
            LedgerUnavailable
        """

    def reached(
        self, tenant: str, campaign: str, buckets: Sequence[Bucket], *, steps: int, segments: Sequence[str] | None
    ) -> tuple[tuple[int, ...], ...]:
        """For each bucket, for each step, how many of the journeys that began in it reached the step.

        The buckets follow on one another. With `segments`, of journeys of these alone; '' is that of events without
        one.

        Raises:
            LedgerUnavailable
        """

    def durations(
        self, tenant: str, campaign: str, span: Bucket, *, segments: Sequence[str] | None
    ) -> Mapping[tuple[int, int], int]:
        """How long the journeys that began in a span took to a step, counted from 1, since another.

        Each as a histogram (`histogram.packed`); segments as above.

        Raises:
            LedgerUnavailable
        """

    def forget(self, *, before: datetime) -> int:
        """Delete the journeys that began before then, and what was counted of them; how many there were.

        A customer who comes back later begins a new journey.

        Raises:
            LedgerUnavailable
        """
