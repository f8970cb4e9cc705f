"""Workers that claim, die, sleep and wake in any order, judged by an independent receiver."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import StaticPool, create_engine, select
from sqlalchemy.orm import Session

from desk import chance, models
from desk.net import Handed
from desk.outbox import service
from desk.outbox.handing import settle
from desk.outbox.handover import Claimed, Ready, Result
from desk.outbox.kinds import KINDS
from desk.outbox.models import Delivery, Due, Message
from tests import factories
from tests.outbox.hands import LATER, TAKEN, UNKNOWN, Hands

ENGINE = create_engine("sqlite://", poolclass=StaticPool)
WORKERS = st.integers(0, 1)


@dataclass
class Worker:
    claimed: list[Claimed] = field(default_factory=list)
    ready: list[Ready] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)


class Outbox(RuleBasedStateMachine):
    """Two workers over one outbox; what was received is known to the receiver alone."""

    def __init__(self) -> None:
        super().__init__()
        self.received: Counter[str] = Counter()
        self.bytes: dict[str, set[bytes]] = {}
        self.workers = [Worker() for _ in range(2)]
        self._held = self._session()
        self.session = self._held.__enter__()
        self.hands = Hands(self.session)

    @initialize(taken=st.integers(0, 4))
    def some_are_put_and_some_taken(self, taken: int) -> None:
        for kind in ("reminder", "notice", "reminder", "killed"):
            self.hands.put(kind)
        self.workers[0].ready = self.hands.prepare(self.hands.claim(limit=taken)) if taken else []

    @rule(kind=st.sampled_from(["notice", "reminder", "killed"]))
    def put(self, kind: str) -> None:
        self.hands.put(kind)

    @rule(n=WORKERS, limit=st.integers(1, 3))
    def claim(self, n: int, limit: int) -> None:
        self.workers[n].claimed += self.hands.claim(limit=limit)

    @rule(n=WORKERS)
    def claim_and_prepare(self, n: int) -> None:
        self.workers[n].ready += self.hands.prepare(self.hands.claim(limit=4))

    @precondition(lambda self: self.having("claimed"))
    @rule(n=WORKERS)
    def prepare(self, n: int) -> None:
        worker = self.one_having("claimed", n)
        worker.ready += self.hands.prepare(worker.claimed)
        worker.claimed = []

    @precondition(lambda self: self.having("ready"))
    @rule(n=WORKERS, last=st.booleans(), answer=st.sampled_from([TAKEN, LATER, UNKNOWN]), arrives=st.booleans())
    def hand_over(self, n: int, last: bool, answer: Handed, arrives: bool) -> None:
        worker = self.one_having("ready", n)
        one = worker.ready.pop(-1 if last else 0)
        if answer == TAKEN or (answer == UNKNOWN and arrives):
            self.receive(one)
        worker.results.append(Result(one.delivery_id, one.token, answer))

    @precondition(lambda self: self.having("results"))
    @rule(n=WORKERS)
    def mark(self, n: int) -> None:
        worker = self.one_having("results", n)
        settle(self.session, worker.results, now=self.hands.now)
        worker.results = []

    @precondition(lambda self: self.having("results") or self.having("ready"))
    @rule(n=WORKERS)
    def die(self, n: int) -> None:
        self.workers[n] = Worker()

    @rule(seconds=st.sampled_from([5, 30, 61]))
    def time_passes(self, seconds: int) -> None:
        self.hands.later(seconds=seconds)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        ids = list(self.session.scalars(select(Message.id)))
        service.cancel(self.session, [data.draw(st.sampled_from(ids))], why="a later edition", now=self.hands.now)

    @invariant()
    def no_reminder_comes_twice(self) -> None:
        parks = [wire_id for wire_id, kind in self.kinds().items() if KINDS[kind].policy == "park"]
        assert all(self.received[wire_id] <= 1 for wire_id in parks)

    @invariant()
    def the_queue_holds_what_is_open_and_nothing_else(self) -> None:
        open_ones = select(Delivery.id).where(Delivery.state.in_(("due", "handing"))).order_by(Delivery.id)
        queued = select(Due.delivery_id).order_by(Due.delivery_id)
        assert list(self.session.scalars(open_ones)) == list(self.session.scalars(queued))

    def teardown(self) -> None:
        """One sound worker comes; then everything put is accounted for."""
        try:
            while self.session.scalar(select(Due.delivery_id).limit(1)) is not None:
                self.hands.later(minutes=61)
                ready = self.hands.prepare(self.hands.claim(limit=100))
                for one in ready:
                    self.receive(one)
                self.hands.settle(ready)
            self.account_for_everything()
        finally:
            self._held.__exit__(None, None, None)

    def account_for_everything(self) -> None:
        for row in self.session.scalars(select(Delivery).execution_options(populate_existing=True)):
            message = self.session.get_one(Message, row.message_id)
            received = self.received[row.wire_id]
            cancelled = row.state == "cancelled" and message.cancelled_why == "a later edition"
            if KINDS[message.kind].policy == "park":
                assert received == 1 or row.state == "parked" or cancelled
            else:
                assert cancelled or (row.state == "done" and received >= 1)
            assert len(self.bytes.get(row.wire_id, {b""})) == 1, "a repeat had other bytes"

    def having(self, what: str) -> list[Worker]:
        return [worker for worker in self.workers if getattr(worker, what)]

    def one_having(self, what: str, n: int) -> Worker:
        having = self.having(what)
        return having[n % len(having)]

    def receive(self, one: Ready) -> None:
        self.received[one.wire_id] += 1
        self.bytes.setdefault(one.wire_id, set()).add(one.wire)

    def kinds(self) -> dict[str, str]:
        rows = self.session.execute(select(Delivery.wire_id, Message.kind).join(Message))
        return {row[0]: row[1] for row in rows}

    @staticmethod
    @contextmanager
    def _session() -> Iterator[Session]:
        models.metadata.create_all(ENGINE)
        with (
            chance.seeded(7),
            ENGINE.connect() as connection,
            connection.begin() as outer,
            Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session,
        ):
            session.info["now"] = factories.NOW
            yield session
            session.close()
            outer.rollback()


def test_repeat_kinds_are_never_lost_and_park_kinds_never_come_twice() -> None:
    run_state_machine_as_test(
        Outbox, settings=settings(max_examples=40, stateful_step_count=20, deadline=None, print_blob=True)
    )
