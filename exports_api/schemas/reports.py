"""Reports as clients ask for them and see them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool

from exports_api.schemas.export_request import (
    LABELS,
    MAX_RECIPIENTS,
    SHARE_WITH,
    UNMASK,
    LabelsBody,
    RecipientBody,
    UnmaskReason,
)
from exports_api.schemas.fields import FreeObject, WithoutNul
from exports_api.schemas.sharing import ShareWith
from exports_pipeline.core.formats import REPORT_FORMATS
from exports_pipeline.core.parameters import Parameter, TemplateFacts

_EXAMPLE: dict[str, JsonValue] = {"template": "metrics_summary", "params": {"dataset": "flights", "by": "origin"}}
Name = Annotated[str, Field(min_length=1, max_length=100), WithoutNul]


class PreviewBody(BaseModel):
    """Which report, made with what."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    template: Name = Field(description="Name of a template, as GET /api/analytics/reports/templates lists them.")
    params: FreeObject | None = Field(None, description="Values of the template's parameters by name.")
    unmask_reason: UnmaskReason | None = Field(None, description=UNMASK)


class ReportBody(PreviewBody):
    """Which report, made with what, written as what."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE | {"format": "pdf"}]})

    format: Name = Field(description=f"What the file is written as: {', '.join(REPORT_FORMATS)}.", examples=["pdf"])
    recipients: Annotated[list[RecipientBody], Field(max_length=MAX_RECIPIENTS)] | None = Field(
        None, description="Who gets the result besides the requester's own channels.", examples=[[]]
    )
    labels: LabelsBody | None = Field(None, description=LABELS, examples=[{"plan": "spring"}])
    share: StrictBool = Field(
        default=False,
        description="Take a job of yours that was requested in the same words and has not ended, if there is one; "
        "`Export-Shared: true` in the answer says so. Without effect beside an Idempotency-Key.",
    )
    share_with: ShareWith | None = Field(None, description=SHARE_WITH, examples=[[]])


class ParameterView(BaseModel):
    """A parameter of a template."""

    name: str = Field(description="Its name in `params`.")
    kind: str = Field(description="What a value is: dataset, column, measure, condition, date, choice, number ...")
    description: str = Field(description="What it does.")
    required: bool = Field(description="Whether it must be given.")
    is_list: bool = Field(description="Whether it takes a list.")
    default: Any = Field(description="What it is when it is not given.")
    choices: list[str] = Field(description="The values of a choice; empty for others.")

    @staticmethod
    def of(parameter: Parameter) -> "ParameterView":
        """The view of a parameter."""
        return ParameterView(
            name=parameter.name,
            kind=parameter.kind,
            description=parameter.description,
            required=parameter.required,
            is_list=parameter.is_list,
            default=parameter.default,
            choices=list(parameter.choices),
        )


class TemplateView(BaseModel):
    """A report template."""

    name: str = Field(description="Its name in requests.", examples=["metrics_summary"])
    title: str = Field(description="Its title, for people.")
    description: str = Field(description="What it answers.")
    parameters: list[ParameterView] = Field(description="What it is made with.")
    formats: list[str] = Field(description="What it can be written as.")

    @staticmethod
    def of(template: TemplateFacts) -> "TemplateView":
        """The view of a template."""
        return TemplateView(
            name=template.name,
            title=template.title,
            description=template.description,
            parameters=[ParameterView.of(each) for each in template.parameters],
            formats=list(REPORT_FORMATS),
        )


class TemplateList(BaseModel):
    """All report templates."""

    items: list[TemplateView] = Field(description="The templates, the built-in ones first.")
    next_cursor: str | None = Field(None, description="Always null: all of them are on one page.")
