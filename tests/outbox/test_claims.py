"""Several workers claim at once from one real database: each row is in one pair of hands."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from desk import chance
from desk.clock import utcnow
from desk.outbox import handing, service
from desk.outbox.handover import Claimed
from desk.outbox.service import MAIL
from desk.store import Store
from tests.outbox.hands import hook

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
