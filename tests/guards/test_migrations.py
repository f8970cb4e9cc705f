"""The migrations make what the models say, on both databases and to the letter, and take it all away again."""

import re
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from desk import db, models
from desk.cli import schema
from tests.conftest import Databases, Opened


@pytest.fixture
def bare(databases: Databases) -> Iterator[db.Database]:
    """A database with nothing in it."""
    url = databases.make(empty=True)
    with Opened(url) as found:
        yield found
    databases.drop(url)


def test_the_migrations_lead_to_the_models(database: db.Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_object": _is_ours}
        )
        assert compare_metadata(context, models.metadata) == []


def test_the_migrations_make_to_the_letter_what_the_models_make(database: db.Database, bare: db.Database) -> None:
    """CHECKs, partial indexes, WITHOUT ROWID and triggers too, which the comparison above overlooks."""
    models.metadata.create_all(bare.engine)
    migrated, made = description(database), description(bare)
    assert sorted(migrated - made) == sorted(made - migrated) == []


def test_the_way_back_leaves_nothing_and_the_way_up_is_the_same_again(database: db.Database, bare: db.Database) -> None:
    schema.upgrade(bare.engine)
    assert schema.current(bare.engine) == schema.head()
    schema.downgrade(bare.engine, "base")
    assert description(bare) == set()
    schema.upgrade(bare.engine)
    assert description(bare) == description(database)


def description(database: db.Database) -> set[str]:
    """All that stands in the database but Alembic's own table, as sentences of DDL without their order."""
    with database.engine.connect() as connection:
        return set(_sqlite(connection) if database.is_sqlite else _postgresql(connection))


def _is_ours(_thing: object, name: str | None, *_: object) -> bool:
    """A full-text index is a trigger's business, with tables that no model maps."""
    return not (name or "").startswith("fts_")


def _sqlite(connection: Connection) -> Iterator[str]:
    rows = connection.execute(text("SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    for kind, table, ddl in rows:
        if table == "alembic_version":
            continue
        ddl = re.sub(r"\s+", " ", ddl).strip()
        if kind != "table" or "(" not in ddl or ddl.upper().startswith("CREATE VIRTUAL"):
            yield ddl
            continue
        inside, end = ddl[ddl.index("(") + 1 : ddl.rindex(")")], ddl[ddl.rindex(")") + 1 :]
        yield from (f"{table}: {part}" for part in (*_parts(inside), end.strip() or "with rowid"))


def _parts(inside: str) -> Iterator[str]:
    """The columns and constraints of a table: what stands between commas that are in no bracket and no quotes."""
    depth, quote, start = 0, "", 0
    for at, sign in enumerate(inside):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "," and not depth:
            yield inside[start:at].strip()
            start = at + 1
        else:
            depth += (sign == "(") - (sign == ")")
    yield inside[start:].strip()


POSTGRESQL = """
SELECT format('%s.%s %s%s default %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, pg_get_expr(d.adbin, d.adrelid),
              a.attidentity::text || a.attgenerated::text)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND c.relname <> 'alembic_version'
UNION ALL
SELECT format('%s: %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
UNION ALL
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL
SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
UNION ALL
SELECT format('type %s', typname) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
UNION ALL
SELECT format('sequence %s', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
"""


def _postgresql(connection: Connection) -> Iterator[str]:
    yield from connection.scalars(text(POSTGRESQL))
