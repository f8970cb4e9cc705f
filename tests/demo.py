"""The demo newsroom, loaded once a worker, as of a Thursday evening in summer. Who looks at it changes nothing but who
is signed in and which links are good."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from desk import db, models
from desk.demo import newsroom
from desk.settings import Settings
from desk.store import Store

NOW = datetime(2026, 7, 16, 21, 8, 41, tzinfo=UTC)


@dataclass(frozen=True)
class Demo:
    """Where it is, with what settings, and the lines that tell how to come in."""

    store: Store
    settings: Settings
    lines: list[str]


def load_demo(folder: Path) -> Demo:
    """Load it into a database in `folder`."""
    store, settings = bare_desk(folder)
    return Demo(store, settings, newsroom.load(store, settings, NOW))


def bare_desk(folder: Path) -> tuple[Store, Settings]:
    """A desk that holds nothing, with its state in `folder`."""
    settings = Settings.from_env({"DESK_VAR": str(folder)})
    database = db.connect(settings.database_url)
    models.metadata.create_all(database.engine)
    return Store(database), settings
