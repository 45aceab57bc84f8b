"""A person's addresses can be erased from the entries of others, too."""

from pathlib import Path

from alembic import op

revision = "0021_erase_addresses_in_the_log"
down_revision = "0020_read_fewer_pages"
branch_labels = None
depends_on = None

_FUNCTION = Path(__file__).parents[1] / "sql/audit_erasure_of_addresses.sql"


def upgrade() -> None:
    (schema,) = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").one()
    # pg_temp last: whoever calls must not put tables of their own in front of ours.
    statements = _FUNCTION.read_text().replace("SEARCHED", f"{schema}, pg_temp")
    op.get_bind().connection.driver_connection.execute(statements)


def downgrade() -> None:
    op.execute("DROP FUNCTION erase_audit_addresses")
