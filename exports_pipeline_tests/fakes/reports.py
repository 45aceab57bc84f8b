"""Report templates as they are, with renderers that write text."""

from exports_pipeline.core.branding import Branding
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.reports.maker import TemplateReports


class PlainReports(TemplateReports):
    """`ReportMaker` whose files are the report's data as text, so that nothing heavy is loaded."""

    def __init__(self) -> None:
        super().__init__(load_templates(None), Branding())

    def render(self, report, *, file_format, tick=lambda: None):
        tick()
        yield f"{file_format}\n{report}".encode()
