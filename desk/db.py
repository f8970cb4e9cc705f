"""The database: column types, engines for SQLite and PostgreSQL, and how transactions begin on each.

SQLite: WAL, `synchronous=FULL` (NORMAL may lose the last commits at a power cut), foreign keys on; a reading
session begins deferred and `query_only`, a writing one `BEGIN IMMEDIATE`, since a read that upgrades fails at
once whatever the busy timeout. PostgreSQL: READ COMMITTED, reading sessions read-only.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    Text,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: timestamptz on PostgreSQL, fixed-width ISO text with microseconds on SQLite. Naive is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC)  # type: ignore[no-any-return]  # the driver's datetime


class Wall(TypeDecorator[datetime]):
    """A local time as a person typed it, to the minute, without its zone (which stands in the column beside it)."""

    impl = String(16)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else value.strftime("%Y-%m-%dT%H:%M")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


Big = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB(), "postgresql")

# named column types, so that models read like sentences
Key = Annotated[int, mapped_column(Big, primary_key=True, autoincrement=True)]
Instant = Annotated[datetime, mapped_column(UtcDateTime)]
LocalTime = Annotated[datetime, mapped_column(Wall)]
PublicId = Annotated[str, mapped_column(String(10), unique=True)]
Zone = Annotated[str, mapped_column(String(64))]
Word = Annotated[str, mapped_column(String(24))]
Line = Annotated[str, mapped_column(String(500))]
Copy = Annotated[str, mapped_column(Text)]
Language = Annotated[str, mapped_column(String(35))]
Digest = Annotated[str, mapped_column(String(64))]
Fields = Annotated[dict[str, Any], mapped_column(Json)]
Names = Annotated[list[str], mapped_column(Json)]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {int: Big, datetime: UtcDateTime, dict[str, Any]: Json, list[str]: Json}


@dataclass(frozen=True)
class Database:
    """Two views of one pool: sessions that only read, and sessions that write."""

    engine: Engine
    reading: sessionmaker[Session]
    writing: sessionmaker[Session]

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"


def connect(url: str, *, pool_size: int = 5, busy_seconds: float = 15) -> Database:
    """Make the engine for `url` (sqlite:///… or postgresql+psycopg://…). Nothing is connected yet."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            connect_args={"timeout": busy_seconds, "check_same_thread": False},
            pool_size=pool_size,
            max_overflow=10,
        )
        _sqlite(engine)
        reading = engine.execution_options(desk_reads=True)
    else:
        engine = create_engine(
            url, pool_size=pool_size, max_overflow=10, pool_pre_ping=True, isolation_level="READ COMMITTED"
        )
        reading = engine.execution_options(postgresql_readonly=True)
    return Database(
        engine,
        sessionmaker(reading, expire_on_commit=False, autoflush=True),
        sessionmaker(engine, expire_on_commit=False, autoflush=True),
    )


def db_now(session: Session) -> datetime:
    """The database's clock, which leases go by, as machines' clocks differ. A test may set `session.info["now"]`."""
    fixed: datetime | None = session.info.get("now")
    if fixed is not None:
        return fixed
    if session.get_bind().dialect.name == "sqlite":
        return datetime.fromisoformat(session.scalar(select(func.strftime("%Y-%m-%dT%H:%M:%f+00:00", "now"))) or "")
    return session.scalars(select(func.clock_timestamp(type_=UtcDateTime))).one()


def lock(session: Session, model: type[Any], *ids: int) -> list[Any]:
    """Read rows for change, in id order: `FOR UPDATE` on PostgreSQL; on SQLite the transaction is the lock."""
    rows = select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update()
    return list(session.scalars(rows.execution_options(populate_existing=True)))


def is_lost_race(error: DBAPIError) -> bool:
    """A deadlock, a serialization failure or a busy SQLite: the same transaction may be tried once more."""
    state = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", ""))
    return state in {"40001", "40P01"} or state.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def is_down(error: DBAPIError) -> bool:
    """The server is gone, refuses connections, or its disk can't be used: what the web answers with 503."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    lost = type(error.orig).__name__ == "OperationalError" and not state and not name
    unusable = name.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL"))
    return error.connection_invalidated or lost or unusable or state.startswith(("08", "57P"))


def _sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we begin ourselves, see below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        reads = connection.get_execution_options().get("desk_reads", False)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
