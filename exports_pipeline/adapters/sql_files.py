"""SQL statements that live in files of their own."""

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text

FOLDER = Path(__file__).parent / "sql"


@cache
def load_sql(name: str) -> TextClause:
    """The statement of `sql/<name>.sql`, with its named parameters."""
    return text((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
