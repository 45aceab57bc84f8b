"""Which way text runs: the levels of the Unicode bidirectional algorithm, and the order in which runs are drawn."""

import re
import unicodedata
from itertools import groupby

from bidi import algorithm  # of its two engines the one that tells levels

_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ISOLATES = {"LRI", "RLI", "FSI", "PDI"}
"""Newer than the engine (UAX 9, 2013); the rest is resolved as if they were not there."""


def is_plain(text: str) -> bool:
    """Whether all of a text runs from left to right."""
    return _RIGHT_TO_LEFT.search(text) is None


def starts_right(text: str) -> bool:
    """Whether a paragraph begins at the right: its first letter is of a script that does (UAX 9, P2)."""
    return not is_plain(text) and bool(algorithm.get_base_level(text) == 1)


def visual_runs(text: str, *, from_right: bool) -> list[tuple[str, bool]]:
    """The runs of a line from left to right, each with its characters as they are read and whether it runs left."""
    if is_plain(text):
        return [(text, False)]
    levels = _levels("".join(map(_known, text)), int(from_right))
    runs, start = [], 0
    for level, group in groupby(levels):
        end = start + len(list(group))
        runs.append((level, text[start:end]))
        start = end
    lowest_odd = min((level for level, _ in runs if level % 2), default=1)
    for level in range(max(levels), lowest_odd - 1, -1):
        runs = _reversed_from(runs, level)
    return [(run, level % 2 == 1) for level, run in runs]


def _reversed_from(runs: list[tuple[int, str]], level: int) -> list[tuple[int, str]]:
    """The runs with every sequence of at least this level turned round (UAX 9, L2)."""
    turned = []
    for is_deep, group in groupby(runs, lambda run: run[0] >= level):
        sequence = list(group)
        turned += sequence[::-1] if is_deep else sequence
    return turned


def _known(char: str) -> str:
    """A character of a class that the engine knows."""
    kind = unicodedata.bidirectional(char)
    return "\u200b" if kind in _ISOLATES else char if kind else "x"


def _levels(text: str, base: int) -> list[int]:
    """The level of each character; what the algorithm leaves out (X9) has that of the character before it."""
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, "LR"[base]
    algorithm.get_embedding_levels(text, storage)
    for place, char in enumerate(storage["chars"]):
        char["place"] = place
    algorithm.explicit_embed_and_overrides(storage)
    if not storage["chars"]:
        return [base] * len(text)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    levels = {char["place"]: char["level"] for char in storage["chars"]}
    for place in range(len(text.rstrip()), len(text)):
        levels[place] = base  # L1: white space at the end of a line
    level, found = base, []
    for place in range(len(text)):
        level = levels.get(place, level)
        found.append(level)
    return found
