"""Alembic's environment: configured in code (`desk.cli.schema`), which hands over an open connection."""

from alembic import context
from sqlalchemy import text

from desk import models

connection = context.config.attributes["connection"]
sqlite = connection.dialect.name == "sqlite"

if not sqlite:
    # a migration that waits for a long transaction would hold up the newsroom: fail instead, and try again
    connection.execute(text("SET lock_timeout = '10s'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    connection.commit()

context.configure(
    connection=connection,
    target_metadata=models.metadata,
    render_as_batch=sqlite,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
