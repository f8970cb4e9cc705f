"""finding by words at any number of stories, indexes of the board, chasing unanswered notices, failing webhooks, why a
text was kept"""

import sqlalchemy as sa
from alembic import op

import desk.db
from desk.text import tokens

revision = "20261125_0400"
down_revision = "20261125_0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("notices", schema=None) as batch_op:
        for name in ("chase_at", "chased_at", "escalated_at"):
            batch_op.add_column(sa.Column(name, desk.db.UtcDateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_notices_chase",
            ["chase_at"],
            unique=False,
            sqlite_where=sa.text("chase_at IS NOT NULL"),
            postgresql_where=sa.text("chase_at IS NOT NULL"),
        )
    for name in ("failing_since", "failing_told_at"):
        op.add_column("licensees", sa.Column(name, desk.db.UtcDateTime(timezone=True), nullable=True))
    op.add_column("lost_saves", sa.Column("refused", sa.Boolean(), nullable=True))

    # finding and the board, at any number of stories. On SQLite the triggers go with a table that is made anew:
    # whatever does that to stories or items stands before this.
    op.add_column("stories", sa.Column("headline_words", sa.Text(), nullable=True))
    for name, table, columns, where in _INDEXES:
        op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)
    _note_headlines()
    for table, columns in _SEARCHED.items():
        for statement in _fts5(table, columns) if _sqlite() else _gin(table, columns):
            op.execute(statement)


def downgrade() -> None:
    for table in _SEARCHED if _sqlite() else ():
        for end in ("put", "taken", "changed"):
            op.execute(f"DROP TRIGGER fts_{table}_{end}")
        op.execute(f"DROP TABLE fts_{table}")
    for table in _SEARCHED if not _sqlite() else ():
        op.execute(f"DROP INDEX fts_{table}")
    for name, table, _columns, _where in _INDEXES:
        op.drop_index(name, table_name=table)
    op.drop_column("stories", "headline_words")

    op.drop_column("lost_saves", "refused")
    for name in ("failing_told_at", "failing_since"):
        op.drop_column("licensees", name)
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notices_chase",
            sqlite_where=sa.text("chase_at IS NOT NULL"),
            postgresql_where=sa.text("chase_at IS NOT NULL"),
        )
        for name in ("escalated_at", "chased_at", "chase_at"):
            batch_op.drop_column(name)


_ON_BOARD = sa.text(
    "state IN ('pitched', 'commissioned', 'reporting', 'filed', 'editing', 'approved', 'scheduled', 'held')"
)
_UNSEEN = sa.text("seen_at IS NULL AND cancelled_at IS NULL")
_INDEXES = (
    ("ix_stories_on_board", "stories", ["desk_id", "state", "due_at", "release_at"], _ON_BOARD),
    ("ix_stories_state_changed_at", "stories", ["state", "changed_at"], None),
    ("ix_stories_made_by", "stories", ["made_by"], None),
    ("ix_versions_author_id_draft_id", "versions", ["author_id", "draft_id"], None),
    ("ix_offers_assignment_id_state", "offers", ["assignment_id", "state"], None),
    ("ix_messages_unseen", "messages", ["recipient_kind", "recipient_id", "kind"], _UNSEEN),
)
_SEARCHED = {"stories": ("search_text", "headline_words"), "items": ("search_text",)}


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _note_headlines() -> None:
    """The words of every story's newest headline, as saving it notes them from now on."""
    newest = sa.text(
        "SELECT d.story_id, v.headline FROM drafts d JOIN versions v ON v.draft_id = d.id AND v.n = d.last_n "
        "WHERE d.is_main"
    )
    noted = [{"id": row[0], "words": f" {' '.join(tokens(row[1]))} "} for row in op.get_bind().execute(newest)]
    if noted:
        op.get_bind().execute(sa.text("UPDATE stories SET headline_words = :words WHERE id = :id"), noted)


def _fts5(table: str, columns: tuple[str, ...]) -> list[str]:
    name, listed = f"fts_{table}", ", ".join(columns)
    new, old = (", ".join(f"{row}.{one}" for one in columns) for row in ("new", "old"))
    put = f"INSERT INTO {name}(rowid, {listed}) VALUES (new.id, {new});"
    take = f"INSERT INTO {name}({name}, rowid, {listed}) VALUES ('delete', old.id, {old});"
    return [
        f"CREATE VIRTUAL TABLE {name} USING fts5({listed}, content='{table}', content_rowid='id', detail=none, "
        "prefix='1 2 3', tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")",
        f"CREATE TRIGGER {name}_put AFTER INSERT ON {table} BEGIN {put} END",
        f"CREATE TRIGGER {name}_taken AFTER DELETE ON {table} BEGIN {take} END",
        f"CREATE TRIGGER {name}_changed AFTER UPDATE OF {listed} ON {table} BEGIN {take} {put} END",
        f"INSERT INTO {name}({name}) VALUES ('rebuild')",
    ]


def _gin(table: str, columns: tuple[str, ...]) -> list[str]:
    joined = " || ' ' || ".join(f"coalesce({one}, '')" for one in columns)
    lexemes = f"array_to_tsvector(array_remove(string_to_array({joined}, ' '), ''))"
    return [f"CREATE INDEX fts_{table} ON {table} USING gin ({lexemes})"]
