"""What is kept no longer: how each kind of it is found, in a reading transaction, and dropped in a writing one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session


@dataclass(frozen=True, slots=True)
class Pruner:
    """One kind of thing: its name, how up to so many that are over are found, and how these are dropped.

    What is dropped is looked at once more: it may have come back to life in between.
    """

    what: str
    find: Callable[[Session, datetime, int], Sequence[Any]]
    drop: Callable[[Session, datetime, Sequence[Any]], None]


def rows(what: str, key: InstrumentedAttribute[Any], over: Callable[[datetime], ColumnElement[bool]]) -> Pruner:
    """Rows that are deleted once they are `over`; `key` is a column that tells them apart."""

    def find(session: Session, now: datetime, limit: int) -> Sequence[Any]:
        return session.scalars(select(key).where(over(now)).limit(limit)).all()

    def drop(session: Session, now: datetime, keys: Sequence[Any]) -> None:
        session.execute(delete(key.class_).where(key.in_(keys), over(now)))

    return Pruner(what, find, drop)
