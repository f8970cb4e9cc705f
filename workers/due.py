"""The due verbs: all that falls due without anybody pressing anything. Tasks and the ticker run the same."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.orm import Session

from desk.aside import Aside
from desk.newsroom import chasing, pruning, publishing, reminding, sweeping, webhooks
from desk.prune import Pruner
from desk.store import Store
from workers.stopping import Stop

BATCH = 100
LONGEST_RUN = 20.0  # seconds, all verbs together: a bell's run ends before its time limit would end it in the midst
VERBS: tuple[Callable[[Session, datetime, int, Aside], int], ...] = (
    publishing.release_due,
    reminding.fire_due,
    chasing.chase_due,
    webhooks.tell_failing,
)
log = structlog.get_logger()


def tick(store: Store, now: Callable[[], datetime], stop: Stop = lambda: False) -> int:
    """Release, remind and chase what is due, in short transactions, until none is left or `stop()`.

    What fails is logged and left for the next tick: a story's fault costs neither the others nor the reminders.
    """
    done, end = 0, time.monotonic() + LONGEST_RUN
    for number, verb in enumerate(VERBS):
        left, aside = end - time.monotonic(), Aside(ends=(SoftTimeLimitExceeded,))
        try:
            done += _until_none_is_left(store, verb, now, aside, left / (len(VERBS) - number), stop)
        except Exception as error:  # a verb that fails as a whole must not cost the others their turn
            if aside.is_everybodys(error):
                raise
            log.exception("a due verb failed", verb=verb.__name__)
    return done


def sweep(store: Store, now: Callable[[], datetime]) -> None:
    """Find what should have gone out and did not."""
    aside = Aside(ends=(SoftTimeLimitExceeded,))
    store.run(lambda session: sweeping.sweep(session, now(), aside))


def prune(store: Store, now: Callable[[], datetime], stop: Stop = lambda: False) -> None:
    """Let go of what is kept no longer, a batch in each transaction, until nothing is or `stop()`."""
    until, aside = time.monotonic() + LONGEST_RUN, Aside(ends=(SoftTimeLimitExceeded,))
    for pruner in pruning.ALL:
        dropped, last = 0, BATCH
        try:
            while last == BATCH and time.monotonic() < until and not stop():
                last = _prune(store, pruner, now())
                dropped += last
        except Exception as error:  # what can't be let go of must not keep all else
            if aside.is_everybodys(error):
                raise
            log.exception("a pruning failed", what=pruner.what)
        if dropped:
            log.info("pruned", what=pruner.what, n=dropped)


def _until_none_is_left(
    store: Store,
    verb: Callable[[Session, datetime, int, Aside], int],
    now: Callable[[], datetime],
    aside: Aside,
    longest: float,
    stop: Stop,
) -> int:
    until, done = time.monotonic() + longest, 0
    while not stop():
        before = aside.count
        count = store.run(partial(_batch, verb, now(), aside))
        done += count
        if (not count and aside.count == before) or time.monotonic() > until:
            break
    return done


def _batch(verb: Callable[[Session, datetime, int, Aside], int], at: datetime, aside: Aside, session: Session) -> int:
    return verb(session, at, BATCH, aside)


def _prune(store: Store, pruner: Pruner, at: datetime) -> int:
    with store.read() as session:
        found = pruner.find(session, at, BATCH)
    if found:
        store.run(lambda session: pruner.drop(session, at, found))
    return len(found)
