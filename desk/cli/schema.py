"""Migrations, configured in code: there is no alembic.ini."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select

from desk.settings import resource

MIGRATING = zlib.crc32(b"dateline: migrations")


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, over `connection` if it is to run anything."""
    made = Config()
    made.set_main_option("script_location", str(resource("migrations")))
    made.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s")
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the database to revision `to`. Of several hosts that do so at once the others wait for the first."""
    with _alone(engine) as connection:
        command.upgrade(config(connection), to)
        connection.commit()


def downgrade(engine: Engine, to: str) -> None:
    """Take the database back to revision `to` (`base`: empty)."""
    with _alone(engine) as connection:
        command.downgrade(config(connection), to)
        connection.commit()


def current(engine: Engine) -> str | None:
    """The database's revision; None if it was never migrated."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The newest revision that this release knows."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    if newest is None:
        raise RuntimeError("this release has no migrations")
    return newest


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A connection that holds this database's migration lock: PostgreSQL lets go of it however the connection ends."""
    with engine.connect() as connection:
        if engine.dialect.name != "postgresql":
            yield connection
            return
        connection.execute(select(func.pg_advisory_lock(MIGRATING)))
        connection.commit()
        try:
            yield connection
        finally:
            connection.rollback()
            connection.execute(select(func.pg_advisory_unlock(MIGRATING)))
            connection.commit()
