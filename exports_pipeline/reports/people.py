"""How reports about the audit log call people and the service itself."""

from exports_pipeline.core.question import Dimension
from exports_pipeline.core.report import Value
from exports_pipeline.reports.wording import label

PERSON = (Dimension(column="actor"), Dimension(column="owner_key"), Dimension(column="email"))
"""What a person is grouped by, in the order that `person_in_words` takes them."""
_SERVICE = "00000000-0000-0000-0000-000000000000"
_MASK = "***"
_SHORT = 8
"""Characters of an id that tell people of one owner key apart."""


def person_in_words(actor: Value, owner_key: Value, email: Value) -> str:
    """A person by their address where it is shown, else by owner key and the beginning of their id."""
    if str(actor) == _SERVICE:
        return "the service itself"
    if email is not None and email != _MASK:
        return str(email)
    return f"{label(owner_key) if owner_key is not None else 'user'} ({str(actor)[:_SHORT]})"
