"""A dataset as one caller may export it."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from exports_pipeline.core.catalog import Column, Dataset, Grain
from exports_pipeline.core.formats import DATASET_FORMATS, Format
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.usecases.read_datasets import DatasetDetail


class ColumnView(BaseModel):
    """A column."""

    model_config = ConfigDict(populate_by_name=True)

    name: str = Field(description="Its name, as `columns` of a request takes it.", examples=["amount"])
    type: str = Field(description="Its DuckDB type.", examples=["DECIMAL(18,2)"])
    title: str = Field(description="Its name for people.", examples=["Amount"])
    description: str = Field(description="What it means.")
    unit: str = Field(description="What its numbers count; empty: not said.", examples=["EUR", "percent", "km"])
    sensitive: Sensitivity | None = Field(
        description="The rule that its values are redacted by for this caller; null: none."
    )
    data_class: str | None = Field(alias="class", description="What its values are; null: nothing in particular.")
    redaction: str | None = Field(
        description="What this caller gets in their place: `mask`, `hash`, `truncate to 1000`, `scan for email, card`; "
        "null: nothing. With UNMASK and a reason in the request, columns are shown as they are.",
        examples=["mask"],
    )


class TimeView(BaseModel):
    """The column that `start_date` and `end_date` look at."""

    column: str = Field(description="Its name.", examples=["booked_on"])
    grain: Grain = Field(description="The finest step of its values.", examples=["day"])


class DatasetView(BaseModel):
    """A dataset."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its unique name.", examples=["fct_transactions"])
    title: str = Field(description="Its name for people.", examples=["Transactions"])
    description: str = Field(description="What one row is.")
    time: TimeView | None = Field(description="The column that a date filter looks at; null: there is no date filter.")
    columns: list[ColumnView] = Field(description="The columns this caller gets, in order.")
    filters: list[str] = Field(description="The filters that a request for it may carry.", examples=[["start_date"]])
    formats: list[Format] = Field(description="The formats it may be written as.", examples=[["csv", "parquet"]])
    tags: list[str] = Field(description="Tags of the dataset itself.", examples=[["finance"]])

    @classmethod
    def of(cls, dataset: Dataset, columns: Sequence[Column]) -> Self:
        """The view of a dataset with the columns one caller gets."""
        return cls(**_members(dataset, columns))


class DatasetDetailView(DatasetView):
    """A dataset with the days that the caller's rows span."""

    first_date: str | None = Field(description="First day with a row of the caller's.", examples=["2024-01-01"])
    last_date: str | None = Field(description="Last day with a row of the caller's.", examples=["2025-12-30"])

    @classmethod
    def of_detail(cls, detail: DatasetDetail) -> Self:
        """The view of a dataset and its days."""
        days = {"first_date": detail.first_date, "last_date": detail.last_date}
        return cls(**_members(detail.dataset, detail.columns), **days)


class DatasetList(BaseModel):
    """The datasets the caller may export."""

    items: list[DatasetView] = Field(description="The datasets, in the order of the catalogue.")
    next_cursor: str | None = Field(None, description="Always null: the list has one page.")


class ValueList(BaseModel):
    """Values of a filter."""

    items: list[str] = Field(description="The values as text, sorted.", examples=[["daily", "food"]])
    next_cursor: str | None = Field(None, description="Always null: narrow the prefix to see more.")


def _members(dataset: Dataset, columns: Sequence[Column]) -> dict[str, object]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "title": dataset.title or dataset.name,
        "description": dataset.description,
        "time": TimeView(column=dataset.time.column, grain=dataset.time.grain) if dataset.time else None,
        "columns": [
            ColumnView(
                name=column.name,
                type=column.type,
                title=column.title or column.name,
                description=column.description,
                unit=column.unit,
                sensitive=column.sensitive,
                data_class=column.data_class or None,
                redaction=column.redaction or None,
            )
            for column in columns
        ],
        "filters": list(dataset.filters),
        "formats": list(DATASET_FORMATS),
        "tags": list(dataset.tags),
    }
