"""What an operator reads on a run."""

import dagster as dg

from exports_pipeline.usecases.run_export import Outcome

_NOTHING_DONE = (
    "Another run has this attempt, or it is over, or the export is large and waits for its place: nothing was done."
)


def outcome_as_metadata(outcome: Outcome | None) -> dict[str, dg.MetadataValue]:
    """The figures of a completed attempt, with a preview; a remark for an attempt that had nothing to do."""
    if outcome is None:
        return {"remark": dg.MetadataValue.text(_NOTHING_DONE)}
    result = outcome.result
    return {
        "rows": dg.MetadataValue.int(result.row_count),
        "bytes": dg.MetadataValue.int(result.size_bytes),
        "seconds": dg.MetadataValue.float(round(outcome.seconds, 3)),
        "rows_per_second": dg.MetadataValue.int(round(result.row_count / max(outcome.seconds, 1e-6))),
        "sha256": dg.MetadataValue.text(result.sha256),
        "object_key": dg.MetadataValue.text(result.object_key),
        "columns": dg.MetadataValue.md(as_markdown(["column", "type"], [list(each) for each in result.columns])),
        "preview": dg.MetadataValue.md(_preview(outcome.preview)),
    }


def _preview(rows: list[dict[str, str | None]]) -> str:
    if not rows:
        return "no rows"
    return as_markdown(list(rows[0]), [["NULL" if cell is None else cell for cell in row.values()] for row in rows])


def as_markdown(header: list[str], rows: list[list[str]]) -> str:
    """A table of texts, which may hold anything."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_escaped(cell) for cell in line) + " |" for line in lines)


def _escaped(cell: str) -> str:
    shown = cell if len(cell) <= 80 else f"{cell[:79]}…"
    return shown.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("\r", " ").replace("<", "&lt;")
