"""Brings the ledger's tables up to date, from wherever the program is called."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from alembic import command

FOLDER = Path(__file__).parents[2] / "alembic"


def migrate(database_url: str, *, revision: str = "head") -> None:
    """Run the migrations up to a revision; one at a time where several processes start at once.

    Raises:
        sqlalchemy.exc.OperationalError: Postgres does not answer.
    """
    command.upgrade(_config(database_url), revision)


def downgrade(database_url: str, *, revision: str) -> None:
    """Take migrations back, down to a revision or `base`."""
    command.downgrade(_config(database_url), revision)


def newest_revision() -> str:
    """The revision that this version of the program needs."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return str(ScriptDirectory.from_config(config).get_current_head())


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["database_url"] = make_url(database_url).render_as_string(hide_password=False)
    return config
