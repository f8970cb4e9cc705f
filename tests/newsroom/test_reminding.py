"""Reminders of assignments: to whom they go when they fire, and what makes them fall away."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from desk import clock
from desk.actor import Actor
from desk.assignments import service as assignments
from desk.assignments.models import Assignment, Offer
from desk.newsroom import commissioning, delivering, publishing, reminding, telling
from desk.outbox import handing
from desk.outbox.handover import Claimed, Ready
from desk.outbox.models import Delivery, Message
from desk.people.models import Desk, Membership, Person
from desk.reminders.models import Rung
from desk.settings import Settings
from desk.store import Store
from desk.stories.models import Story
from tests import factories
from tests.outbox.hands import LATER, TAKEN, Hands

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Watch:
    """An assignment due in thirty hours that Olena has, two editors, and the night that passes."""

    session: Session
    now: datetime
    ruth: Person
    tom: Person
    olena: Person
    story: Story
    assignment: Assignment

    def as_(self, person: Person) -> Actor:
        return factories.actor(self.session, person)

    def fire(self, after: timedelta) -> int:
        """Lets that much time pass from the moment it was assigned."""
        return reminding.fire_due(self.session, self.now + after)

    def reminders(self, to: Person) -> list[Message]:
        rows = select(Message).where(Message.kind == "reminder", Message.recipient_id == to.id).order_by(Message.id)
        return list(self.session.scalars(rows))

    def out(self) -> list[Message]:
        """The reminders that were handed over."""
        rows = select(Message).join(Delivery).where(Message.kind == "reminder", Delivery.state == "done")
        return list(self.session.scalars(rows.order_by(Message.id)))

    def why(self, *rungs: str) -> set[str | None]:
        return set(self.session.scalars(select(Rung.why).where(Rung.rung.in_(rungs), Rung.state == "cancelled")))


@pytest.fixture
def watch(session: Session, now: datetime) -> Watch:
    desk = factories.desk(session)
    ruth = factories.person(session, "Ruth Adler", roles=((desk, "editor"),))
    tom = factories.person(session, "Tom Baker", roles=((desk, "editor"),))
    olena = factories.person(session, "Olena Demchuk", roles=((desk, "correspondent"),))
    story = factories.story(session, desk)
    assignment = commissioning.assign(
        session, factories.actor(session, ruth), story.public_id, medium="text", brief="Who pays",
        moment=clock.moment_at(now + 30 * HOUR, "Europe/Kyiv"), people=[olena.public_id], now=now,
    )  # fmt: skip
    offer = session.scalars(select(Offer)).one()
    commissioning.accept(session, factories.actor(session, olena), offer.public_id, now=now)
    return Watch(session, now, ruth, tom, olena, story, assignment)


def test_a_correspondent_is_reminded_a_day_two_hours_and_a_quarter_before_and_both_when_it_is_late(
    watch: Watch,
) -> None:
    for due in (6 * HOUR, 28 * HOUR, 30 * HOUR - 15 * MINUTE):
        assert watch.fire(due - MINUTE) == 0
        assert watch.fire(due) == 1
        watch.session.info["now"] = watch.now + due
        Hands(watch.session).hand_over()
    assert watch.reminders(watch.ruth) == []
    assert watch.fire(30 * HOUR + 15 * MINUTE) == 2
    facts = [message.facts for message in watch.reminders(watch.olena)]
    assert [(one["rung"], one["minutes"]) for one in facts] == [
        ("24h", 24 * 60), ("2h", 120), ("15min", 15), ("late15", -15),
    ]  # fmt: skip
    assert all(one["missed"] == [] and not one["delayed"] for one in facts)
    for editor in (watch.ruth, watch.tom):
        (late,) = watch.reminders(editor)
        assert (late.facts["rung"], late.facts["part"], late.facts["assignee"]) == ("late15", "editor", "Olena Demchuk")


def test_a_reminder_says_what_any_message_about_the_assignment_says(watch: Watch) -> None:
    watch.fire(6 * HOUR)
    (message,) = watch.reminders(watch.olena)
    expected = {
        "slug": "GRAIN/CORRIDOR",
        "assignment": watch.assignment.public_id,
        "deadline": "2026-11-25T19:37:00+00:00",
        "deadline_zone": "Europe/Kyiv",
        "desk_zone": "Europe/Brussels",
        "story_zone": "Europe/Kyiv",
        "state": "accepted",
    }
    assert expected.items() <= message.facts.items()
    assert (message.story_id, message.desk_id) == (watch.story.id, watch.story.desk_id)
    rung = watch.session.scalars(select(Rung).where(Rung.message_id == message.id)).one()
    assert (rung.rung, rung.state) == ("24h", "fired")


def test_after_an_outage_one_message_says_what_was_missed(watch: Watch) -> None:
    watch.fire(48 * HOUR)
    (message,) = watch.reminders(watch.olena)
    assert (message.facts["missed"], message.facts["delayed"]) == (["24h", "2h", "15min"], True)
    assert message.facts["minutes"] == -18 * 60


RUNGS = {"24h": 6 * HOUR, "2h": 28 * HOUR, "15min": 30 * HOUR - 15 * MINUTE, "late15": 30 * HOUR + 15 * MINUTE}


@pytest.mark.parametrize(
    ("down", "up", "missed", "told"),
    [
        (5.9, 7, [], "24h"),
        (5.9, 28.5, ["24h"], "2h"),
        (5.9, 29.9, ["24h", "2h"], "15min"),
        (5.9, 40, ["24h", "2h", "15min"], "late15"),
        (27, 30, ["2h"], "15min"),
        (29, 60, ["15min"], "late15"),
        (30, 31, [], "late15"),
    ],
)
def test_after_an_outage_of_the_mail_server_each_hears_once_of_each_assignment_with_what_was_missed(
    watch: Watch, down: float, up: float, missed: list[str], told: str
) -> None:
    hands = Hands(watch.session)
    hands.hand_over()  # what was told before
    for at in sorted([*RUNGS.values(), up * HOUR]):
        watch.session.info["now"] = watch.now + at
        watch.fire(at)
        before = watch.out()
        hands.hand_over(answer=LATER if down * HOUR <= at < up * HOUR else TAKEN)
        if at == up * HOUR:
            arrived = [message for message in watch.out() if message not in before]
    facts = [message.facts for message in arrived if message.recipient_id == watch.olena.id]
    assert [(one["missed"], one["rung"]) for one in facts] == [(missed, told)]
    assert len(watch.out()) == 4 - len(missed) + 2, "all others came in time, and the two editors hear once"
    overtaken = [m for m in watch.reminders(watch.olena) if m.cancelled_why == "overtaken by a later reminder"]
    assert [m.facts["rung"] for m in overtaken] == missed


def test_a_reminder_in_somebodys_hands_is_not_called_missed_and_is_not_tried_again(watch: Watch) -> None:
    hands = Hands(watch.session)
    hands.hand_over()
    watch.fire(6 * HOUR)
    watch.session.info["now"] = watch.now + 6 * HOUR
    ready = hands.prepare(hands.claim())
    watch.fire(28 * HOUR)
    first, second = watch.reminders(watch.olena)
    assert (first.cancelled_why, second.facts["missed"]) == ("overtaken by a later reminder", [])
    hands.settle(ready, LATER)
    watch.session.info["now"] = watch.now + 29 * HOUR
    hands.hand_over()
    assert watch.out() == [second]


def test_what_was_missed_of_one_assignment_is_not_counted_for_another(watch: Watch, session: Session) -> None:
    other = factories.assignment(
        session, watch.story, assignee=watch.olena, editor=watch.ruth, deadline=watch.now + 26 * HOUR
    )
    reminding.plan(session, other, now=watch.now)
    watch.fire(2 * HOUR)
    watch.fire(6 * HOUR)
    assert [(m.facts["missed"], m.cancelled_why) for m in watch.reminders(watch.olena)] == [([], None), ([], None)]


def test_filing_is_seen_by_a_rung_that_nobody_cancelled(watch: Watch) -> None:
    assignments.move(watch.session, watch.assignment, "file")
    assert watch.fire(48 * HOUR) == 5
    assert watch.reminders(watch.olena) == []
    assert watch.why("24h", "2h", "15min", "late15") == {"filed"}


@pytest.mark.parametrize("state", ["spiked", "killed"])
def test_nobody_is_reminded_of_a_story_that_is_over(watch: Watch, state: str) -> None:
    watch.story.state = state
    watch.session.flush()
    watch.fire(48 * HOUR)
    assert watch.reminders(watch.olena) == watch.reminders(watch.ruth) == []


def test_an_assignment_that_nobody_has_is_late_for_its_editors_alone(watch: Watch) -> None:
    commissioning.reassign(watch.session, watch.as_(watch.ruth), watch.assignment.public_id, now=watch.now)
    watch.fire(48 * HOUR)
    assert watch.reminders(watch.olena) == []
    (message,) = watch.reminders(watch.tom)
    assert (message.facts["state"], message.facts["assignee"]) == ("open", None)


def test_a_person_who_was_disabled_is_not_reminded_but_their_editors_are(watch: Watch) -> None:
    watch.olena.disabled_at = watch.now
    watch.session.flush()
    watch.fire(48 * HOUR)
    assert watch.reminders(watch.olena) == []
    assert watch.why("24h", "2h", "15min") == {"nobody to tell"}
    assert len(watch.reminders(watch.ruth)) == 1


def test_the_editor_told_is_whoever_is_named_when_it_fires(watch: Watch) -> None:
    watch.assignment.editor_id = watch.tom.id
    watch.session.flush()
    watch.fire(48 * HOUR)
    assert (len(watch.reminders(watch.ruth)), len(watch.reminders(watch.tom))) == (0, 1)


def test_a_reminder_that_is_not_out_yet_is_cancelled_with_what_it_was_for(watch: Watch) -> None:
    watch.fire(6 * HOUR)
    commissioning.reassign(
        watch.session, watch.as_(watch.ruth), watch.assignment.public_id, why="Silence", now=watch.now + 7 * HOUR
    )
    (message,) = watch.reminders(watch.olena)
    assert message.cancelled_why == "reassigned"
    assert watch.session.scalar(select(Delivery.state).where(Delivery.message_id == message.id)) == "cancelled"


def test_a_reminder_of_the_old_deadline_that_is_not_out_yet_is_cancelled_and_the_new_one_reminds_again(
    watch: Watch,
) -> None:
    watch.fire(6 * HOUR)
    commissioning.move_deadline(
        watch.session, watch.as_(watch.ruth), watch.assignment.public_id,
        moment=clock.moment_at(watch.now + 60 * HOUR, "Europe/Kyiv"), now=watch.now + 7 * HOUR,
    )  # fmt: skip
    watch.fire(36 * HOUR)
    old, new = watch.reminders(watch.olena)
    assert (old.cancelled_why, new.cancelled_why) == ("deadline moved", None)
    assert (old.facts["rung"], new.facts["rung"], new.facts["minutes"]) == ("24h", "24h", 24 * 60)


def test_many_assignments_are_read_and_told_in_one_batch(watch: Watch, session: Session) -> None:
    for n in range(5):
        commissioning.assign(
            session, watch.as_(watch.ruth), watch.story.public_id, medium="pictures", brief=f"Picture {n}",
            moment=clock.moment_at(watch.now + HOUR, "Europe/Kyiv"), now=watch.now,
        )  # fmt: skip
    assert watch.fire(2 * HOUR) == 5
    assert len(watch.reminders(watch.ruth)) == 5
    assert len({message.key for message in watch.reminders(watch.ruth)}) == 5


def test_workers_who_fire_at_once_while_editors_cancel_remind_once_or_not_at_all(store: Store, now: datetime) -> None:
    with store.write() as session:
        desk = factories.desk(session)
        ruth = factories.person(session, "Ruth Adler", roles=((desk, "editor"),))
        editor = factories.actor(session, ruth)
        ids = []
        for n in range(12):
            story = factories.story(session, desk, f"STORY-{n}")
            assignment = factories.assignment(
                session, story, assignee=factories.person(session, f"Person {n}"), deadline=now + 3 * HOUR
            )
            reminding.plan(session, assignment, now=now)
            ids.append(assignment.public_id)
    later, start = now + 4 * HOUR, Barrier(3)

    def worker() -> None:
        start.wait(10)
        while store.run(lambda session: reminding.fire_due(session, later, 3)):
            pass

    def canceller() -> None:
        start.wait(10)
        for id_ in reversed(ids[6:]):
            store.run(partial(commissioning.cancel, actor=editor, assignment_public_id=id_, now=later))

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(worker), pool.submit(worker), pool.submit(canceller)]:
            done.result(60)
    store.run(lambda session: reminding.fire_due(session, later))  # what was in a canceller's hands just then
    with store.read() as session:
        assert session.scalars(select(Rung).where(Rung.state == "planned")).all() == []
        mails = session.scalars(select(Message).where(Message.kind == "reminder")).all()
        alive = [mail for mail in mails if mail.cancelled_at is None]
        assert len(mails) == len({(mail.facts["assignment"], mail.recipient_id) for mail in mails})
        assert {mail.facts["assignment"] for mail in alive} == set(ids[:6])
        assert len(alive) == 12
        assert all(mail.facts["missed"] == ["2h", "15min"] for mail in alive if mail.recipient_id != ruth.id)


def test_nobody_is_reminded_of_a_story_on_hold_and_on_its_release_one_message_says_what_was_missed(
    watch: Watch,
) -> None:
    ruth = watch.as_(watch.ruth)
    publishing.hold(watch.session, ruth, watch.story.public_id, "The lawyers read it.", watch.now)
    assert watch.fire(48 * HOUR) == 0
    assert watch.reminders(watch.olena) == watch.reminders(watch.ruth) == []
    publishing.release(watch.session, ruth, watch.story.public_id, watch.now + 49 * HOUR)
    assert watch.fire(49 * HOUR) == 0, "it was told with the release"
    (message,) = watch.reminders(watch.olena)
    assert (message.facts["rung"], message.facts["missed"]) == ("late15", ["24h", "2h", "15min"])


@pytest.mark.parametrize(("up", "told"), [(7 * HOUR, ("24h", [])), (29 * HOUR, ("2h", ["24h"]))])
def test_a_reminder_that_waits_in_the_queue_goes_after_the_hold_and_once(
    watch: Watch, settings: Settings, up: timedelta, told: tuple[str, list[str]]
) -> None:
    session, ruth, hands = watch.session, watch.as_(watch.ruth), Hands(watch.session)
    hands.hand_over()  # what was told before

    def ready(claimed: list[Claimed]) -> list[Ready]:
        return handing.prepare(session, claimed, delivering.renderer(settings, lambda: hands.now), now=hands.now)

    watch.fire(6 * HOUR)
    publishing.hold(session, ruth, watch.story.public_id, "", watch.now + 6 * HOUR)
    hands.later(hours=6)
    assert ready(hands.claim()) == hands.claim() == []
    session.info["now"] = watch.now + up
    claimed = hands.claim()
    publishing.release(session, ruth, watch.story.public_id, watch.now + up)
    hands.settle(ready([*claimed, *hands.claim()]))
    assert watch.fire(up) == 0, "what fell due meanwhile was told with the release"
    assert [(one.facts["rung"], one.facts["missed"]) for one in watch.out()] == [told]
    assert len(claimed) == 1


def test_what_is_on_hold_takes_nobody_elses_turn(watch: Watch, session: Session) -> None:
    other = factories.assignment(
        session,
        factories.story(session, session.get_one(Desk, watch.story.desk_id), "OTHER"),
        deadline=watch.now + 40 * HOUR,
    )
    reminding.plan(session, other, now=watch.now)
    publishing.hold(session, watch.as_(watch.ruth), watch.story.public_id, "", watch.now)
    assert reminding.fire_due(session, watch.now + 48 * HOUR, limit=1) == 1


def test_a_named_editor_who_edits_the_storys_desk_no_more_leaves_the_reminder_to_the_desks_editors(
    watch: Watch, session: Session
) -> None:
    watch.assignment.editor_id = watch.tom.id
    role = session.scalars(select(Membership).where(Membership.person_id == watch.tom.id)).one()
    role.role = "correspondent"
    session.flush()
    watch.fire(48 * HOUR)
    assert (len(watch.reminders(watch.ruth)), len(watch.reminders(watch.tom))) == (1, 0)


def test_on_a_desk_without_an_editor_whoever_is_named_is_reminded_all_the_same_unless_they_were_disabled(
    watch: Watch, session: Session
) -> None:
    watch.assignment.editor_id = watch.tom.id
    for role in session.scalars(select(Membership).where(Membership.role == "editor")):
        role.role = "correspondent"
    session.flush()
    watch.fire(48 * HOUR)
    assert (len(watch.reminders(watch.ruth)), len(watch.reminders(watch.tom))) == (0, 1)
    watch.tom.disabled_at = watch.now
    session.flush()
    assert telling.editors_of(session, watch.assignment, watch.story) == []


def test_of_a_story_that_was_moved_its_new_desks_editors_are_reminded(watch: Watch, session: Session) -> None:
    watch.assignment.editor_id = watch.tom.id
    there = factories.desk(session, "Caucasus desk", "Asia/Tbilisi")
    nana = factories.person(session, "Nana Beridze", roles=((there, "editor"),))
    watch.story.desk_id = there.id
    session.flush()
    watch.fire(48 * HOUR)
    assert [len(watch.reminders(one)) for one in (watch.ruth, watch.tom, nana)] == [0, 0, 1]


def test_the_editors_of_many_stories_on_many_desks_are_read_at_once(session: Session) -> None:
    works = []
    for n in range(4):
        desk = factories.desk(session, f"Desk {n}")
        _, ben = (factories.person(session, f"{name} {n}", roles=((desk, "editor"),)) for name in ("Ann", "Ben"))
        story = factories.story(session, desk)
        works += [(factories.assignment(session, story, editor=ben), story), (None, story)]
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
    found = [[one.name for one in editors] for editors in telling.editors_of_each(session, works)]
    assert found == [names for n in range(4) for names in ([f"Ben {n}"], [f"Ann {n}", f"Ben {n}"])]
    assert len(asked) == 1
