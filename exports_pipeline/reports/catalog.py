"""Finds all report templates: the built-in ones, and those of a folder of the user's own."""

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exports_pipeline.core.refusals import InvalidQuestion, UnknownTemplate
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.templates.compliance import COMPLIANCE
from exports_pipeline.reports.templates.compliance_audit import COMPLIANCE_AUDIT
from exports_pipeline.reports.templates.dashboard import DASHBOARD
from exports_pipeline.reports.templates.experiment_results import EXPERIMENT_RESULTS
from exports_pipeline.reports.templates.insights import INSIGHTS
from exports_pipeline.reports.templates.kpi import KPI
from exports_pipeline.reports.templates.metrics_summary import METRICS_SUMMARY
from exports_pipeline.reports.templates.outreach import OUTREACH
from exports_pipeline.reports.templates.revenue import REVENUE
from exports_pipeline.reports.templates.user_activity_report import USER_ACTIVITY_REPORT
from exports_pipeline.reports.yaml_template import InvalidTemplate, read_yaml_template

BUILT_IN = (
    EXPERIMENT_RESULTS,
    METRICS_SUMMARY,
    DASHBOARD,
    KPI,
    COMPLIANCE,
    REVENUE,
    OUTREACH,
    INSIGHTS,
    COMPLIANCE_AUDIT,
    USER_ACTIVITY_REPORT,
)
"""The templates that come with the service."""


@dataclass(frozen=True, kw_only=True)
class BrokenTemplate:
    """A file that is no template."""

    file: str
    problem: str


class Templates:
    """All templates by name."""

    def __init__(self, templates: Sequence[Template], broken: Sequence[BrokenTemplate] = ()) -> None:
        self._by_name = {template.name: template for template in templates}
        self.broken = tuple(broken)
        """Files that could not be read; the others work all the same."""

    def __iter__(self) -> Iterator[Template]:
        return iter(self._by_name.values())

    def find(self, name: str) -> Template:
        """The template of that name.

        Raises:
            UnknownTemplate: there is none.
        """
        if name not in self._by_name:
            known = ", ".join(self._by_name)
            raise UnknownTemplate(f"There is no report template {name[:80]!r}; there are {known}.", field="template")
        return self._by_name[name]


def load_templates(folder: Path | None) -> Templates:
    """The built-in templates and those of a folder: `.yaml` files, and `.py` files that define `TEMPLATE`.

    A Python file is run, so the folder must be writable by the operator alone.
    """
    found, broken = list(BUILT_IN), []
    if folder is not None and not folder.is_dir():
        broken.append(BrokenTemplate(file=str(folder), problem="there is no such folder; look at EXPORTS_REPORTS"))
    files = sorted(folder.iterdir()) if folder is not None and folder.is_dir() else []
    for file in files:
        if file.suffix not in {".py", ".yaml", ".yml"} or file.name.startswith(("_", ".")):
            continue
        try:
            template = _python_template(file) if file.suffix == ".py" else read_yaml_template(file)
            if template.name in {each.name for each in found}:
                raise InvalidTemplate(f"there is a template {template.name} already; choose another name")  # noqa: TRY301 - one edge for every problem
            found.append(template)
        except (InvalidTemplate, InvalidQuestion) as error:
            broken.append(BrokenTemplate(file=file.name, problem=str(error)))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's file may do anything, and the service goes on
            broken.append(BrokenTemplate(file=file.name, problem=f"{type(error).__name__}: {error}"))
    return Templates(found, broken)


def _python_template(file: Path) -> Template:
    name = f"exports_reports_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InvalidTemplate("is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    template = getattr(module, "TEMPLATE", None)
    if not isinstance(template, Template):
        raise InvalidTemplate("defines no TEMPLATE that is a Template")
    return template
