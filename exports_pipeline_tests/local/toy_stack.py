"""Runs a stack of toy parts under the real guard and supervisor: `toy_stack.py HOME`, parts in HOME/toy.json."""

import json
import sys
from pathlib import Path

from exports_pipeline.local.guard import guard_stack
from exports_pipeline.local.part import Kind, LogSays, Part
from exports_pipeline.local.stack import Stack
from exports_pipeline.local.state import held


def toy_part(spec: dict) -> Part:
    kind = Kind(spec.get("kind", "server"))
    return Part(
        name=spec["name"],
        command=(sys.executable, "-c", spec["code"]),
        after=frozenset(spec.get("after", ())),
        kind=kind,
        probe=LogSays(words=b"ready") if kind is Kind.SERVER else None,
    )


if __name__ == "__main__":
    home = Path(sys.argv[1])
    parts = tuple(toy_part(spec) for spec in json.loads((home / "toy.json").read_text()))
    stack = Stack(home=home, parts=parts, env={"EXPORTS_HOME": str(home)}, dropped=frozenset(), urls={})
    with held(home):
        sys.exit(guard_stack(stack, announce=lambda _: None, follows_parent=True))
