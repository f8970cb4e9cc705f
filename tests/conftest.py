"""What all tests share: databases of both kinds, a session that is rolled back, the desk's pages, the minute it is.

A test that asks for a database runs twice, on SQLite and on PostgreSQL, where a PostgreSQL can be had. Each worker
has databases of its own; the PostgreSQL server is one for the whole run, started by the controller.
"""

import gc
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import jinja2
import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from jinja2.bccache import Bucket
from sqlalchemy import event
from sqlalchemy.orm import Session

from desk import db, logs
from desk.app import create_app
from desk.cli import schema
from desk.cli.valkey import EmbeddedValkey
from desk.errors import Unavailable
from desk.http.transactions import DeskFlask
from desk.people import signing
from desk.settings import Settings
from desk.store import Store
from tests import athome, factories, ledger, order, servers
from tests.demo import Demo, load_demo
from tests.reader import browser
from tests.room import Room, open_room

# Property tests are judged by what they find, never by how long a machine under load takes; where a run decides over
# a change it must be the same run twice.
hypothesis.settings.register_profile("desk", deadline=None, print_blob=True)
hypothesis.settings.register_profile("decides", deadline=None, derandomize=True)
hypothesis.settings.load_profile("decides" if os.environ.get("CI") or servers.REQUIRED else "desk")


# the run


@dataclass
class Postgres:
    """The PostgreSQL of this run: its URL once it runs, else why there is none."""

    server: servers.PostgresServer | None = None
    url: str | None = None
    why: str | None = None

    @property
    def there(self) -> bool:
        return self.why is None

    def start(self) -> None:
        if self.url is None and self.server is not None and self.there:
            try:
                self.url = self.server.start()
            except servers.DoesNotStart as error:
                self.why = f"PostgreSQL did not start ({error})"


POSTGRES = pytest.StashKey[Postgres]()
RUN = pytest.StashKey[str]()
GIVEN = os.environ.get("DESK_TEST_POSTGRES")
TO_GET_IT = "install the package postgresql, or set DESK_TEST_POSTGRES"


def pytest_configure(config: pytest.Config) -> None:
    athome.install()
    if unknown := servers.REQUIRED - servers.REQUIRABLE:
        raise pytest.UsageError(f"DESK_REQUIRE knows browser, postgres and redis, not {', '.join(sorted(unknown))}")
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    config.stash[RUN] = told["testrunuid"] if told else secrets.token_hex(4)
    if told:
        config.stash[POSTGRES] = Postgres(url=told["postgres_url"], why=told["postgres_why"])
    elif GIVEN:
        config.stash[POSTGRES] = Postgres(url=GIVEN)
    elif (binaries := servers.find_postgres()) is not None:
        config.stash[POSTGRES] = Postgres(server=servers.PostgresServer(binaries))
    else:
        config.stash[POSTGRES] = Postgres(why="PostgreSQL was not found")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The controller tells each worker where PostgreSQL is."""
    postgres = node.config.stash[POSTGRES]
    postgres.start()
    node.workerinput.update(postgres_url=postgres.url, postgres_why=postgres.why)
    node.config.stash[RUN] = node.workerinput["testrunuid"]


def pytest_unconfigure(config: pytest.Config) -> None:
    postgres = config.stash.get(POSTGRES, Postgres())
    if postgres.server is not None:
        postgres.server.stop()
    elif GIVEN and not hasattr(config, "workerinput"):
        servers.Clones(GIVEN, config.stash[RUN]).drop_all()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.ByFileAndDatabase:
    """Which worker is given what next."""
    return order.ByFileAndDatabase(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = order.in_turn(items)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever asks for a database is run on both, or on SQLite only where there is no PostgreSQL.

    What only PostgreSQL can show is marked `postgresql`; without one it is skipped, and that is said. What stands on
    a database and shows nothing of it is marked `either`, and runs on SQLite: so do the sentences and buttons of pages,
    as every page is opened, every form sent and every verb used on both elsewhere. Who asks for a `clone` wants several
    connections, and those are never the same on both.
    """
    if "dialect" in metafunc.fixturenames:
        both = metafunc.config.stash[POSTGRES].there or "postgres" in servers.REQUIRED
        dialects = ["sqlite", "postgresql"] if both else ["sqlite"]
        if metafunc.definition.get_closest_marker("postgresql"):
            dialects = ["postgresql"]
        elif metafunc.definition.get_closest_marker("either") and "clone" not in metafunc.fixturenames:
            dialects = ["sqlite"]
        metafunc.parametrize("dialect", dialects, indirect=True, scope="session")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say in the last lines what was not tested for lack of what, and how to get it."""
    postgres = config.stash[POSTGRES]
    if not postgres.there:
        ran = sum(
            "[sqlite" in report.nodeid for kind in ("passed", "failed") for report in _calls(terminalreporter, kind)
        )
        if ran:
            terminalreporter.write_line(f"{postgres.why}: {ran} tests ran on SQLite only; {TO_GET_IT}.", yellow=True)
    skipped = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for why, times in skipped.most_common():
        terminalreporter.write_line(f"{times} skipped: {why}", yellow=True)


def _calls(terminalreporter: Any, kind: str) -> list[Any]:
    return [report for report in terminalreporter.stats.get(kind, []) if report.when == "call"]


def pytest_collection_finish() -> None:
    """What stands by now stays until the end: no collection of garbage need look through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def hasher_in_earnest() -> Iterator[PasswordHasher]:
    """Gives the hasher of passwords; while tests run, another takes its place, which is as cheap as can be."""
    in_earnest = signing._hasher
    signing._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield in_earnest
    signing._hasher = in_earnest


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """Log lines as they are in earnest: plain, and without local variables."""
    logs.install()


# databases


@pytest.fixture(scope="session")
def dialect(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on: `sqlite` or `postgresql`."""
    return str(request.param)


class Databases:
    """Makes migrated databases of one kind for one worker, and takes them away again."""

    def __init__(self, folder: Path, clones: servers.Clones | None, worker: str) -> None:
        self._folder = folder
        self._clones = clones
        self._worker = worker
        self._numbers = count(1)

    def make(self, *, empty: bool = False) -> str:
        """A new database; gives its URL."""
        number = next(self._numbers)
        if self._clones is not None:
            name = f"{self._worker}_{number}"
            return self._clones.empty(name) if empty else self._clones.make(name)
        path = self._folder / f"desk{number}.db"
        if not empty:
            shutil.copyfile(self._template(), path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Take it away, whoever is still in it."""
        if self._clones is not None:
            self._clones.drop(url)
        else:
            for path in self._folder.glob(f"{Path(url).name}*"):
                path.unlink()

    def _template(self) -> Path:
        template = self._folder / "template.db"
        if not template.exists():
            database = db.connect(f"sqlite:///{template}")
            schema.upgrade(database.engine)
            database.engine.dispose()
        return template


@pytest.fixture(scope="session")
def databases(dialect: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Where this worker's databases of this kind come from."""
    clones = None
    if dialect == "postgresql":
        postgres = request.config.stash[POSTGRES]
        postgres.start()
        if postgres.url is None:
            servers.missing("postgres", f"{postgres.why}: {TO_GET_IT}.")
        clones = servers.Clones(postgres.url, request.config.stash[RUN])
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return Databases(tmp_path_factory.mktemp("databases"), clones, worker)


@pytest.fixture(scope="session")
def database(databases: Databases) -> Iterator[db.Database]:
    """This worker's database, migrated. What is done in it must be rolled back: see `session`, `store`, `clone`."""
    with Opened(databases.make()) as found:
        yield found


@pytest.fixture
def session(database: db.Database) -> Iterator[Session]:
    """A writing session in a transaction that is rolled back after the test."""
    with (
        database.engine.connect() as connection,
        connection.begin() as outer,
        Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session,
    ):
        yield session
        session.close()
        outer.rollback()


@pytest.fixture
def clone(databases: Databases) -> Iterator[db.Database]:
    """A fresh database of the test's own, for several connections, threads or processes."""
    url = databases.make()
    with Opened(url) as found:
        yield found
    databases.drop(url)


@pytest.fixture(scope="session")
def _shared(databases: Databases) -> Iterator[db.Database]:
    with Opened(databases.make()) as found:
        yield found


@pytest.fixture
def store(_shared: db.Database) -> Iterator[Store]:
    """A store that really commits; its database is emptied after the test. For the edges: pages, tasks, commands."""
    yield Store(_shared)
    empty(_shared)


class Opened:
    """A database for the length of a block. SQLite need not wait for disks here."""

    def __init__(self, url: str) -> None:
        self._database = db.connect(url)
        if self._database.is_sqlite:
            event.listen(self._database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))

    def __enter__(self) -> db.Database:
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.engine.dispose()


def empty(database: db.Database) -> None:
    """Delete all rows. A connection that a test has left in a transaction makes this fail, not hang."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for table in reversed(ledger.TABLES):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        else:
            connection.exec_driver_sql(
                "; ".join(["SET LOCAL lock_timeout = '5s'", *(f"DELETE FROM {t}" for t in reversed(ledger.TABLES))])
            )


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """This worker's own Valkey."""
    try:
        server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    except Unavailable as error:
        servers.missing("redis", str(error))
    with server:
        yield server


# pages


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a trial: no mail server, no broker, private addresses allowed."""
    return Settings(
        var=tmp_path_factory.mktemp("var"),
        database_url="sqlite://",
        redis_url=None,
        url="http://localhost",
        secret_keys=("a key for tests, which nobody keeps secret",),
        private_addresses=True,
    )


class _Compiled(jinja2.BytecodeCache):
    """Each template is compiled once a process, however many apps are made in it."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()


@pytest.fixture(scope="session")
def _pages(settings: Settings, _shared: db.Database) -> DeskFlask:
    app = create_app(settings, database=_shared)
    app.jinja_env.bytecode_cache = _compiled
    return app


@pytest.fixture
def app(_pages: DeskFlask, store: Store, now: datetime) -> DeskFlask:
    """The desk's pages over `store`, at `now`; a test may set `app.now` to a later clock."""
    set_clock(_pages, lambda: now)
    for limiter in _pages.extensions["limiter"]:
        limiter.reset()
    return _pages


def set_clock(app: DeskFlask, clock: Callable[[], datetime]) -> None:
    """Have the app go by `clock`."""
    app.now = clock  # type: ignore[method-assign]  # what the clock is for


@pytest.fixture
def client(app: DeskFlask) -> FlaskClient:
    """A browser before the door; see tests/reader.py for signing in and for pressing buttons."""
    return browser(app)


@pytest.fixture
def room(store: Store) -> Room:
    """A small newsroom with a person in each role; see tests/room.py."""
    return open_room(store)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo newsroom; see tests/demo.py."""
    demo = load_demo(tmp_path_factory.mktemp("demo"))
    yield demo
    demo.store.database.engine.dispose()


@pytest.fixture
def now() -> datetime:
    """14:37 in Brussels on Tuesday 24 November 2026."""
    return factories.NOW
