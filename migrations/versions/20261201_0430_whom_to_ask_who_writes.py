"""whom licensees are to ask; who has a text open"""

import sqlalchemy as sa
from alembic import op

import desk.db

revision = "20261201_0430"
down_revision = "20261125_0900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("newsroom", sa.Column("ask_mail", sa.String(length=500), nullable=True))
    op.add_column("newsroom", sa.Column("ask_phone", sa.String(length=500), nullable=True))
    op.create_table(
        "writers",
        sa.Column("draft_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", desk.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_writers_draft_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_writers_person_id")),
        sa.PrimaryKeyConstraint("draft_id", "person_id", name=op.f("pk_writers")),
    )


def downgrade() -> None:
    op.drop_table("writers")
    op.drop_column("newsroom", "ask_phone")
    op.drop_column("newsroom", "ask_mail")
