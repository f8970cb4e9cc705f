"""Migrations, configured in code: there is no alembic.ini."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from desk.settings import resource


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, over `connection` if it is to run anything."""
    made = Config()
    made.set_main_option("script_location", str(resource("migrations")))
    made.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s")
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the database to revision `to`."""
    with engine.connect() as connection:
        command.upgrade(config(connection), to)
        connection.commit()


def downgrade(engine: Engine, to: str) -> None:
    """Take the database back to revision `to` (`base`: empty)."""
    with engine.connect() as connection:
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
