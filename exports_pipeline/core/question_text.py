"""Measures, conditions and dimensions as people write them: `avg(dep_delay) where origin = JFK as Delay at JFK`."""

import re

from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Sign, Step
from exports_pipeline.core.refusals import InvalidQuestion

_NAME = r'(?:"(?:[^"]|"")+"|[^\s()",=<>!]+)'
_MEASURE = re.compile(
    r"(?P<aggregate>\w+)\s*(?:\((?P<inside>.*?)\))?(?:\s+where\s+(?P<where>.+?))?(?:\s+as\s+(?P<label>[^\s].*))?"
)
_CONDITION = re.compile(
    rf"(?P<column>{_NAME})\s*(?:(?P<bare>is\s+missing|is\s+present)|(?P<sign>!=|>=|<=|=|>|<|not\s+in\b|in\b)\s*(?P<value>.+))"
)
_DIMENSION = re.compile(rf"(?P<column>{_NAME})(?:\s+by\s+(?P<step>\w+))?")
_ARGUMENTS = re.compile(rf"{_NAME}(?:\s*,\s*{_NAME})*")


def parse_measure(text: str) -> Measure:
    """A measure: `count`, `sum(amount)`, `share(status = done)`, `ratio(cost, clicks)`; `where ...`, `as Label`.

    A name with spaces or signs stands in double quotes; conditions after `where` are joined with `and`.

    Raises:
        InvalidQuestion: it does not read as one.
    """
    found = _MEASURE.fullmatch(text.strip())
    if found is None or found["aggregate"] not in set(Aggregate):
        known = ", ".join(Aggregate)
        raise InvalidQuestion(f"{text[:80]!r} is no measure; write one as sum(amount), with one of {known}.")
    aggregate, inside = Aggregate(found["aggregate"]), (found["inside"] or "").strip()
    where = parse_conditions(found["where"]) if found["where"] else ()
    label = (found["label"] or "").strip()
    if aggregate is Aggregate.SHARE:
        inside_too = parse_conditions(inside) if inside else ()
        return Measure(aggregate=aggregate, where=(*inside_too, *where), label=label or text.strip())
    if inside and not _ARGUMENTS.fullmatch(inside):
        raise InvalidQuestion(f"{inside[:80]!r} in {text[:80]!r} is no column; quote a name with signs in it.")
    names = [_unquoted(name) for name in re.findall(_NAME, inside)]
    if len(names) > 2:
        raise InvalidQuestion(f"{text[:80]!r} names more than two columns.")
    column, per = (*names, None, None)[:2]
    return Measure(
        aggregate=aggregate, column=column, per=per, where=where, label=label or (text.strip() if where else "")
    )


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Conditions joined with `and`: `status = done and amount >= 10`.

    Raises:
        InvalidQuestion: one of them does not read as a condition.
    """
    return tuple(parse_condition(each) for each in re.split(r"\s+and\s+", text.strip()))


def parse_condition(text: str) -> Condition:
    """A condition: `status = done`, `origin in JFK, EWR`, `note is missing`; quotes around a value are left out.

    Raises:
        InvalidQuestion: it does not read as one.
    """
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise InvalidQuestion(f"{text[:80]!r} is no condition; write one as amount >= 10 or note is missing.")
    sign = Sign(" ".join((found["bare"] or found["sign"]).split()))
    value = (found["value"] or "").strip()
    if sign in {Sign.ONE_OF, Sign.NONE_OF}:
        values = tuple(_bare(each.strip()) for each in value.split(","))
    else:
        values = (_bare(value),) if value else ()
    return Condition(column=_unquoted(found["column"]), sign=sign, values=values)


def parse_dimension(text: str) -> Dimension:
    """A dimension: `origin`, or a time by a step: `time_hour by month`.

    Raises:
        InvalidQuestion: it does not read as one.
    """
    found = _DIMENSION.fullmatch(text.strip())
    step = found["step"] if found else None
    if found is None or (step and step not in set(Step)):
        raise InvalidQuestion(
            f"{text[:80]!r} is no dimension; write a column, or a time by one of {', '.join(Step)}: booked_at by month."
        )
    return Dimension(column=_unquoted(found["column"]), step=Step(step) if step else None)


def condition_text(condition: Condition) -> str:
    """A condition as people read it."""
    return " ".join(part for part in (condition.column, str(condition.sign), ", ".join(condition.values)) if part)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _bare(value: str) -> str:
    for quote in ("'", '"'):
        if len(value) >= 2 and value.startswith(quote) and value.endswith(quote):
            return value[1:-1]
    return value
