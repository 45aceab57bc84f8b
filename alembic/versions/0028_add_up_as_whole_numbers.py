"""A sum of whole numbers that stays one: Postgres's own of `bigint` is a `numeric`, which takes half as long again."""

from alembic import op

revision = "0028_add_up_as_whole_numbers"
down_revision = "0027_keep_sketches_in_rows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE AGGREGATE total_of(bigint) (
            SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE
        )""")


def downgrade() -> None:
    op.execute("DROP AGGREGATE total_of(bigint)")
