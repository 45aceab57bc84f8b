"""Everything that is wrong with one file of the operator's, gathered so that it can be mended in one go."""

from collections.abc import Iterable
from difflib import get_close_matches

from exports_pipeline.core.errors import ExportError, InvalidCatalog


class Problems:
    """The sentences about one file, each naming file, dataset and field."""

    def __init__(self, file: str, error: type[ExportError] = InvalidCatalog) -> None:
        self._file, self._error = file, error
        self._lines: list[str] = []

    def add(self, sentence: str, *, dataset: str | None = None, field: str | None = None) -> None:
        """Note a problem; the same one twice is noted once."""
        line = ": ".join(part for part in (self._file, dataset, field, sentence) if part)
        if line not in self._lines:
            self._lines.append(line)

    def raise_any(self) -> None:
        """End here if anything is wrong.

        Raises:
            InvalidCatalog: or the error of this file, with one problem a line.
        """
        if self._lines:
            raise self._error("\n".join(self._lines))


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: `; did you mean user_id?`, or nothing."""
    spellings = {spelling.casefold(): spelling for spelling in known}
    close = get_close_matches(name.casefold(), spellings, n=1)
    return f"; did you mean {spellings[close[0]]}?" if close else ""
