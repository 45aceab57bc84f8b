"""How reports about the audit log call people and the service itself."""

from exports_pipeline.core.origin import NOBODY
from exports_pipeline.core.question import Condition, Dimension, Sign
from exports_pipeline.core.report import Value
from exports_pipeline.reports.wording import label

PERSON = (Dimension(column="actor"), Dimension(column="owner_key"), Dimension(column="email"))
"""What a person is grouped by, in the order that `person_in_words` takes them."""
SOMEBODY = Condition(column="actor", sign=Sign.IS_NOT, values=(str(NOBODY),))
"""That it was done by a person, not by the service itself or by somebody without a token."""
_NOBODY = str(NOBODY)
_MASK = "***"
_SHORT = 8
"""Characters of an id that tell people of one owner key apart."""


def person_in_words(actor: Value, owner_key: Value, email: Value) -> str:
    """A person by their address where it is shown, else by owner key and the beginning of their id."""
    if str(actor) == _NOBODY:
        return "the service, or nobody known"
    if email is not None and email != _MASK:
        return str(email)
    return f"{label(owner_key) if owner_key is not None else 'user'} ({str(actor)[:_SHORT]})"
