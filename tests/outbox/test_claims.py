"""Several workers claim at once from one real database: each row is in one pair of hands."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from desk import chance
from desk.clock import utcnow
from desk.outbox import handing, service
from desk.outbox.handover import Claimed, Result
from desk.outbox.models import Delivery
from desk.outbox.service import MAIL
from desk.store import Store
from tests.outbox.hands import TAKEN, hook

LEASE = timedelta(minutes=5)


def claim_all(store: Store, lane: str, *, per_endpoint: int | None = None) -> list[list[Claimed]]:
    """Four workers claim ten at a time, until each has found nothing once."""

    def act(session: Session) -> list[Claimed]:
        return handing.claim(session, lane, limit=10, lease=LEASE, token=chance.token(16), per_endpoint=per_endpoint)

    def work(_: int) -> list[Claimed]:
        mine: list[Claimed] = []
        while claimed := store.run(act):
            mine += claimed
        return mine

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(work, range(4)))


def test_no_two_workers_claim_the_same_delivery_and_none_is_left(store: Store) -> None:
    with store.write() as session:
        for n in range(60):
            service.put(session, "notice", str(n), ("licensee", 1), now=utcnow(), facts={}, routes=MAIL)
    claimed = Counter(one.delivery_id for mine in claim_all(store, "mail") for one in mine)
    assert len(claimed) == 60
    assert set(claimed.values()) == {1}


@pytest.mark.parametrize("per_endpoint", [1, 3])
def test_workers_together_hold_no_more_of_one_endpoint_than_its_share(store: Store, per_endpoint: int) -> None:
    with store.write() as session:
        for n in range(12):
            service.put(session, "notice", str(n), ("licensee", 1), now=utcnow(), facts={}, routes=hook("one"))
    claimed = [one for mine in claim_all(store, "webhook", per_endpoint=per_endpoint) for one in mine]
    assert len(claimed) == per_endpoint


def test_a_webhook_in_the_midst_of_being_marked_is_not_cancelled_beneath_the_hands_that_mark_it(store: Store) -> None:
    """Without locks the cancelling would overwrite the outcome that was noted a moment before."""
    with store.write() as session:
        service.put(session, "notice", "one", ("licensee", 1), now=utcnow(), facts={}, routes=hook("one"))
    (mine,) = store.run(lambda s: handing.claim(s, "webhook", limit=1, lease=LEASE, token="mine"))

    def cancel(session: Session) -> int:
        return service.cancel_for(session, ("licensee", 1), why="off", now=utcnow(), channel="webhook")

    with ThreadPoolExecutor(1) as pool:
        with store.write() as session:
            handing.settle(session, [Result(mine.delivery_id, mine.token, TAKEN)], now=utcnow())
            other = pool.submit(store.run, cancel)
            assert _is_waited_for(store, session)
        assert other.result(5) == 0
    with store.read() as session:
        assert session.scalars(select(Delivery.state)).all() == ["done"]


def _is_waited_for(store: Store, session: Session) -> bool:
    """Whether another connection waits for a lock of ours, once it has had the time to ask."""
    if store.database.is_sqlite:
        return True  # the write lock is one for all
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
    until = time.monotonic() + 5
    while not (found := session.scalar(waiting)) and time.monotonic() < until:
        time.sleep(0.01)
    return bool(found)
