"""A report template: documented parameters, and how the questions and sections follow from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from exports_pipeline.core.attestation import Attest, Attestation, unattested
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.parameters import Parameter, check_parameters
from exports_pipeline.core.report import Report, Section
from exports_pipeline.core.requester import Requester
from exports_pipeline.reports.inquiry import Ask, Inquiry


class Compose(Protocol):
    """Makes a report of checked parameters."""

    def __call__(self, parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
        """The report; every figure in it comes out of `ask`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Template:
    """One kind of report."""

    name: str
    title: str
    description: str
    parameters: Sequence[Parameter]
    compose: Compose
    rules: Sequence[Callable[[Mapping[str, Any]], None]] = ()
    """Checks of parameters against each other; each raises InvalidParameter."""
    opening: Callable[[Attestation], Sequence[Section]] | None = None
    """The sections that stand first, for a report that tells whether the audit log can be relied on."""

    def check(self, given: Mapping[str, Any], *, catalog: Catalog, requester: Requester) -> dict[str, Any]:
        """The value of every parameter, ready for `build`.

        Raises:
            InvalidParameter: with the field `params.NAME`.
        """
        values = check_parameters(self.parameters, given, catalog=catalog, requester=requester)
        for rule in self.rules:
            rule(values)
        return values

    def build(self, parameters: Mapping[str, Any], ask: Ask, *, today: date, attest: Attest = unattested) -> Report:
        """The report of checked parameters; its facts say which data it was made of.

        `today` is a date in the time zone of the report. The chain is verified after the questions were asked, so that
        it covers every entry that they have seen.

        Raises:
            whatever `ask` raises.
        """
        inquiry = Inquiry(ask)
        report = self.compose(parameters, inquiry.ask, today=today)
        first = self.opening(attest()) if self.opening else ()
        return replace(report, sections=(*first, *report.sections), facts=(*report.facts, *inquiry.facts()))
