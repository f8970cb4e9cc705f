"""What the commands share: settings, a store, output as a table or as JSON lines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from desk import db, models
from desk.cli import lock, schema
from desk.errors import Invalid
from desk.settings import Settings
from desk.store import Ring, Store, silent

_ = models.ALL  # every table must be mapped before the first query


def settings_here() -> Settings:
    """The settings, with the address of the desk that runs here: what DESK_URL names, else where it listens."""
    settings = Settings.from_env()
    url = None if settings.url_is_set else lock.address(settings.var / lock.LOCK)
    return replace(settings, url=url) if url else settings


def open_store(settings: Settings | None = None) -> Store:
    """The store that a command works on. Raises Invalid, with the way out, if the schema is not this release's."""
    settings = settings or Settings.from_env()
    database = db.connect(settings.database_url)
    found = schema.current(database.engine)
    if found is None:
        raise Invalid("There is no newsroom here yet: `desk init` makes an empty one, `desk up` makes one and runs it.")
    if found != schema.head():
        raise Invalid("The database is not at this release's schema: run `desk db upgrade`.")
    return Store(database, _ring(settings.redis_url) if settings.redis_url else silent)


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """Print rows: one JSON object a line, or a table; `empty` says what to do when there are none."""
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False, default=str))
        return
    if not rows:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    Console(soft_wrap=True).print(table)


def _ring(redis_url: str) -> Ring:
    from desk.ring import Doorbell  # Celery takes as long to import as all else together

    return Doorbell(redis_url)
