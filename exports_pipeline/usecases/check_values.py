"""Refuse filters that name what the requester does not have."""

from exports_pipeline.core.data_ports import Warehouse
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.refusals import UnknownAccount, UnknownTag


def check_values(selection: Selection, warehouse: Warehouse) -> None:
    """Check that every account and tag of the filters occurs in the requester's rows, whatever their date.

    A misspelt account would otherwise give an empty file that looks like an answer.

    Raises:
        UnknownAccount, UnknownTag: with the first few that do not.
    """
    dataset = selection.dataset
    if dataset.account and selection.account_ids:
        missing = warehouse.missing_values(selection, dataset.account, selection.account_ids)
        if missing:
            raise UnknownAccount(_sentence("account", missing), field="account_ids")
    if dataset.tag and selection.tag_ids:
        missing = warehouse.missing_values(selection, dataset.tag, selection.tag_ids)
        if missing:
            raise UnknownTag(_sentence("tag", missing), field="tag_ids")


def _sentence(noun: str, missing: list[str]) -> str:
    shown = ", ".join(repr(value[:80]) for value in missing[:5])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    return f"None of your rows has the {noun} {shown}{more}; the values endpoint of the dataset lists what there is."
