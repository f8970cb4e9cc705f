"""The due verbs: all that falls due without anybody pressing anything. Tasks and the ticker run the same."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from desk.newsroom import publishing, reminding, sweeping
from desk.store import Store

BATCH = 100
VERBS: tuple[Callable[[Session, datetime, int], int], ...] = (publishing.release_due, reminding.fire_due)


def tick(store: Store, now: Callable[[], datetime]) -> int:
    """Release what is to be published and fire what is to be reminded of, in short transactions, until none is left."""
    done = 0
    for verb in VERBS:
        while count := store.run(partial(_batch, verb, now())):
            done += count
    return done


def sweep(store: Store, now: Callable[[], datetime]) -> None:
    """Find what should have gone out and did not."""
    store.run(lambda session: sweeping.sweep(session, now()))


def _batch(verb: Callable[[Session, datetime, int], int], at: datetime, session: Session) -> int:
    return verb(session, at, BATCH)
