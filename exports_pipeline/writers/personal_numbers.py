"""Cards, IBANs and phone numbers within free text, found and replaced.

Numbers are looked at as groups of characters with one separator between two: any row of whole groups that is a number
counts, however it is written, and all groups within such rows give way to one mark. The check digits are those of
ISO/IEC 7812-1 (Luhn) and ISO 13616 (modulo 97); what a phone number is, is a convention.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from string import ascii_letters

from exports_pipeline.core.redaction_policy import TextKind

_GAPS = "- \u00a0\u202f\u2010\u2011\u2012\u2013"
"""Spaces and dashes that stand between the groups of a number."""
_GAP = f"\\{_GAPS}"
"""The same, within a class of a regular expression."""
_NO_GAPS = dict.fromkeys(map(ord, _GAPS))
_INTERNATIONAL = rf"(?:\+|00)[1-9](?:[{_GAP}./()]{{0,3}}[0-9]){{6,14}}"
_NATIONAL = (
    rf"\(?[0-9]{{2,4}}\)?[{_GAP}][0-9]{{3,4}}[{_GAP}]?[0-9]{{3,4}}"  # 212-555-0123, (212) 555 0123, 777 123 456
    rf"|\([0-9]{{2,4}}\)[0-9]{{3,4}}[{_GAP}]?[0-9]{{3,4}}"  # (212)555-0123
    rf"|\(?0[1-9][0-9]{{1,3}}\)?[{_GAP}/]?[0-9]{{5,8}}"  # 0171/2345678, 0612345678
)
_PHONE = re.compile(f"{_INTERNATIONAL}|{_NATIONAL}")
_COUNTRY = re.compile("[A-Za-z]{2}[0-9]{2}")
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
_VALUES = {ord(letter): str(int(letter, 36)) for letter in ascii_letters}


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """How numbers of one kind are found; every expression means the same to Python and to RE2."""

    mark: str
    """What stands in their place."""
    hint: re.Pattern[str]
    """Every text with a number in it meets it."""
    group: str
    """A group with what may stand before it, as a regular expression."""
    before: str
    """The characters before a group that do not belong to the number."""
    most: int
    """Groups of one number."""
    is_number: Callable[[str], bool]
    """Tells whether a row of groups is one."""


def _is_iban(row: str) -> bool:
    plain = row.translate(_NO_GAPS)
    if not (15 <= len(plain) <= 34 and _COUNTRY.match(row)):
        return False
    return int(f"{plain[4:]}{plain[:4]}".translate(_VALUES)) % 97 == 1


def _is_card(row: str) -> bool:
    plain = row.translate(_NO_GAPS).encode()
    if not 13 <= len(plain) <= 19:
        return False
    return (sum(plain[::-2]) + sum(plain[-2::-2].translate(_DOUBLED)) - len(plain) * ord("0")) % 10 == 0


def _is_phone(row: str) -> bool:
    return _PHONE.fullmatch(row) is not None


NUMBERS = {
    TextKind.IBAN: Numbers(
        mark="[iban]",
        hint=re.compile(rf"(?:^|[^A-Za-z0-9])[A-Za-z]{{2}}[0-9]{{2}}(?:[{_GAP}]?[A-Za-z0-9]){{11}}"),
        group=rf"[{_GAP}]?[A-Za-z0-9]+",
        before=_GAPS,
        most=12,
        is_number=_is_iban,
    ),
    TextKind.CARD: Numbers(
        mark="[card]",
        hint=re.compile(rf"(?:[0-9][{_GAP}]?){{12}}[0-9]"),
        group=rf"[{_GAP}]?[0-9]+",
        before=_GAPS,
        most=19,
        is_number=_is_card,
    ),
    TextKind.PHONE: Numbers(
        mark="[phone]",
        hint=re.compile(
            rf"[+(][0-9](?:[{_GAP}./()]{{0,3}}[0-9]){{6}}|(?:^|[^0-9])(?:{_INTERNATIONAL}|{_NATIONAL})(?:[^0-9]|$)"
        ),
        group=rf"[{_GAP}./()+]{{0,3}}[0-9]+",
        before=f"{_GAPS}./)",
        most=8,
        is_number=_is_phone,
    ),
}
"""In the order of the search: an IBAN may hold what looks like a card, and a card what looks like a phone number."""
_GROUPS = {kind: re.compile(numbers.group) for kind, numbers in NUMBERS.items()}
_RUNS = {kind: re.compile(f"(?:{numbers.group})+") for kind, numbers in NUMBERS.items()}


def without_numbers(text: str, kinds: str) -> str:
    """A text with every number of these kinds, named in their order with commas between, replaced by a mark."""
    for kind in map(TextKind, kinds.split(",")):
        text = _RUNS[kind].sub(partial(_marked, kind), text)
    return text


def _marked(kind: TextKind, run: re.Match[str]) -> str:
    """A run of groups, with those that belong to a number replaced: one mark for groups that touch."""
    text, numbers = run[0], NUMBERS[kind]
    if not numbers.hint.search(text):
        return text
    spans = [group.span() for group in _GROUPS[kind].finditer(text)]
    shown, reached, was_found = [], 0, False
    for place, (begin, end) in enumerate(spans):
        start = end - len(text[begin:end].lstrip(numbers.before))
        for _, last in reversed(spans[place : place + numbers.most]):
            if last > reached and numbers.is_number(text[start:last]):
                reached = last
        is_found = reached >= end
        if not is_found:
            shown.append(text[begin:end])
        elif not was_found:
            shown += [text[begin:start], numbers.mark]
        was_found = is_found
    return "".join(shown)
