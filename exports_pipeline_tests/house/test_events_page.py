"""The page about events says what the code does."""

import ast
import re
from pathlib import Path

from exports_api.event_bodies import JSON, LINES, MAX_EVENT_BYTES
from exports_pipeline.core.event import MAX_EVENTS, TEXT_LENGTHS, VALUE_DIGITS, VALUE_PLACES
from exports_pipeline.core.event_metadata import MAX_DEPTH, MAX_METADATA_BYTES
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.ingest_events import MAX_TOLD

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/events.md").read_text(encoding="utf-8")


def codes_of_refusals():
    """The codes in the code: the word before the reason, wherever an event is refused."""
    found = set()
    for name in ("event_check", "event_metadata"):
        tree = ast.parse((ROOT / f"exports_pipeline/core/{name}.py").read_text(encoding="utf-8"))
        words = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        found |= {word for word in words if re.fullmatch(r"[a-z]+(_[a-z]+)+|empty", word)}
    return found - {*TEXT_LENGTHS, "occurred_at"}


def test_every_code_of_a_refusal_stands_in_the_table_and_no_other():
    rows = re.findall(r"^\| (`.+?) \| ", PAGE.partition("| code of a refusal")[2], flags=re.MULTILINE)
    assert {code for row in rows for code in re.findall(r"`(\w+)`", row)} == codes_of_refusals()


def test_every_field_and_figure_is_that_of_the_code():
    for name in (*TEXT_LENGTHS, "value", "occurred_at", "metadata"):
        assert re.search(rf"^\| .*`{name}`", PAGE, flags=re.MULTILINE), name
    words = " ".join(PAGE.split())
    for length in set(TEXT_LENGTHS.values()):
        assert f"up to {length} characters" in words
    assert f"up to {VALUE_DIGITS} digits before its point and {VALUE_PLACES} after it" in words
    assert f"{MAX_METADATA_BYTES:,} bytes and {MAX_DEPTH} levels" in words
    assert f"up to {MAX_EVENTS:,} events and {MAX_EVENT_BYTES >> 20} MiB" in words
    assert f"the first {MAX_TOLD} refusals" in words
    assert f"`EXPORTS_EVENT_MONTHS` ({Settings(home=Path('none')).event_months})" in words
    assert all(f"`{media_type}`" in words for media_type in LINES)
    assert f"Content-Type: {JSON}" in words
