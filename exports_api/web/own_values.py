"""The accounts and tags among a visitor's own rows that a form offers to tick."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from starlette.datastructures import FormData

from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_datasets import read_values

MOST = 50
_CHARACTERS, _LONGEST_PREFIX = 6_000, 200


def own_values(
    dataset: Dataset, given: FormData, chosen: Mapping[str, Sequence[str]], requester: Requester, *, ports: ExportPorts
) -> dict[str, list[str]]:
    """By kind those that are chosen, then those that begin as the search of the form says.

    `chosen` is by field, as `tag_ids`. A warehouse that does not answer offers nothing more; what is chosen stays.
    """
    offered = {}
    for kind, column in (("account", dataset.account), ("tag", dataset.tag)):
        if column is None:
            continue
        prefix = str(given.get(f"find_{kind}") or "")[:_LONGEST_PREFIX]
        try:
            found = read_values(dataset.name, requester, kind=kind, prefix=prefix, limit=MOST, ports=ports)
        except ExportError:  # the form is of use without
            found = []
        offered[kind] = list(dict.fromkeys([*chosen.get(f"{kind}_ids", ()), *_first_that_fit(found)]))
    return offered


def _first_that_fit(values: Iterable[str]) -> Iterator[str]:
    """As many of the values as a page has room for: some are long."""
    room = _CHARACTERS
    for value in values:
        room -= len(value)
        if room < 0:
            return
        yield value
