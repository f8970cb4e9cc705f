"""Any sequence of verbs by anybody leaves a story in a state that may be."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import db
from desk.approvals.models import Decision
from desk.clock import Moment
from desk.drafts.models import Version
from desk.errors import DeskError
from desk.newsroom import approving, copydesk, embargoing, publishing
from desk.outbox.models import Message
from desk.stories import workflow
from desk.stories.models import Edition
from tests import factories
from tests.newsroom import walk
from tests.newsroom.walk import Walk, copy

LIKELY = ("eva", "emil", "arthur", "olena")
ANYBODY = (*LIKELY, "colm")
SELDOM = frozenset({"kill", "spike", "hold"})


class StoryMachine(RuleBasedStateMachine):
    """Editors, an approver, the correspondent and a stranger press buttons in any order."""

    database: db.Database

    @initialize(stage=st.sampled_from(["reporting", "filed", "approved", "scheduled", "published", "corrected"]))
    def begin(self, stage: str) -> None:
        """From some way along, so that a short sequence meets the later states as often as the first."""
        self.connection = self.database.engine.connect()
        self.outer = self.connection.begin()
        self.session = Session(
            self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False, autoflush=True
        )
        self.walk: Walk = walk.begin(self.session, factories.NOW)
        self.killed = False
        self.editions: list[tuple[int, int]] = []
        if stage == "filed":
            self.walk.file(self.walk.olena)
        if stage in ("approved", "scheduled"):
            self.walk.approved()
        if stage == "scheduled":
            self.attempt("eva", publishing.schedule, self.walk.last.public_id, self.moment(2))
        if stage in ("published", "corrected"):
            self.walk.published()
        if stage == "corrected":
            self.attempt("eva", publishing.prepare_edition, self.walk.last.public_id, "correction", "Four", "Five")

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()
            self.outer.rollback()
            self.connection.close()

    def attempt(self, who: str, verb: Any, *words: Any, **more: Any) -> None:
        """An edge in small: an expected refusal rolls back, anything else is a fault."""
        self.walk.now += timedelta(minutes=1)
        story_id = self.walk.story.public_id
        try:
            with self.session.begin_nested():
                actor = self.walk.actor(getattr(self.walk, who))
                verb(self.session, actor, story_id, *words, now=self.walk.now, **more)
        except DeskError:
            self.session.expire_all()
        self.session.refresh(self.walk.story)

    @rule(data=st.data())
    def press_a_button_that_is_there(self, data: st.DataObject) -> None:
        """What the table offers now; kills, spikes and holds seldom, as little comes after them."""
        names = [move.name for move in workflow.open_moves(self.walk.story.state) if move.name in self.buttons()]
        often = [name for name in names if name not in SELDOM] or names
        if names:
            name = data.draw(st.sampled_from(often * 3 + names), "move")
            self.press(data, name, data.draw(st.sampled_from(LIKELY), "who"))

    @rule(data=st.data())
    def press_any_button(self, data: st.DataObject) -> None:
        """What a stale page, a double click or a forged form may send."""
        name = data.draw(st.sampled_from(sorted(set(self.buttons()) - SELDOM)), "move")
        self.press(data, name, data.draw(st.sampled_from(ANYBODY), "who"))

    @rule(hours=st.integers(0, 4))
    def tick(self, hours: int) -> None:
        self.walk.now += timedelta(hours=hours)
        publishing.release_due(self.session, self.walk.now, 10)
        self.session.refresh(self.walk.story)
        assert self.walk.story.state != "scheduled" or (self.walk.story.release_at or self.walk.now) > self.walk.now

    def buttons(self) -> dict[str, Any]:
        """Each move of the table: its verb, and how what is typed beside the button is drawn."""
        words, ahead = st.sampled_from(["Because", "Because", ""]), st.integers(-1, 6).map(self.moment)
        headlines = st.sampled_from(["Ministers agree", "Ministers disagree", "Ministers part", ""])
        causes = st.sampled_from(["update", "correction"])
        read, out = self.read(), len(self.out())
        return {
            "write": (copydesk.save, (headlines.map(copy),)),
            "desk_edit": (copydesk.save, (headlines.map(copy),)),
            "void": (copydesk.save, (headlines.map(copy),)),
            "file": (copydesk.file, (headlines.map(copy),)),
            "approve": (approving.approve, (read, words)),
            "withdraw": (approving.withdraw, (read, words)),
            "return": (approving.send_back, (read, words)),
            "schedule": (publishing.schedule, (read, ahead)),
            "unschedule": (publishing.unschedule, ()),
            "set_embargo": (embargoing.set_embargo, (ahead,)),
            "lift_embargo": (embargoing.lift_embargo, ()),
            "publish": (publishing.publish, (read,)),
            "on_authority": (publishing.publish_on_authority, (read, words)),
            "prepare_edition": (publishing.prepare_edition, (read, causes, words, words)),
            "abandon_edition": (publishing.abandon_edition, (read,)),
            "kill": (publishing.kill, (st.sampled_from([out] * 4 + [1]), words)),
            "hold": (publishing.hold, (words,)),
            "release": (publishing.release, ()),
            "spike": (publishing.spike, (words,)),
            "unspike": (publishing.unspike, ()),
        }

    def press(self, data: st.DataObject, name: str, who: str) -> None:
        verb, typed = self.buttons()[name]
        more = {}
        if verb in (copydesk.save, copydesk.file):
            more["base_n"] = max(self.walk.last_n - data.draw(st.sampled_from([0, 0, 0, 1]), "behind"), 0)
        if name in ("set_embargo", "lift_embargo"):
            stands = self.walk.story.embargo_at
            more["seen"] = data.draw(st.sampled_from([stands, stands, stands, None]), "seen")
        self.attempt(who, verb, *(data.draw(one) for one in typed), **more)

    def read(self) -> st.SearchStrategy[str]:
        """The version that somebody has before their eyes: the last, seldom the one before."""
        ids = [version.public_id for version in self.versions()[-2:]]
        return st.sampled_from(ids[-1:] * 4 + ids if ids else ["none"])

    def moment(self, hours: int) -> Moment:
        return factories.moment(self.walk.now, hours=hours)

    def versions(self) -> list[Version]:
        return list(self.session.scalars(select(Version).order_by(Version.n)))

    # --- what must hold

    @invariant()
    def an_edition_is_out_exactly_where_the_state_says_so(self) -> None:
        story, editions = self.walk.story, self.out()
        if story.state in ("published", "killed"):
            assert editions
        if story.state in ("pitched", "commissioned", "spiked"):
            assert not editions
        assert (story.next_cause is not None) == (bool(editions) and story.state not in ("published", "killed"))

    @invariant()
    def editions_are_numbered_and_never_change(self) -> None:
        seen = [(edition.number, edition.version_id) for edition in self.out()]
        assert seen[: len(self.editions)] == self.editions
        assert [number for number, _ in seen] == list(range(1, len(seen) + 1))
        self.editions = seen

    @invariant()
    def what_is_approved_was_approved_by_another_and_nothing_came_after(self) -> None:
        if self.walk.story.state not in ("approved", "scheduled"):
            return
        last = self.versions()[-1]
        decisions = self.session.scalars(
            select(Decision).where(Decision.version_id == last.id).order_by(Decision.id)
        ).all()
        assert decisions
        decision = decisions[-1]
        assert decision.kind == "approve"
        assert decision.voided_at is None
        assert decision.person_id in (self.walk.eva.id, self.walk.emil.id, self.walk.arthur.id)
        filed = [one for one in self.versions() if one.filed_at is not None]
        if not self.out():
            assert decision.person_id != (filed[-1] if filed else last).author_id
        else:
            assert decision.person_id != self.walk.story.next_by_id

    @invariant()
    def what_is_scheduled_has_a_time_and_nothing_else_has(self) -> None:
        story = self.walk.story
        scheduled = story.state == "scheduled" or story.came_from == "scheduled"
        assert (story.release_at is not None) == scheduled
        if story.state == "scheduled" and story.embargo_at is not None:
            assert story.release_at is not None
            assert story.release_at >= story.embargo_at

    @invariant()
    def killed_is_final(self) -> None:
        assert not self.killed or self.walk.story.state == "killed"
        self.killed = self.walk.story.state == "killed"

    @invariant()
    def an_assignment_over_has_no_reminders_and_a_published_storys_is_over(self) -> None:
        self.session.refresh(self.walk.assignment)
        if self.walk.assignment.state in ("filed", "done", "cancelled"):
            assert self.walk.planned() == 0
        if self.walk.story.state in ("published", "killed"):
            assert self.walk.assignment.state in ("done", "cancelled")

    @invariant()
    def nobody_outside_the_desk_is_told_anything(self) -> None:
        stranger = select(Message.id).where(Message.recipient_id == self.walk.colm.id)
        assert self.session.scalar(stranger) is None

    def out(self) -> list[Edition]:
        rows = select(Edition).where(Edition.story_id == self.walk.story.id).order_by(Edition.number)
        return list(self.session.scalars(rows))


@pytest.fixture
def machine(database: db.Database) -> type[StoryMachine]:
    """The machine on this worker's database."""
    return type("Machine", (StoryMachine,), {"database": database})


def test_any_sequence_of_verbs_keeps_the_storys_promises(machine: type[StoryMachine]) -> None:
    # the rules are the same on both: PostgreSQL has only to show that it carries them out alike
    examples = 16 if machine.database.is_sqlite else 3
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None))
