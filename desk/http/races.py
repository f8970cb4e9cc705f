"""Which broken rules of the tables are a race that somebody lost, and which are our own fault."""

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from desk.db import Base

# two did the same at once, and each verb had looked before: whoever comes second is told so
RACES = frozenset(
    {
        "ix_drafts_assignment_id",
        "pk_grants",
        "pk_memberships",
        "pk_uses",
        "uq_desks_name",
        "uq_drafts_main",
        "uq_editions_story_id_number",
        "uq_licensees_name",
        "uq_messages_key",
        "uq_notices_edition_id_licensee_id",
        "uq_offers_made",
        "uq_people_email",
        "uq_rungs_thing_kind_thing_id_rung_deadline_no_whom",
        "uq_sources_name",
        "uq_stories_desk_id_slug_slug_day",
        "uq_versions_draft_id_n",
    }
)


def is_race(error: IntegrityError) -> bool:
    """Whether somebody else did the same a moment before."""
    return broken(error) in RACES


def broken(error: IntegrityError) -> str:
    """The name of the constraint that was broken; as much as the database says of it, where it has no name."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name or f"{diagnosis.table_name}.{diagnosis.column_name}")
    said = str(error.orig)
    what, _, where = said.partition(" failed: ")
    if what != "UNIQUE constraint":
        return where or said
    columns = where.split(", ")
    table = Base.metadata.tables.get(columns[0].partition(".")[0])
    return where if table is None else _unique(table, {column.partition(".")[2] for column in columns}) or where


def _unique(table: Table, columns: set[str]) -> str | None:
    """SQLite names the columns of what must be unique, not the rule."""
    rules = [rule for rule in table.constraints if isinstance(rule, UniqueConstraint | PrimaryKeyConstraint)]
    found = [(rule.name, rule.columns) for rule in rules]
    found += [(index.name, index.columns) for index in table.indexes if index.unique]
    return next((str(name) for name, of in found if {column.name for column in of} == columns), None)
