"""Datasets: what may be exported, and the values of its filters."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from exports_api.access import SIGNED_IN, TO_EXPORT
from exports_api.deps import Caller, Parts
from exports_api.routes.documented import problems
from exports_api.schemas.datasets import DatasetDetailView, DatasetList, DatasetView, ValueList
from exports_api.schemas.fields import WithoutNul
from exports_pipeline.usecases.read_datasets import list_datasets, read_dataset, read_values, shown_columns

router = APIRouter(prefix="/api/analytics/datasets", tags=["datasets"])

DatasetKey = Annotated[str, Path(description="Id or name of the dataset.", examples=["fct_transactions"])]


class ValueKind(StrEnum):
    """The filters that have values to choose from."""

    ACCOUNT = "account"
    TAG = "tag"


class ValueQuery(BaseModel):
    """Which values are wanted."""

    model_config = ConfigDict(extra="forbid")

    prefix: Annotated[str, Field(max_length=200), WithoutNul] = Field(
        "", description="Values that begin with this only."
    )
    limit: int = Field(50, ge=1, le=1_000, description="At most so many values.")


@router.get("", dependencies=[SIGNED_IN], summary="List the datasets you may export", responses=problems())
async def get_datasets(caller: Caller, parts: Parts) -> DatasetList:
    """The datasets you may export, with the columns and filters each of them has for you."""
    datasets = list_datasets(caller, ports=parts.ports)
    views = [DatasetView.of(dataset, shown_columns(dataset, caller, ports=parts.ports)) for dataset in datasets]
    return DatasetList(items=views)


@router.get("/{dataset_id}", dependencies=[SIGNED_IN], summary="Look at a dataset", responses=problems(404))
def get_dataset(caller: Caller, parts: Parts, dataset_id: DatasetKey) -> DatasetDetailView:
    """One dataset, with the first and last day of your rows."""
    return DatasetDetailView.of_detail(read_dataset(dataset_id, caller, ports=parts.ports))


@router.get(
    "/{dataset_id}/values/{kind}",
    dependencies=[TO_EXPORT],
    summary="Search the values of a filter",
    responses=problems(404, 422),
)
def get_values(
    caller: Caller,
    parts: Parts,
    dataset_id: DatasetKey,
    kind: Annotated[ValueKind, Path(description="Which filter: `account_ids` or `tag_ids`.")],
    query: Annotated[ValueQuery, Query()],
) -> ValueList:
    """Accounts or tags among your own rows, sorted, for the controls of a form."""
    found = read_values(dataset_id, caller, kind=kind, prefix=query.prefix, limit=query.limit, ports=parts.ports)
    return ValueList(items=found)
