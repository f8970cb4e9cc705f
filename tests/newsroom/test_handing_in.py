"""Pictures, video, audio and graphics: handed in with a line that says where they are, done when the desk says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments.models import Assignment, Offer
from desk.audit import queries as audit
from desk.errors import Forbidden, Invalid, NotFound, NotNow
from desk.newsroom import commission, copydesk, jobs, reminding
from desk.newsroom import commissioning as c
from desk.outbox.models import Message
from desk.people.models import Person
from desk.reminders.models import Rung
from tests import factories
from tests.newsroom.walk import Walk, begin, copy

WHERE = "https://pictures.example/odesa/7"


@dataclass
class Side:
    """A story on its way, with pictures that Nino has and a second text of hers, and Eva who edits."""

    walk: Walk
    nino: Person
    pictures: Assignment
    sidebar: Assignment

    @property
    def session(self) -> Session:
        return self.walk.session

    @property
    def now(self) -> datetime:
        return self.walk.now

    def as_(self, who: Person) -> Actor:
        return self.walk.actor(who)

    def hand_in(self, where: str = WHERE, *, who: Person | None = None, of: Assignment | None = None) -> Assignment:
        return c.hand_in(self.session, self.as_(who or self.nino), (of or self.pictures).public_id, where, now=self.now)

    def finish(self, of: Assignment, *, who: Person | None = None) -> Assignment:
        return c.finish(self.session, self.as_(who or self.walk.eva), of.public_id, now=self.now)

    def send_back(self, note: str, *, who: Person | None = None, of: Assignment | None = None) -> Assignment:
        actor, public_id = self.as_(who or self.walk.eva), (of or self.pictures).public_id
        return c.send_back(self.session, actor, public_id, note, now=self.now)

    def told(self, who: Person) -> list[tuple[str, str | None]]:
        rows = self.session.scalars(select(Message).where(Message.recipient_id == who.id).order_by(Message.id))
        return [(row.kind, row.facts.get("where") or row.facts.get("ended") or row.facts.get("note")) for row in rows]

    def verbs(self) -> list[str]:
        return [entry.verb for entry in audit.of_story(self.session, self.walk.story.id)]


@pytest.fixture
def side(session: Session, now: datetime) -> Side:
    walk = begin(session, now)
    nino = factories.person(session, "Nino Kapanadze", roles=((walk.desk, "correspondent"),))
    made = []
    for medium in ("pictures", "text"):
        one = factories.assignment(
            session, walk.story, assignee=nino, editor=walk.eva, deadline=now + timedelta(hours=9)
        )
        one.medium = medium
        factories.offer(session, one, nino, state="accepted")
        session.flush()
        made.append(one)
    for text in (walk.assignment, made[1]):
        commission.held(session, walk.actor(walk.eva), text, now=now).open_draft()
    reminding.plan(session, made[0], now=now)
    return Side(walk, nino, *made)


def test_pictures_are_handed_in_with_where_they_are_and_the_editor_hears_it_and_reminders_end(side: Side) -> None:
    side.hand_in(f"  {WHERE} \n 24 frames ")
    assert (side.pictures.state, side.pictures.said) == ("filed", f"{WHERE} 24 frames")
    assert side.told(side.walk.eva) == [("handed_in", f"{WHERE} 24 frames")]
    rungs = side.session.scalars(select(Rung).where(Rung.thing_id == side.pictures.id)).all()
    assert {(rung.state, rung.why) for rung in rungs} == {("cancelled", "handed in")}
    assert side.verbs()[-1] == "handed_in"


def test_a_button_pressed_twice_hands_in_once_and_another_link_hands_in_again(side: Side) -> None:
    side.hand_in()
    side.hand_in()
    assert side.verbs().count("handed_in") == 1
    side.hand_in("https://pictures.example/odesa/8")
    assert side.pictures.said == "https://pictures.example/odesa/8"
    assert len(side.told(side.walk.eva)) == 2


def test_what_is_handed_in_says_where_it_is_and_text_is_filed_instead(side: Side) -> None:
    for where in (" \n ", "x" * 1001):
        with pytest.raises(Invalid) as refused:
            side.hand_in(where)
        assert refused.value.field == "where"
    with pytest.raises(NotNow, match="Text is filed"):
        side.hand_in(of=side.sidebar)


def test_only_whoever_has_it_hands_it_in_and_only_an_editor_says_done(side: Side) -> None:
    with pytest.raises(Forbidden):
        side.hand_in(who=side.walk.eva)
    with pytest.raises(NotFound):
        side.hand_in(who=factories.person(side.session, "Stranger"))
    with pytest.raises(Forbidden):
        side.finish(side.pictures, who=side.nino)


def test_an_editor_says_done_and_whoever_had_it_hears_that_nothing_more_is_wanted(side: Side) -> None:
    side.hand_in()
    side.finish(side.pictures)
    side.finish(side.pictures)
    assert side.pictures.state == "done"
    assert side.told(side.nino) == [("assignment_ended", "done")]
    assert side.verbs().count("finished") == 1
    with pytest.raises(NotNow, match="is done"):
        side.hand_in("https://elsewhere.example")


def test_what_came_by_another_way_is_done_without_being_handed_in_and_its_reminders_end(side: Side) -> None:
    side.finish(side.pictures)
    assert side.pictures.state == "done"
    reminding.fire_due(side.session, side.now + timedelta(days=2))
    reminded = side.session.scalars(select(Message).where(Message.kind == "reminder")).all()
    assert side.pictures.public_id not in {message.facts["assignment"] for message in reminded}


def test_the_main_copy_is_done_when_it_is_published_and_not_before(side: Side) -> None:
    with pytest.raises(NotNow, match="main copy"):
        side.finish(side.walk.assignment)


def test_what_was_handed_in_goes_back_with_a_note_and_is_reminded_of_and_due_again(side: Side) -> None:
    side.hand_in()
    side.send_back(" The hall is dark in all of them. ")
    assert side.pictures.state == "reporting"
    assert side.told(side.nino) == [("returned", "The hall is dark in all of them.")]
    planned = select(Rung.whom).where(Rung.thing_id == side.pictures.id, Rung.state == "planned")
    assert set(side.session.scalars(planned)) == {"editor", f"person:{side.nino.id}"}
    returned = jobs.job(side.session, side.as_(side.nino), side.pictures.public_id).returned
    assert returned is not None
    assert (returned.by, returned.note) == ("Eva Lindqvist", "The hall is dark in all of them.")
    side.hand_in("https://pictures.example/odesa/8")
    assert side.pictures.state == "filed"
    assert side.session.scalars(planned).all() == []


def test_a_note_written_to_whoever_had_it_before_is_not_shown_to_whoever_has_it_now(side: Side) -> None:
    """Of pictures as of the main copy, on the list of what is to be done and above the text."""
    walk, colm = side.walk, side.walk.colm
    side.hand_in()
    side.send_back("You, Nino, light the hall.")
    walk.file(walk.olena)
    walk.send_back(walk.eva, "You, Olena, who says so?")
    story = walk.story.public_id
    hers = copydesk.writing(side.session, side.as_(walk.olena), story).returned
    assert hers is not None
    assert hers.note == "You, Olena, who says so?"
    later = side.now + timedelta(minutes=5)
    for of in (side.pictures, walk.assignment):
        c.reassign(side.session, side.as_(walk.eva), of.public_id, people=[colm.public_id], now=later)
        offer = side.session.scalars(select(Offer).where(Offer.assignment_id == of.id, Offer.state == "made")).one()
        c.accept(side.session, side.as_(colm), offer.public_id, now=later)
    assert [one.returned for one in jobs.mine(side.session, side.as_(colm))] == [None, None]
    assert copydesk.writing(side.session, side.as_(colm), story).returned is None


def test_a_second_text_goes_back_too_and_is_filed_again(side: Side) -> None:
    for n in (0, 1):
        copydesk.file(
            side.session, side.as_(side.nino), side.walk.story.public_id, copy(), base_n=n, now=side.now,
            assignment=side.sidebar.public_id,
        )  # fmt: skip
        assert side.sidebar.state == "filed"
        side.send_back("Shorter.", of=side.sidebar)
        assert (side.sidebar.state, side.walk.story.state) == ("reporting", "reporting")


def test_what_goes_back_says_why_and_only_an_editor_sends_back_what_is_in(side: Side) -> None:
    with pytest.raises(NotNow, match="send back is not possible"):
        side.send_back("Not in yet.")
    side.hand_in()
    with pytest.raises(Invalid) as refused:
        side.send_back("  ")
    assert refused.value.field == "note"
    with pytest.raises(Forbidden):
        side.send_back("Mine.", who=side.nino)
    assert side.pictures.state == "filed"
    with pytest.raises(NotNow, match="main copy"):
        side.send_back("Shorter.", of=side.walk.assignment)


def test_publication_ends_what_was_handed_in_and_leaves_open_what_is_still_to_come(side: Side) -> None:
    side.hand_in()
    side.walk.published()
    assert (side.walk.assignment.state, side.pictures.state, side.sidebar.state) == ("done", "done", "accepted")
    assert side.walk.story.due_at == side.sidebar.deadline_at
    assert [job.assignment.id for job in jobs.mine(side.session, side.as_(side.nino))] == [side.sidebar.id]
    assert side.verbs().count("finished") == 1
    assert side.told(side.nino) == [("assignment_ended", "published")]


def test_pictures_that_come_after_publication_are_handed_in_and_done_as_ever(side: Side) -> None:
    side.walk.published()
    side.hand_in()
    side.finish(side.pictures)
    assert (side.pictures.state, side.walk.story.state) == ("done", "published")


def test_nothing_is_handed_in_for_a_story_that_is_over(side: Side) -> None:
    side.walk.story.state = "spiked"
    side.session.flush()
    with pytest.raises(NotNow, match="was spiked"):
        side.hand_in()
