"""Whether a question fits the columns that its requester is shown."""

from collections.abc import Iterator

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Question, Sign
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import InvalidQuestion, UnknownColumn
from exports_pipeline.core.value_types import is_number, is_time
from exports_pipeline.core.values import has_type

_ANY_TYPE = frozenset({Aggregate.COUNT, Aggregate.COUNT_DISTINCT, Aggregate.MIN, Aggregate.MAX})
_OF_VALUES = frozenset({Aggregate.COUNT_DISTINCT, Aggregate.MIN, Aggregate.MAX})
_TRUTH_TOO = frozenset({Aggregate.SUM, Aggregate.AVG, Aggregate.RATIO})
_WITHOUT_VALUES = frozenset({Sign.MISSING, Sign.PRESENT})
_MANY_VALUES = frozenset({Sign.ONE_OF, Sign.NONE_OF})


def askable(selection: Selection) -> dict[str, Column]:
    """The columns that a question about a selection may name, by name; the time column is one, listed or not."""
    columns = {column.name: column for column in selection.columns}
    time = selection.dataset.time
    if time and time.column not in {column.name for column in selection.dataset.columns}:
        columns[time.column] = Column(name=time.column, type=selection.dataset.types[time.column])
    return columns


def check_question(question: Question, selection: Selection) -> dict[str, Column]:
    """The columns that a question names, by name, as they are shown.

    Raises:
        UnknownColumn: the dataset has no such column, or none that this requester is shown.
        InvalidQuestion: a column cannot be asked for this.
    """
    columns = askable(selection)
    for name in _named(question):
        if name not in columns:
            raise UnknownColumn(
                f"Dataset {question.dataset} has no column {name[:80]!r} that you are shown.", field="column"
            )
    if not question.measures:
        raise InvalidQuestion("A question needs at least one measure.")
    for dimension in question.by:
        _check_dimension(dimension, columns[dimension.column])
    for measure in question.measures:
        _check_measure(measure, columns)
    for condition in question.where:
        _check_condition(condition, columns[condition.column])
    _check_order(question)
    return {name: columns[name] for name in dict.fromkeys(_named(question))}


def _named(question: Question) -> Iterator[str]:
    yield from (dimension.column for dimension in question.by)
    for measure in question.measures:
        yield from (name for name in (measure.column, measure.per) if name is not None)
        yield from (condition.column for condition in measure.where)
    yield from (condition.column for condition in question.where)


def _check_dimension(dimension: Dimension, column: Column) -> None:
    if dimension.step and not is_time(column.shown_type):
        raise InvalidQuestion(f"Column {column.name} is {described(column)}; only a time goes by {dimension.step}.")


def _check_measure(measure: Measure, columns: dict[str, Column]) -> None:
    aggregate, names = measure.aggregate, [name for name in (measure.column, measure.per) if name is not None]
    fewest = {Aggregate.RATIO: 2, Aggregate.COUNT: 0, Aggregate.SHARE: 0}.get(aggregate, 1)
    most = {Aggregate.RATIO: 2, Aggregate.SHARE: 0}.get(aggregate, 1)
    if not fewest <= len(names) <= most:
        raise InvalidQuestion(f"{aggregate} takes {most} column{'s' * (most != 1)}, not {len(names)}.")
    if aggregate is Aggregate.SHARE and not measure.where:
        raise InvalidQuestion("A share needs a condition that says of what: share(status = done).")
    for name in names:
        kind = columns[name].shown_type
        fits = aggregate in _ANY_TYPE or is_number(kind) or (kind == "BOOLEAN" and aggregate in _TRUTH_TOO)
        if not fits:
            raise InvalidQuestion(f"Column {name} is {described(columns[name])}; {aggregate} needs numbers.")
        if aggregate in _OF_VALUES:
            _refuse_mask(columns[name])
    for condition in measure.where:
        _check_condition(condition, columns[condition.column])


def _check_condition(condition: Condition, column: Column) -> None:
    kind, count = column.shown_type, len(condition.values)
    if condition.sign not in _WITHOUT_VALUES:
        _refuse_mask(column)
    if condition.sign in _WITHOUT_VALUES:
        fits = count == 0
    else:
        fits = count >= 1 if condition.sign in _MANY_VALUES else count == 1
    if not fits:
        raise InvalidQuestion(f"The condition {column.name} {condition.sign} cannot have {count} values.")
    if kind.endswith("]") and condition.sign not in _WITHOUT_VALUES:
        raise InvalidQuestion(f"Column {column.name} is a list; a condition can only ask whether it is missing.")
    for value in condition.values:
        if "\x00" in value or not has_type(value, kind):
            raise InvalidQuestion(f"{value[:80]!r} is no value of column {column.name}, which is {described(column)}.")


def _refuse_mask(column: Column) -> None:
    """One mark for every value would make a question about values look answered."""
    if column.sensitive is Sensitivity.MASK:
        raise InvalidQuestion(f"Column {column.name} is masked for you; only whether it is missing can be asked of it.")


def _check_order(question: Question) -> None:
    names = {each.name for each in question.by} | {each.name for each in question.measures}
    if len(names) != len(question.by) + len(question.measures):
        raise InvalidQuestion("Two columns of the answer would have one name; give the measures labels.")
    for name in question.order:
        if name.removeprefix("-") not in names:
            raise InvalidQuestion(f"The answer has no column {name.removeprefix('-')[:80]!r} to be ordered by.")
    if question.limit < 1:
        raise InvalidQuestion("The limit of a question is at least 1.")


def described(column: Column) -> str:
    """What a column is to the requester, in the words of a refusal: its type, or how it is shown."""
    return f"shown to you as a {column.sensitive}" if column.is_replaced else column.type
