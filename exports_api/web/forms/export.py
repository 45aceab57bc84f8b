"""The form of an export: what its fields say, as the body of a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData

from exports_api.web.forms.recipients import recipients_in
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.formats import OPTIONS_OF_FORMAT, Compression, Format
from exports_pipeline.core.refusals import InvalidOption


@dataclass(frozen=True, kw_only=True)
class Style:
    """A format with its options, in words that a person chooses by."""

    name: str
    title: str
    said: str
    format: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


STYLES = (
    Style(name="xlsx", title="Excel workbook", said="opens in Excel, numbers stay numbers", format="xlsx"),
    Style(name="csv", title="CSV", said="plain text with commas, for programs and spreadsheets", format="csv"),
    Style(
        name="csv-excel",
        title="CSV for Excel, English style",
        said="decimal points, and marked so that Excel reads every letter",
        format="csv",
        options=MappingProxyType({"bom": True}),
    ),
    Style(
        name="csv-german",
        title="CSV for Excel, German style",
        said="semicolons and decimal commas, as Excel reads them in much of Europe",
        format="csv",
        options=MappingProxyType({"bom": True, "decimal_comma": True}),
    ),
    Style(name="parquet", title="Parquet", said="for data tools; keeps every type", format="parquet"),
    Style(name="json", title="JSON", said="one array of objects", format="json"),
    Style(name="jsonl", title="JSON Lines", said="one object a line, for streaming", format="jsonl"),
    Style(name="pdf", title="PDF", said="a printed table, for some thousands of rows", format="pdf"),
)
PRESETS = (
    ("today", "Today"),
    ("yesterday", "Yesterday"),
    ("last-7-days", "Last 7 days"),
    ("last-30-days", "Last 30 days"),
    ("this-month", "This month"),
    ("last-month", "Last month"),
    ("last-quarter", "Last quarter"),
    ("this-year", "This year"),
    ("last-year", "Last year"),
)
"""Ranges that a script turns into two dates by the viewer's clock."""


@dataclass(frozen=True, kw_only=True)
class ExportForm:
    """The fields as they were filled."""

    style: Style
    body: Mapping[str, Any]
    """As `POST /api/analytics/exports` takes it."""
    given: FormData = field(repr=False)
    """The fields themselves."""

    def text(self, name: str) -> str:
        """What a field holds that is shown again as it was typed."""
        return str(self.given.get(name) or "")

    @property
    def is_packed(self) -> bool:
        """Whether the file is wanted compressed."""
        return "compression" in self.body["options"]

    @property
    def downloads_itself(self) -> bool:
        """Whether the browser is to fetch the file as soon as it is ready."""
        return bool(self.given.get("download"))

    @property
    def names_somebody(self) -> bool:
        """Whether anybody gets the result besides whoever asks."""
        return "recipients" in self.body

    @property
    def chosen(self) -> frozenset[str]:
        """All chosen accounts, tags and columns, with their field before them, as `tag_ids:food`."""
        fields = ("account_ids", "tag_ids", "columns")
        return frozenset(f"{field}:{value}" for field in fields for value in self.body.get(field, ()))

    @staticmethod
    def read(form: FormData, *, dataset: str) -> "ExportForm":
        """What the fields say; an empty one says nothing."""
        style = next((each for each in STYLES if each.name == form.get("style")), STYLES[0])
        body: dict[str, Any] = {"dataset_id": dataset, "format": style.format, "options": dict(style.options)}
        for name in ("start_date", "end_date"):
            if value := form.get(name):
                body[name] = value
        for name in ("account_ids", "tag_ids", "columns", "share_with"):
            if values := [value for value in form.getlist(name) if value]:
                body[name] = values
        if zone := form.get("timezone"):
            body["options"]["timezone"] = zone
        if form.get("packed") and "compression" in OPTIONS_OF_FORMAT[Format(style.format)]:
            body["options"]["compression"] = Compression.GZIP.value
        if recipients := recipients_in(form):
            body["recipients"] = recipients
        if reason := str(form.get("unmask_reason") or "").strip():
            body["unmask_reason"] = reason
        if labels := {name: text for name in ("list", "plan") if (text := str(form.get(name) or "").strip())}:
            body["labels"] = labels
        return ExportForm(style=style, body=body, given=form)


def style_named(name: str) -> Style:
    """The style of that name.

    Raises:
        InvalidOption: there is none.
    """
    found = next((each for each in STYLES if each.name == name), None)
    if found is None:
        raise InvalidOption("The page has no such format; load it again.")
    return found


def again(job: ExportJob) -> str:
    """The query that fills the form as a job was asked for; of a report, the form of its template."""
    if job.type == "report":
        return urlencode({"format": job.format, **job.parameters}, doseq=True)
    style = next(
        (each for each in STYLES if _writes(each, job)), next(each for each in STYLES if each.format == job.format)
    )
    filters = job.filters
    fields: list[tuple[str, object]] = [("style", style.name)]
    fields += [("packed", "on")] if job.options.compression else []
    fields += [(name, text) for name, text in job.labels.given.items()]
    fields += [(name, day) for name in ("start_date", "end_date") if (day := getattr(filters, name))]
    fields += [(name, value) for name in ("account_ids", "tag_ids", "columns") for value in getattr(filters, name)]
    return urlencode(fields)


def _writes(style: Style, job: ExportJob) -> bool:
    """Whether a style writes as a job has written."""
    options = {"bom": job.options.bom, "decimal_comma": job.options.decimal_comma}
    return style.format == job.format and all(
        style.options.get(name, False) == value for name, value in options.items()
    )
