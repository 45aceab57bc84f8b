r"""What is personal within free text, found and replaced by DuckDB itself.

Numbers are looked at as groups of characters with one separator between two: what must keep a check digit is found as
any row of whole groups that keeps it, however it is written. Groups within any such row give way to one mark. The
check digits are those of ISO/IEC 7812-1 (Luhn) and ISO 13616 (modulo 97); what a phone number is, is a convention.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from exports_pipeline.core.redaction_policy import TextKind
from exports_pipeline.writers.sql_text import literal

MARKS = {
    TextKind.EMAIL: "[e-mail]",
    TextKind.IBAN: "[iban]",
    TextKind.CARD: "[card]",
    TextKind.PHONE: "[phone]",
}
"""What stands in place of what was found."""
_GAPS = "- \u00a0\u202f\u2010\u2011\u2012\u2013"
"""Spaces and dashes that stand between the groups of a number."""
_GAP = r"\- \x{00A0}\x{202F}\x{2010}-\x{2013}"
"""The same, within a class of a regular expression (RE2)."""
_OPEN, _CLOSE, _NEXT = "\ufdd0", "\ufdd1", "\ufdd2"
"""What numbers are marked with on the way: noncharacters, which stand in no text that is meant for anybody."""
_GROUPED = rf"{_OPEN}\1{_CLOSE}"
_LETTER = r"\p{L}\p{M}\p{N}"
_EMAIL = rf"[{_LETTER}._%+'\-]+@(?:[{_LETTER}](?:[{_LETTER}\-]*[{_LETTER}])?\.)+\p{{L}}[{_LETTER}\-]*[{_LETTER}]"
_PHONE = (
    rf"(?:\+|00)[1-9](?:[{_GAP}./()]{{0,3}}[0-9]){{6,14}}"  # international
    rf"|\(?[0-9]{{2,4}}\)?[{_GAP}][0-9]{{3,4}}[{_GAP}]?[0-9]{{3,4}}"  # 212-555-0123, (212) 555 0123, 777 123 456
    rf"|\([0-9]{{2,4}}\)[0-9]{{3,4}}[{_GAP}]?[0-9]{{3,4}}"  # (212)555-0123
    rf"|\(?0[1-9][0-9]{{1,3}}\)?[{_GAP}/]?[0-9]{{5,8}}"  # 0171/2345678, 0612345678
)


@dataclass(frozen=True, kw_only=True)
class _Numbers:
    """How numbers of one kind are found."""

    group: str
    """A group with what may stand before it, as a regular expression."""
    before: str
    """The characters before a group that do not belong to the number."""
    most: int
    """Groups of one number."""
    hint: str
    """A regular expression that every text with a number in it meets, and every row of groups."""
    proof: str
    """SQL that is true of a row of groups, which is the text `{row}`, if it is a number of the kind."""


_DIGITS = f"translate({{row}}, {literal(_GAPS)}, '')"
_LUHN = (
    f"CASE WHEN length({_DIGITS}) BETWEEN 13 AND 19 THEN "
    f"list_sum(list_transform(string_split(reverse({_DIGITS}), ''), lambda c, n: CASE WHEN n % 2 = 1 "
    "THEN ord(c) - 48 ELSE ((ord(c) - 48) * 2) // 10 + ((ord(c) - 48) * 2) % 10 END)) % 10 = 0 ELSE false END"
)
_MODULO_97 = (
    f"CASE WHEN length({_DIGITS}) BETWEEN 15 AND 34 AND regexp_matches({{row}}, '^[{_GAP}]?[A-Za-z]{{2}}[0-9]{{2}}') "
    f"THEN list_reduce(list_transform(string_split(upper({_DIGITS}[5:] || {_DIGITS}[:4]), ''), "
    "lambda c: CASE WHEN c <= '9' THEN ord(c) - 48 ELSE ord(c) - 55 END), "
    "lambda a, v: (a * CASE WHEN v > 9 THEN 100 ELSE 10 END + v) % 97) = 1 ELSE false END"
)
_NUMBERS = {
    TextKind.IBAN: _Numbers(
        group=rf"[{_GAP}]?[A-Za-z0-9]+",
        before=_GAPS,
        most=12,
        hint="[A-Za-z]{2}[0-9]{2}",
        proof=_MODULO_97,
    ),
    TextKind.CARD: _Numbers(
        group=rf"[{_GAP}]?[0-9]+",
        before=_GAPS,
        most=19,
        hint=rf"(?:[0-9]{_NEXT}?[{_GAP}]?){{12}}[0-9]",
        proof=_LUHN,
    ),
    TextKind.PHONE: _Numbers(
        group=rf"[{_GAP}./()+]{{0,3}}[0-9]+",
        before=f"{_GAPS}./)",
        most=8,
        hint=rf"(?:[0-9]{_NEXT}?[{_GAP}./()+]{{0,3}}){{6}}[0-9]",
        proof=f"regexp_full_match(ltrim({{row}}, {literal(f'{_GAPS}./)')}), {literal(_PHONE)})",
    ),
}


def scanned(cell: str, kinds: Iterable[TextKind]) -> str:
    """A cell of text with everything of these kinds replaced by a mark; other texts, and NULL, are as they were."""
    wanted = set(kinds)
    found, hints = cell, []
    for kind in TextKind:  # in this order: an address may hold digits, and an IBAN what looks like a card
        if kind in wanted:
            hints.append(f"regexp_matches({cell}, {literal(_hint(kind))})")
            found = _without(found, kind)
    return f"CASE WHEN {' OR '.join(hints)} THEN {found} ELSE {cell} END" if hints else cell


def _hint(kind: TextKind) -> str:
    return "@" if kind is TextKind.EMAIL else _NUMBERS[kind].hint


def _without(text: str, kind: TextKind) -> str:
    """A text with everything of one kind replaced; it stands once in the expression, however often this is nested."""
    mark = literal(MARKS[kind])
    if kind is TextKind.EMAIL:
        return f"regexp_replace({text}, {literal(_EMAIL)}, {mark}, 'g')"
    numbers = _NUMBERS[kind]
    clean = f"translate({text}, {literal(_OPEN + _CLOSE + _NEXT)}, '')"
    grouped = f"regexp_replace({clean}, {literal(f'({numbers.group})')}, {literal(_GROUPED)}, 'g')"
    pieces = f"string_split(replace({grouped}, {literal(_CLOSE + _OPEN)}, {literal(_NEXT)}), {literal(_OPEN)})"
    run, rest = (f"split_part(s, {literal(_CLOSE)}, {place})" for place in (1, 2))
    may_hold = f"n > 1 AND regexp_matches({run}, {literal(numbers.hint)})"
    plain = f"replace(replace(s, {literal(_CLOSE)}, ''), {literal(_NEXT)}, '')"
    replaced = f"CASE WHEN {may_hold} THEN {_marked(run, numbers, mark)} || {rest} ELSE {plain} END"
    return f"array_to_string(list_transform({pieces}, lambda s, n: {replaced}), '')"


def _marked(run: str, numbers: _Numbers, mark: str) -> str:
    """A run of groups, with those that belong to a number replaced.

    For each group it is asked where the longest number that begins there ends; a group belongs to one if any that
    begins at it or before it reaches it.
    """
    proof = numbers.proof.replace("{row}", "array_to_string(g[i:j], '')")
    ends = f"list_filter(range(i, least(len(g), i + {numbers.most - 1}) + 1), lambda j: {proof})"
    reach = f"list_transform(g, lambda p, i: coalesce(list_max({ends}), 0))"
    lead = f"left(p, length(p) - length(ltrim(p, {literal(numbers.before)})))"
    first = f"CASE WHEN k > 1 AND list_max(e[:k - 1]) >= k - 1 THEN '' ELSE {lead} || {mark} END"
    shown = f"list_transform(g, lambda p, k: CASE WHEN list_max(e[:k]) >= k THEN {first} ELSE p END)"
    text = f"list_transform([{reach}], lambda e: array_to_string({shown}, ''))[1]"
    return f"list_transform([string_split({run}, {literal(_NEXT)})], lambda g: {text})[1]"
