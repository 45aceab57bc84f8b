"""The step that brings the ledger up to date: `python -m exports_pipeline.local.ledger`."""

from sqlalchemy.exc import OperationalError

from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.settings import load_settings


def bring_up_to_date(database_url: str) -> None:
    """Run the migrations that are missing.

    Raises:
        SystemExit: Postgres does not answer; the sentence says what it said.
    """
    try:
        migrate(database_url)
    except OperationalError as error:
        said = str(error.orig).strip().replace("\n", " ")
        message = f"Postgres at EXPORTS_DATABASE_URL does not answer: {said}"
        raise SystemExit(message) from None


if __name__ == "__main__":
    secret = load_settings().database_url
    bring_up_to_date("" if secret is None else secret.get_secret_value())
