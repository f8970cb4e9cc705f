"""Heartbeats: a row for each kind of process, renewed by it, so that others can see it is alive.

`ticker` is written by the ticker itself; `worker` by a task, so that a pool which takes no bells falls silent;
`beat` by a task that beat rang.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from desk.db import Base, Instant, Line, Word

NAMES = ("ticker", "worker", "beat")
SILENT_AFTER = timedelta(seconds=60)


class Heartbeat(Base):
    """When a process of this name (`worker`, `beat`, `ticker`) on this host last showed life."""

    __tablename__ = "heartbeats"
    name: Mapped[Word] = mapped_column(primary_key=True)
    host: Mapped[Line] = mapped_column(primary_key=True)
    at: Mapped[Instant]


def beat(session: Session, name: str, host: str, now: datetime) -> None:
    """Note that `name` on `host` is alive."""
    session.merge(Heartbeat(name=name, host=host, at=now))


def latest(session: Session) -> dict[str, datetime]:
    """The newest heartbeat of each name, over all hosts."""
    found: dict[str, datetime] = {}
    for row in session.scalars(select(Heartbeat)):
        found[row.name] = max(row.at, found.get(row.name, row.at))
    return found


def silent(session: Session, now: datetime) -> list[str]:
    """Which of them have not been heard of for a minute, on any host."""
    seen = latest(session)
    return [name for name in NAMES if name not in seen or now - seen[name] > SILENT_AFTER]
