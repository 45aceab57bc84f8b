"""Variables in a file that a shell reads: KEY=VALUE lines, quoted where needed."""

import shlex
from collections.abc import Mapping


def shell_variables(variables: Mapping[str, str]) -> str:
    """Return lines for `set -a; . FILE`, sorted by name."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))
