"""Reads a YAML file that a person wrote."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from exports_pipeline.core.errors import ExportError


def load_yaml(path: Path, error: type[ExportError]) -> Any:
    """What stands in a file; `error` names file and line where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as cause:
        raise error(f"{path}: cannot be read: {cause.strerror}") from cause
    except UnicodeDecodeError as cause:
        line = cause.object[: cause.start].count(b"\n") + 1
        raise error(f"{path.name}: line {line}: is no UTF-8 text") from cause
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as cause:
        mark = cause.problem_mark or cause.context_mark
        line = mark.line + 1 if mark else 1
        raise error(f"{path.name}: line {line}: {cause.problem or cause.context}") from cause
    except yaml.reader.ReaderError as cause:
        line = text[: cause.position].count("\n") + 1
        raise error(f"{path.name}: line {line}: {cause.reason}") from cause
    except (RecursionError, ValueError) as cause:
        # PyYAML lets these through for texts nested without end and for dates as 2024-99-99.
        raise error(f"{path.name}: is no readable YAML: {cause}") from cause


class _Loader(yaml.SafeLoader):
    """A SafeLoader that takes no key twice: YAML forbids it, PyYAML keeps the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            spelling = (key.tag, str(key.value))
            if spelling in seen and not key.tag.endswith(":merge"):
                problem = f"the key {key.value} stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(spelling)
        return super().construct_mapping(node, deep)
