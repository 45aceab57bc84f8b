"""A second, direct way to find what is personal in a text: characters one by one, without SQL or large expressions."""

import re
import unicodedata

GAPS = "- \u00a0\u202f\u2010\u2011\u2012\u2013"
DIGITS = "0123456789"
ALPHANUMERIC = DIGITS + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
MARKS = {"email": "[e-mail]", "iban": "[iban]", "card": "[card]", "phone": "[phone]"}


def scan(text, kinds):
    """The text with everything of these kinds replaced."""
    if "email" in kinds:
        text = without_addresses(text)
    for kind in ("iban", "card", "phone"):
        if kind in kinds:
            text = without_numbers(text, kind)
    return text


def without_addresses(text):
    """Each @ with a name before it and a domain of two labels or more behind it."""
    out, done, at = "", 0, text.find("@")
    while at >= 0:
        first = at
        while first > done and (is_letter(text[first - 1]) or text[first - 1] in "._%+'-"):
            first -= 1
        last = end_of_domain(text, at + 1)
        if first < at and last:
            out, done = out + text[done:first] + MARKS["email"], last
        at = text.find("@", max(at + 1, done))
    return out + text[done:]


def end_of_domain(text, start):
    """Where the domain that begins here ends at the latest; None where there is none."""
    end, place, labels = None, start, 0
    while True:
        label = place
        while label < len(text) and (is_letter(text[label]) or text[label] == "-"):
            label += 1
        whole = text[place:label]
        last = whole.rstrip("-")
        if labels and len(last) > 1 and unicodedata.category(last[0])[0] == "L":
            end = place + len(last)
        if not whole or whole[0] == "-" or whole[-1] == "-" or text[label : label + 1] != ".":
            return end
        place, labels = label + 1, labels + 1


def is_letter(character):
    return unicodedata.category(character)[0] in "LMN"


def without_numbers(text, kind):
    """Every row of whole groups that keeps the rule of its kind; rows that overlap or touch give way to one mark."""
    found = groups(text, kind)
    hit = set()
    for first in range(len(found)):
        for last in range(first, min(len(found), first + {"iban": 12, "card": 19, "phone": 8}[kind])):
            if last > first and found[last][0] != found[last - 1][2]:
                break
            if is_number(text[found[first][1] : found[last][2]], kind):
                hit.update(range(first, last + 1))
    out, done = "", 0
    for place, (start, number, end) in enumerate(found):
        if place not in hit:
            continue
        goes_on = place - 1 in hit and found[place - 1][2] == start
        out += text[done:start] if goes_on else text[done:number] + MARKS[kind]
        done = end
    return out + text[done:]


def groups(text, kind):
    """Of each group: where what stands before it begins, where its number begins, and where it ends."""
    inside = ALPHANUMERIC if kind == "iban" else DIGITS
    before, most = (GAPS + "./()+", 3) if kind == "phone" else (GAPS, 1)
    found, place, free = [], 0, 0
    while place < len(text):
        if text[place] not in inside:
            place += 1
            continue
        start = place
        while start > free and place - start < most and text[start - 1] in before:
            start -= 1
        number = start
        while number < place and text[number] in (GAPS + "./)" if kind == "phone" else GAPS):
            number += 1
        while place < len(text) and text[place] in inside:
            place += 1
        found.append((start, number, place))
        free = place
    return found


def is_number(row, kind):
    plain = "".join(each for each in row if each not in GAPS)
    if kind == "card":
        return 13 <= len(plain) <= 19 and luhn(plain)
    if kind == "iban":
        has_country = plain[:2].isalpha() and plain[2:4].isdigit() and row[:4] == plain[:4]
        return 15 <= len(plain) <= 34 and has_country and modulo_97(plain) == 1
    return is_phone(row)


def luhn(digits):
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def modulo_97(iban):
    moved = (iban[4:] + iban[:4]).upper()
    return int("".join(str(int(each, 36)) for each in moved)) % 97


def is_phone(row):
    """International with + or 00, or national in three groups, with an area code in brackets, or after a zero."""
    gap = f"[{re.escape(GAPS)}]"
    international = re.fullmatch(rf"(?:\+|00)([1-9][0-9./(){re.escape(GAPS)}]*)", row)
    if international and 7 <= sum(each in DIGITS for each in international[1]) <= 15:
        return all(len(each) <= 3 for each in re.split("[0-9]", international[1]))
    return any(
        re.fullmatch(form, row)
        for form in (
            rf"\(?[0-9]{{2,4}}\)?{gap}[0-9]{{3,4}}{gap}?[0-9]{{3,4}}",
            rf"\([0-9]{{2,4}}\)[0-9]{{3,4}}{gap}?[0-9]{{3,4}}",
            rf"\(?0[1-9][0-9]{{1,3}}\)?(?:{gap}|/)?[0-9]{{5,8}}",
        )
    )
