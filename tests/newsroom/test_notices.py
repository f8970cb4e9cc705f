"""Whatever becomes of its deliveries, a notice is chased, escalated and acknowledged only as its machine allows."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.db import Database
from desk.newsroom import chasing, notifying, republishing
from desk.outbox.models import Delivery, Message
from desk.republication import rules
from tests import factories

HANDED = st.sampled_from(["due", "handing", "done", "done", "captured", "dead", "parked", "cancelled"])
STEPPED = ("chased", "escalated", "acknowledged")


class Answering(RuleBasedStateMachine):
    """One correction to one licensee, the worker that hands it over, the tick that chases, and the licensee."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.database.engine.connect()
        self.outer = self.connection.begin()
        self.session = Session(self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        self.now = factories.NOW
        desk = factories.desk(self.session)
        factories.licensee(self.session, desks=(desk,))
        self.story = factories.story(self.session, desk, state="published")
        factories.edition(self.session, self.story)
        edition = factories.edition(self.session, self.story, "correction", wrong="33", right="53")
        (self.notice,) = notifying.edition_out(self.session, self.story, edition, self.now)
        message = self.session.get_one(Message, self.notice.message_id)
        self.token = message.facts["receipt"]
        self.delivery = self.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()
        self.stepped: list[rules.Standing] = []

    def teardown(self) -> None:
        self.session.close()
        self.outer.rollback()
        self.connection.close()

    @property
    def standing(self) -> rules.Standing:
        (told,) = republishing.notices_of_story(self.session, self.story.id)
        return told.state

    @rule(state=HANDED)
    def hand_over(self, state: str) -> None:
        if self.delivery.state != "done":
            self.delivery.state, self.delivery.last_at = state, self.now
            self.session.flush()

    @rule(minutes=st.sampled_from([5, 61, 6000]))
    def tick(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        before = self.standing
        chasing.chase_due(self.session, self.now, 10)
        self.follows(before, ("chase", "escalate"))

    @rule()
    def acknowledge(self) -> None:
        before = self.standing
        notifying.acknowledge(self.session, self.token, "D. Petrović", now=self.now)
        assert self.standing == "acknowledged"
        self.follows(before, ("acknowledge",))

    def follows(self, before: rules.Standing, steps: tuple[rules.Step, ...]) -> None:
        """That what the verb made of it is one step of the table, or that it left it as it was."""
        after = self.standing
        assert after == before or after in [rules.STEPS.get((before, name)) for name in steps]
        if after != before:
            self.stepped.append(after)

    @invariant()
    def it_only_goes_forward_and_waits_for_no_answer_that_it_has(self) -> None:
        assert self.stepped == sorted(set(self.stepped), key=STEPPED.index)
        assert (self.standing in ("acknowledged", "escalated")) <= (self.notice.chase_at is None)


def test_a_notice_goes_as_its_machine_says(database: Database) -> None:
    machine = type("Machine", (Answering,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8 if database.is_sqlite else 3,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
