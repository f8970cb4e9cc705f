"""One thing's fault must not cost the others: each in a savepoint, and what fails is set aside until the next round.

For verbs that see to many things at a time. What is everybody's trouble (the database is gone, a race was lost) is
raised as ever.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from desk.db import is_down, is_lost_race

Thing = tuple[str, int]
Found = TypeVar("Found")
SAY_AGAIN = 3600.0  # seconds: what fails in the same way at every tick is logged once an hour
log = structlog.get_logger()
_said: dict[Thing, tuple[str, float]] = {}


class Aside:
    """What failed in this round. A verb leaves it alone, so that it keeps nobody behind it waiting.

    `ends` are what ends the round itself, such as a time limit: it is not the fault of what was seen to as it came.
    """

    def __init__(self, ends: tuple[type[Exception], ...] = ()) -> None:
        self._things: set[Thing] = set()
        self._ends = ends

    @property
    def count(self) -> int:
        """How many things are set aside."""
        return len(self._things)

    def __contains__(self, thing: object) -> bool:
        return thing in self._things

    def ids(self, kind: str) -> set[int]:
        """What of this kind is set aside."""
        return {id_ for of, id_ in self._things if of == kind}

    def is_everybodys(self, error: Exception) -> bool:
        """Whether this is no one thing's fault: the round ends, the database is gone, or a race was lost."""
        return isinstance(error, self._ends) or (
            isinstance(error, DBAPIError) and (is_down(error) or is_lost_race(error))
        )

    @contextmanager
    def apart(self, session: Session, kind: str, id_: int) -> Iterator[None]:
        """See to one thing within the block; if that fails, what was done of it is taken back and the fault logged."""
        thing = (kind, id_)
        try:
            with session.begin_nested():
                yield
        except Exception as error:  # whatever it is: it is logged with the thing, which comes again the next round
            if self.is_everybodys(error):
                raise
            self._things.add(thing)
            said, at = _said.get(thing, ("", 0.0))
            if said != repr(error) or time.monotonic() - at >= SAY_AGAIN:
                _said[thing] = repr(error), time.monotonic()
                log.exception("this one failed, and is tried again at the next tick", kind=kind, id=id_)
        else:
            _said.pop(thing, None)

    def read(
        self, session: Session, kind: str, ids: Collection[int], read: Callable[[Collection[int]], Mapping[int, Found]]
    ) -> dict[int, Found]:
        """`read` of all these things at once; where that fails, of each apart."""
        try:
            with session.begin_nested():
                return dict(read(ids))
        except Exception as error:  # which of them it was is found out, and logged, one by one
            if self.is_everybodys(error):
                raise
        found: dict[int, Found] = {}
        for id_ in sorted(ids):
            with self.apart(session, kind, id_):
                found |= read([id_])
        return found
