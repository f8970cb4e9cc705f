"""One transaction, as every edge runs it: revisions bumped last, commit, then the bells.

Verbs flush and never commit; only this file does, and only the edges call it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from desk import bells, revisions
from desk.db import Database, is_lost_race

Result = TypeVar("Result")


class Ring(Protocol):
    """Rings doorbells after a commit; failing to is not an error, a tick finds the work."""

    def __call__(self, marked: set[tuple[str, str]]) -> None: ...


def silent(marked: set[tuple[str, str]]) -> None:
    """A ring for places without a broker: the tickers come by themselves."""
    del marked


class Store:
    """Where the edges get their sessions. `ring` is given the bells marked by what was committed."""

    def __init__(self, database: Database, ring: Ring = silent) -> None:
        self.database = database
        self._ring = ring

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that can't write, rolled back at the end."""
        with self.database.reading() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A writing session, committed at the end of the block; an exception rolls back and goes on."""
        with self.database.writing() as session:
            session.connection()  # BEGIN now: on SQLite this takes the write lock
            yield session
            marked = self.finish(session)
        self.ring(marked)

    def finish(self, session: Session) -> set[tuple[str, str]]:
        """Flush, bump what was touched, commit; gives back the bells that are now to be rung."""
        session.flush()
        revisions.bump(session)
        marked = bells.take(session)
        session.commit()
        return marked

    def ring(self, marked: set[tuple[str, str]]) -> None:
        """Ring what `finish` gave back, if anything."""
        if marked:
            self._ring(marked)

    def run(self, act: Callable[[Session], Result]) -> Result:
        """`act` in a write transaction; a lost race (deadlock, busy) is tried once more from the start."""
        try:
            with self.write() as session:
                return act(session)
        except DBAPIError as error:
            if not is_lost_race(error):
                raise
        with self.write() as session:
            return act(session)
