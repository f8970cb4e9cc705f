"""what a reading of the wires brought, sources removed, files that could not be read"""

import sqlalchemy as sa
from alembic import op

import desk.db

revision = "20261125_0900"
down_revision = "20261125_0400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_items_intake_id", "items", ["intake_id"], unique=False)
    # wire sources that were removed; files of wire folders that could not be read, and how they looked
    op.add_column("sources", sa.Column("removed_at", desk.db.UtcDateTime(timezone=True), nullable=True))
    op.add_column("intakes", sa.Column("looked", sa.String(length=500), nullable=True))
    op.create_index("ix_intakes_source_id_name_looked", "intakes", ["source_id", "name", "looked"], unique=False)
    unreadable = sa.text("error IS NOT NULL")
    op.create_index(
        "ix_intakes_unreadable",
        "intakes",
        ["source_id"],
        unique=False,
        sqlite_where=unreadable,
        postgresql_where=unreadable,
    )


def downgrade() -> None:
    op.drop_index("ix_intakes_unreadable", table_name="intakes")
    op.drop_index("ix_intakes_source_id_name_looked", table_name="intakes")
    op.drop_column("intakes", "looked")
    op.drop_column("sources", "removed_at")
    op.drop_index("ix_items_intake_id", table_name="items")
