"""What chaos tests stand on: a database of their own, a broker that may be killed, the receiver, and a fleet."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from desk import db
from desk.cli.valkey import EmbeddedValkey
from desk.db import Database
from desk.errors import Unavailable
from desk.ring import Doorbell
from desk.store import Store
from tests import factories, servers
from tests.chaos.fleet import Fleet, Receiving, fleet
from tests.chaos.load import Load
from tests.conftest import POSTGRES, RUN, TO_GET_IT, Databases

SECRET_KEY = "a key for these tests that nobody keeps secret"
LEASE = 3
TICK = 0.5
IN_FLIGHT = 4


@dataclass(frozen=True)
class Stage:
    """Everything that takes part; `load` is laid out over the same database that the fleet works on."""

    broker: EmbeddedValkey
    receiving: Receiving
    fleet: Fleet
    load: Load


Staged = Callable[..., AbstractContextManager[Stage]]
on_both = pytest.mark.parametrize("home", ["sqlite", "postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("home", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("home", ["postgresql"], indirect=True)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A broker of the test's own, to be stopped, killed and brought back."""
    try:
        server = EmbeddedValkey(tmp_path / "valkey")
    except Unavailable as error:
        servers.missing("redis", str(error))
    with server:
        yield server


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh database of the kind that the test names, for all its processes."""
    clones = None
    if request.param == "postgresql":
        postgres = request.config.stash[POSTGRES]
        postgres.start()
        if postgres.url is None:
            servers.missing("postgres", f"{postgres.why}: {TO_GET_IT}.")
        clones = servers.Clones(postgres.url, request.config.stash[RUN])
    databases = Databases(tmp_path, clones, f"chaos_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}")
    url = databases.make()
    database = db.connect(url)
    yield database
    database.engine.dispose()
    databases.drop(url)


@pytest.fixture
def staged(home: Database, broker: EmbeddedValkey, tmp_path: Path) -> Staged:
    """Sets the stage: `answers_after` is how many seconds the receiver takes for each hand-over, `lease` how many a
    worker may take before others think it dead."""

    @contextmanager
    def stage(*, answers_after: float, lease: float = LEASE) -> Iterator[Stage]:
        var = tmp_path / "var"
        var.mkdir()
        env = {
            "DATABASE_URL": home.engine.url.render_as_string(hide_password=False),
            "DESK_VAR": str(var),
            "DESK_SECRET_KEY": SECRET_KEY,
            "DESK_URL": "http://localhost",
            "DESK_PRIVATE_ADDRESSES": "1",
            "DESK_LEASE": str(lease),
            "DESK_TICK": str(TICK),
            "DESK_IN_FLIGHT": str(IN_FLIGHT),
            "DESK_BACKOFF": "1",
            "REDIS_URL": broker.url,
        }
        store = Store(home, Doorbell(broker.url))
        with store.write() as session:
            factories.newsroom(session)
        with (
            Receiving(tmp_path, answers_after) as receiving,
            fleet(tmp_path, **env, SMTP_URL=receiving.smtp_url) as started,
        ):
            yield Stage(broker, receiving, started, Load(store, receiving))

    return stage
