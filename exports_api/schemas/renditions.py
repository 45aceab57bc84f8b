"""The body that requests a rendition."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from exports_api.schemas.fields import FreeObject, WithoutNul
from exports_pipeline.core.formats import Format


class RenditionBody(BaseModel):
    """Another format of a result; rows, columns, rights and time zone are those of the result."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"format": "xlsx"}]})

    format: Annotated[str, Field(min_length=1, max_length=40), WithoutNul] = Field(
        description=f"What the file is written as: {', '.join(Format)}; some are for datasets or for reports only.",
        examples=["xlsx"],
    )
    options: FreeObject | None = Field(
        None, description="How the file is written, as for an export; a report takes none.", examples=[{"bom": True}]
    )
