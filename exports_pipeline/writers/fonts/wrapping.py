"""Text broken into lines that fit a width, without losing a character that can be seen."""

import re
import unicodedata

from exports_pipeline.writers.fonts.ink import Ink

_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_EAST_ASIAN = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef"
_TOKEN = re.compile(f" +|[{_EAST_ASIAN}]|[^ {_EAST_ASIAN}/-]*[/-]|[^ {_EAST_ASIAN}/-]+")
"""What stays together: blanks, a sign of East Asia, a word up to its hyphen or slash."""
_JOINER = "\u200d"
_TAB = "    "


def paragraphs(text: str) -> list[str]:
    """The lines that a text has by itself, tabs as blanks; at least one."""
    if text.isprintable():
        return [text]
    return [line.replace("\t", _TAB) for line in _BREAK.split(text)]


def wrapped(text: str, room: int, ink: Ink) -> list[str]:
    """A text as lines no wider than `room`, in thousandths of the font size; a word is broken only if it must be."""
    lines: list[str] = []
    for paragraph in paragraphs(text):
        lines += [paragraph] if ink.width(paragraph) <= room else _broken(paragraph, room, ink)
    return lines


def longest_word(text: str, ink: Ink) -> int:
    """The width of the widest part of a text that should not be broken."""
    return max((ink.width(token) for line in paragraphs(text) for token in _TOKEN.findall(line)), default=0)


def _broken(text: str, room: int, ink: Ink) -> list[str]:
    lines, line, used = [], "", 0
    for token in _TOKEN.findall(text):
        width = ink.width(token)
        if used + width <= room:
            line, used = line + token, used + width
            continue
        if line.strip():
            lines.append(line.rstrip(" "))
        rest = "" if token.isspace() else token
        while (end := _fitting(rest, room, ink)) < len(rest):
            lines.append(rest[:end])
            rest = rest[end:]
        line, used = rest, ink.width(rest)
    return [*lines, line] if line or not lines else lines


def _fitting(text: str, room: int, ink: Ink) -> int:
    """How many characters from the start fit, at least one; a mark is not parted from its letter."""
    low, high = 1, 16
    while high < len(text) and ink.width(text[:high]) <= room:
        low, high = high, 2 * high
    high = min(high, len(text))
    if ink.width(text[:high]) <= room:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if ink.width(text[:middle]) <= room else (low, middle)
    end = low
    while end > 1 and (unicodedata.category(text[end])[0] == "M" or _JOINER in text[end - 1 : end + 1]):
        end -= 1
    return end
