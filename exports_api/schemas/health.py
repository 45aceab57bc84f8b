"""How the service is."""

from pydantic import BaseModel, Field


class Alive(BaseModel):
    """The process answers."""

    status: str = Field("alive", description="Always `alive`.")


class PartHealth(BaseModel):
    """How one part is."""

    ok: bool = Field(description="Whether it answers.")
    sentence: str = Field(description="What it said, or why it did not.", examples=["Answers."])
    milliseconds: float = Field(description="How long it took.", examples=[3.2])


class Readiness(BaseModel):
    """How every part is."""

    ready: bool = Field(description="Whether all of them answer.")
    parts: dict[str, PartHealth] = Field(description="database, object_store and dagster, one by one.")
