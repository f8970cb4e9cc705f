"""Whatever people do, in whatever order: one assignee at most, no rung for a dead deadline, no mail to oneself."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk import clock
from desk.assignments import queries
from desk.assignments import service as assignments
from desk.assignments.models import Assignment, Offer
from desk.assignments.workflow import UNFILED
from desk.db import Database
from desk.errors import DeskError
from desk.newsroom import commissioning as c
from desk.newsroom import reminding
from desk.outbox.models import Delivery, Message
from desk.reminders.models import Rung
from desk.stories import service as stories
from tests import factories

PEOPLE = st.integers(0, 4)  # two editors, three correspondents
EDITORS = st.sampled_from([0, 1, 0, 1, 0, 1, 2])  # mostly
OWNER = st.sampled_from([None] * 8 + [0, 3])
PICK = st.integers(0, 3)
TAKEN, GONE = ("accepted", "reporting"), ("lapsed", "withdrawn", "declined")
HOURS = st.sampled_from([30, 3, 1, 50, -1])
Works = Sequence[tuple[Assignment, Sequence[Offer]]]


class Desk(RuleBasedStateMachine):
    """A desk with one story, two assignments at a time, and five people who press every button there is."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.database.engine.connect()
        self.outer = self.connection.begin()
        self.session = Session(self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        self.now = factories.NOW
        desk = factories.desk(self.session)
        roles = ("editor", "editor", "correspondent", "correspondent", "correspondent")
        self.people = [
            factories.person(self.session, f"Person {n}", roles=((desk, role),)) for n, role in enumerate(roles)
        ]
        self.actors = [factories.actor(self.session, person) for person in self.people]
        self.story = factories.story(self.session, desk)
        self.read: Works | None = None

    def teardown(self) -> None:
        self.session.close()
        self.outer.rollback()
        self.connection.close()

    def alive(self) -> int:
        return self.count(Assignment, "open", *TAKEN, "filed")

    def count(self, model: type[Any], *states: str) -> int:
        rows = (
            [work for work, _ in self.works] if model is Assignment else [one for _, made in self.works for one in made]
        )
        return sum(row.state in states for row in rows)

    @property
    def works(self) -> Works:
        """The assignments with their offers, read once a step: a machine asks for them before and after each."""
        if self.read is None:
            self.read = queries.of_story(self.session, self.story.id)
        return self.read

    def act(self, verb: Callable[..., Any], who: int, *args: Any, **kwargs: Any) -> None:
        """As an edge would: all of it or nothing, and nobody hears of their own act."""
        last = self.session.scalar(select(func.max(Message.id))) or 0
        with suppress(DeskError), self.session.begin_nested():
            verb(self.session, self.actors[who], *args, **kwargs, now=self.now)
        self.read = None
        to = self.session.scalars(select(Message.recipient_id).where(Message.id > last)).all()
        assert self.people[who].id not in to

    def an(self, model: type[Any], pick: int, *states: str) -> str:
        """The public id of one of those in `states`, if any are, else of any; the newest for 0."""
        newest = select(model.public_id).order_by(model.id.desc()).limit(pick + 1)
        ids = self.session.scalars(newest.where(model.state.in_(states))).all() or self.session.scalars(newest).all()
        return str(ids[-1])

    def some(self, chosen: set[int]) -> list[str]:
        return [self.people[n].public_id for n in sorted(chosen)]

    def moment(self, hours: int) -> clock.Moment:
        return clock.moment_at(self.now + timedelta(hours=hours), "Asia/Kathmandu")

    @initialize(to=st.sets(PEOPLE, min_size=1), hours=st.sampled_from([30, 3]))
    def begin(self, to: set[int], hours: int) -> None:
        self.act(c.assign, 0, self.story.public_id, medium="text", moment=self.moment(hours), people=self.some(to))

    @precondition(lambda self: self.alive() < 2)
    @rule(who=EDITORS, to=st.sets(PEOPLE), hours=HOURS, medium=st.sampled_from(["text", "video"]))
    def assign(self, who: int, to: set[int], hours: int, medium: str) -> None:
        self.act(c.assign, who, self.story.public_id, medium=medium, moment=self.moment(hours), people=self.some(to))

    @rule(who=EDITORS, pick=PICK, to=st.sets(PEOPLE, min_size=1))
    def offer(self, who: int, pick: int, to: set[int]) -> None:
        self.act(c.offer, who, self.an(Assignment, pick, "open"), people=self.some(to))

    @precondition(lambda self: self.count(Offer, "made"))
    @rule(who=OWNER, pick=PICK)
    def accept(self, who: int | None, pick: int) -> None:
        public_id = self.an(Offer, pick, "made")
        self.act(c.accept, self.owner(who, public_id), public_id)

    @precondition(lambda self: self.count(Offer, *GONE))
    @rule(who=OWNER, pick=PICK)
    def accept_what_is_gone(self, who: int | None, pick: int) -> None:
        public_id = self.an(Offer, pick, *GONE)
        self.act(c.accept, self.owner(who, public_id), public_id)

    @precondition(lambda self: self.count(Offer, "made"))
    @rule(who=OWNER, pick=PICK, reason=st.sampled_from(["Ill", "Away", ""]))
    def decline(self, who: int | None, pick: int, reason: str) -> None:
        public_id = self.an(Offer, pick, "made")
        self.act(c.decline, self.owner(who, public_id), public_id, reason=reason)

    @rule(who=EDITORS, pick=PICK)
    def withdraw(self, who: int, pick: int) -> None:
        self.act(c.withdraw_offer, who, self.an(Offer, pick))

    @precondition(lambda self: self.count(Assignment, *TAKEN))
    @rule(who=OWNER, pick=PICK, words=st.sampled_from(["Going well", "Late", ""]))
    def say(self, who: int | None, pick: int, words: str) -> None:
        public_id = self.an(Assignment, pick, *TAKEN)
        self.act(c.say, self.owner(who, public_id), public_id, words)

    @precondition(lambda self: self.count(Assignment, *TAKEN))
    @rule(who=OWNER, pick=PICK, where=st.sampled_from(["Folder 7", "https://pictures.example/7", ""]))
    def hand_in(self, who: int | None, pick: int, where: str) -> None:
        public_id = self.an(Assignment, pick, *TAKEN, "filed")
        self.act(c.hand_in, self.owner(who, public_id), public_id, where)

    @precondition(lambda self: self.count(Assignment, "filed"))
    @rule(who=EDITORS, pick=PICK)
    def finish(self, who: int, pick: int) -> None:
        self.act(c.finish, who, self.an(Assignment, pick, "filed", *TAKEN))

    @precondition(lambda self: self.count(Assignment, "filed"))
    @rule(who=EDITORS, pick=PICK)
    def send_back(self, who: int, pick: int) -> None:
        self.act(c.send_back, who, self.an(Assignment, pick, "filed"), "Shorter, please.")

    @rule(who=EDITORS, pick=PICK, hours=HOURS)
    def move_deadline(self, who: int, pick: int, hours: int) -> None:
        self.act(c.move_deadline, who, self.an(Assignment, pick), moment=self.moment(hours))

    @precondition(lambda self: self.count(Assignment, *TAKEN))
    @rule(who=EDITORS, pick=PICK, to=st.sets(PEOPLE, max_size=2))
    def reassign(self, who: int, pick: int, to: set[int]) -> None:
        self.act(c.reassign, who, self.an(Assignment, pick, *TAKEN), people=self.some(to), why="Dark")

    @precondition(lambda self: self.alive() > 1)
    @rule(who=EDITORS, pick=PICK)
    def cancel(self, who: int, pick: int) -> None:
        self.act(c.cancel, who, self.an(Assignment, pick))

    @rule(hours=st.sampled_from([0, 1, 5, 24, 70]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        reminding.fire_due(self.session, self.now)
        assert reminding.fire_due(self.session, self.now) == 0
        self.read = None

    @rule(pick=PICK)
    def copy_comes_and_goes_back(self, pick: int) -> None:
        """Files, or returns what was filed, as those acts' own verbs do to the assignment."""
        if not self.works:
            return
        work = self.works[pick % len(self.works)][0]
        if work.state in TAKEN:
            assignments.move(self.session, work, "file")
            reminding.stop(self.session, self.story, work, why="filed", now=self.now)
        elif work.state == "filed":
            assignments.move(self.session, work, "return")
            reminding.plan(self.session, work, now=self.now)
        stories.set_due(
            self.session, self.story, queries.next_deadline(self.session, self.story.id), now=self.now
        )  # fmt: skip
        self.read = None

    def owner(self, who: int | None, public_id: str) -> int:
        """`who`, or else the one to whom this offer was made or who has this assignment."""
        owner = self.session.scalar(
            select(Offer.person_id)
            .where(Offer.public_id == public_id)
            .union_all(select(Assignment.assignee_id).where(Assignment.public_id == public_id))
        )
        if who is not None or owner is None:
            return who or 0
        return [person.id for person in self.people].index(owner)

    @invariant()
    def at_most_one_has_it_and_offers_wait_only_while_nobody_has(self) -> None:
        for work, offers in self.works:
            accepted = [offer.person_id for offer in offers if offer.state == "accepted"]
            assert len(accepted) <= 1
            if work.state == "open":
                assert work.assignee_id is None
                assert not accepted
            elif work.state != "cancelled":
                assert accepted == [work.assignee_id]
            if work.state != "open":
                assert not [offer for offer in offers if offer.state == "made"]

    @invariant()
    def rungs_are_planned_for_living_deadlines_and_for_those_who_stand_on_them(self) -> None:
        planned = self.session.execute(
            select(Rung, Assignment).join(Assignment, Assignment.id == Rung.thing_id).where(Rung.state == "planned")
        )
        for rung, work in planned:
            assert work.state in UNFILED
            assert rung.deadline_no == work.deadline_no
            assert rung.whom in ("editor", f"person:{work.assignee_id}")

    @invariant()
    def no_reminder_of_a_dead_deadline_waits_to_be_sent(self) -> None:
        waiting = self.session.execute(
            select(Rung, Assignment)
            .join(Assignment, Assignment.id == Rung.thing_id)
            .join(Delivery, Delivery.message_id == Rung.message_id)
            .where(Delivery.state == "due")
        )
        for rung, work in waiting:
            assert (rung.deadline_no, work.state in UNFILED) == (work.deadline_no, True)

    @invariant()
    def the_story_is_due_with_its_earliest_unfiled_deadline(self) -> None:
        waited_for = [work.deadline_at for work, _ in self.works if work.state in UNFILED]
        assert self.story.due_at == min(waited_for, default=None)


def test_no_sequence_of_buttons_breaks_an_assignment(database: Database) -> None:
    machine = type("Machine", (Desk,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            # the rules are the same on both: PostgreSQL has only to show that it carries them out alike
            max_examples=25 if database.is_sqlite else 4,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
