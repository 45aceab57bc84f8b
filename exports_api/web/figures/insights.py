"""The charts of the insights: what was found, as a chart of the reports with a link behind every mark."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from exports_api.web import words
from exports_api.web.figures.figure import Figure, figure_of
from exports_api.web.forms.insights import InsightQuery
from exports_api.web.viewing import Viewing
from exports_pipeline.core.insights import Tally
from exports_pipeline.core.job_filter import MANUAL
from exports_pipeline.core.recipient import Channel
from exports_pipeline.core.report import Chart, Kind, Mark, Series
from exports_pipeline.core.time_spans import Granularity, Span
from exports_pipeline.usecases.read_insights import Bar, Bars, Column

DESTINATIONS = {MANUAL: "Fetched by hand", **{str(each): words.channel(each) for each in Channel}}
"""Where results go, as people call it."""
_SLICES = 7
_HEADS = {Granularity.DAY: "Day", Granularity.WEEK: "Week of", Granularity.MONTH: "Month"}
_EDGES = {
    Granularity.DAY: "",
    Granularity.WEEK: " The first and the last week may be incomplete.",
    Granularity.MONTH: " The first and the last month may be incomplete.",
}


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A series over time."""

    name: str
    value: Callable[[Column], float | None]
    count: Callable[[Column], float]
    """How many exports stand behind a mark."""
    keys: Mapping[str, str]
    """Which values they have."""


class InsightFigures:
    """Draws what was found for one address and one viewer; without links for whoever may not see the exports."""

    def __init__(self, query: InsightQuery, view: Viewing, *, leads: bool) -> None:
        self._query, self._view, self._leads = query, view, leads

    def destinations(self, columns: Sequence[Column]) -> Figure:
        """How results were delivered over time, stacked."""
        keys = [bar.key[0] for bar in columns[0].parts] if columns else []
        return self._over_time(
            "How exports were delivered",
            Mark.STACKED_BAR,
            columns,
            [
                _Line(
                    name=DESTINATIONS.get(key, key), value=_part(place), count=_part(place), keys={"destination": key}
                )
                for place, key in enumerate(keys)
            ],
            said=f"Exports by {self._query.granularity_of_bars} and way of delivery; one with several counts for each.",
            y_title="Exports",
            granularity=self._query.granularity_of_bars,
        )

    def volume(self, columns: Sequence[Column]) -> Figure:
        """Exported rows over time."""
        line = _Line(
            name="Rows",
            value=lambda column: float(column.tally.rows),
            count=lambda column: float(column.tally.completed),
            keys={"status": "completed"},
        )
        said = f"Rows of completed exports by {self._query.granularity}."
        return self._over_time("Exported rows", Mark.LINE, columns, [line], said=said, y_title="Rows")

    def failures(self, columns: Sequence[Column]) -> Figure:
        """Which share of the exports failed, over time."""
        line = _Line(
            name="Failed",
            value=lambda column: failure_rate(column.tally),
            count=lambda column: float(column.tally.failed),
            keys={"status": "failed"},
        )
        said = f"Share of the exports that failed, by {self._query.granularity}."
        return self._over_time("Failed exports", Mark.LINE, columns, [line], said=said, kind=Kind.PERCENT)

    def tags(self, bars: Bars) -> Figure:
        """The tags as parts of a whole."""
        first, rest = bars.bars[:_SLICES], sum(bar.tally.jobs for bar in bars.bars[_SLICES:])
        names = [bar.key[0] or "without a tag" for bar in first] + ["other tags"] * bool(rest)
        return self._among(
            "Tags", Mark.PIE, names, [*(bar.tally.jobs for bar in first), *([rest] if rest else [])], first, "tag",
            said="Tags of what was exported; an export with several counts under each.",
        )  # fmt: skip

    def plans(self, bars: Bars) -> Figure:
        """How often each plan feeds exports."""
        names = [bar.key[0] or "without a plan" for bar in bars.bars]
        return self._among(
            "Plans", Mark.BAR, names, [bar.tally.jobs for bar in bars.bars], bars.bars, "plan",
            said=f"Exports by plan{', the ones used most' if bars.left_out else ''}.",
        )  # fmt: skip

    def _over_time(
        self,
        title: str,
        mark: Mark,
        columns: Sequence[Column],
        lines: Sequence[_Line],
        *,
        said: str,
        y_title: str = "",
        kind: Kind = Kind.INTEGER,
        granularity: Granularity | None = None,
    ) -> Figure:
        granularity = granularity or self._query.granularity
        chart = Chart(
            heading=title,
            mark=mark,
            categories=[self._begins(column.span) for column in columns],
            series=[Series(name=line.name, values=[line.value(column) for column in columns]) for line in lines],
            description=said + _EDGES[granularity],
            x_title=_HEADS[granularity],
            y_title=y_title,
            kind=kind,
        )
        to = [
            [
                self._jobs(column.span) if column.tally.jobs and len(lines) > 1 else "",
                *(self._jobs(column.span, **line.keys) if line.count(column) else "" for line in lines),
            ]
            for column in columns
        ]
        return figure_of(chart, self._view, links=to if self._leads else ())

    def _among(
        self,
        title: str,
        mark: Mark,
        names: Sequence[str],
        counts: Sequence[int],
        bars: Sequence[Bar],
        field: str,
        *,
        said: str,
    ) -> Figure:
        chart = Chart(
            heading=title,
            mark=mark,
            categories=names,
            series=[Series(name="Exports", values=[float(count) for count in counts])],
            description=said,
            kind=Kind.INTEGER,
        )
        to = [["", self._jobs(None, **{field: bar.key[0]})] for bar in bars]
        to += [["", ""]] * (len(names) - len(bars))
        return figure_of(chart, self._view, links=to if self._leads else ())

    def _jobs(self, span: Span | None, **values: str) -> str:
        return self._query.jobs_in(span, **values)

    def _begins(self, span: Span) -> date:
        return span.since.astimezone(ZoneInfo(self._query.days.timezone)).date()


def failure_rate(tally: Tally) -> float | None:
    """Which share of the exports failed; None where there are none."""
    return tally.failed / tally.jobs if tally.jobs else None


def _part(place: int) -> Callable[[Column], float]:
    return lambda column: float(column.parts[place].tally.jobs)
