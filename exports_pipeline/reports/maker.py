"""`ReportMaker` over the templates and the renderers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from exports_pipeline.core.attestation import Attest
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.formats import Format
from exports_pipeline.core.parameters import TemplateFacts
from exports_pipeline.core.question import Answer, Question
from exports_pipeline.core.report import Report
from exports_pipeline.core.requester import Requester
from exports_pipeline.reports.catalog import Templates
from exports_pipeline.reports.template import Template

_LOOK_S = 0.1
_PIECE_BYTES = 1 << 20


class TemplateReports:
    """Builds reports from templates and renders them in one house's look."""

    def __init__(self, templates: Templates, branding: Branding) -> None:
        self._templates, self._branding = templates, branding

    def templates(self) -> Sequence[TemplateFacts]:
        """All templates, in order."""
        return [_facts(template) for template in self._templates]

    def find(self, name: str) -> TemplateFacts:
        """The template of that name."""
        return _facts(self._templates.find(name))

    def check(
        self, name: str, given: Mapping[str, Any], *, catalog: Catalog, requester: Requester
    ) -> Mapping[str, Any]:
        """The value of every parameter of a template."""
        return self._templates.find(name).check(given, catalog=catalog, requester=requester)

    def build(
        self, name: str, values: Mapping[str, Any], ask: Callable[[Question], Answer], *, now: datetime, attest: Attest
    ) -> Report:
        """The report, in the language of the house; today is a day of the report's own time zone."""
        today = now.astimezone(ZoneInfo(values.get("timezone") or "UTC")).date()
        report = self._templates.find(name).build(values, ask, today=today, attest=attest)
        return replace(report, language=self._branding.language)

    def render(
        self, report: Report, *, file_format: Format, tick: Callable[[], None] = lambda: None
    ) -> Iterator[bytes]:
        """The bytes of the report's file, which is finished on a disk first."""
        # The libraries of charts and pages weigh 100 MB: who only lists templates does without.
        from exports_pipeline.reports.registry import render  # noqa: PLC0415

        with TemporaryDirectory(prefix="exports-report-") as folder, ThreadPoolExecutor(1) as threads:
            path = Path(folder, "report")
            rendering = threads.submit(render, report, file_format=file_format, branding=self._branding, path=path)
            while not wait([rendering], timeout=_LOOK_S).done:
                tick()
            rendering.result()
            with path.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    yield piece


def _facts(template: Template) -> TemplateFacts:
    return TemplateFacts(
        name=template.name, title=template.title, description=template.description, parameters=template.parameters
    )
