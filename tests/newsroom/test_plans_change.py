"""What becomes of a commission when plans change: a word from the field, a deadline, another writer, a hold."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.drafts.models import Draft
from desk.errors import DeskError, Forbidden, Invalid, NotFound, NotNow
from desk.newsroom import commissioning as c
from desk.newsroom import publishing
from tests.newsroom.commissions import Newsroom, open_newsroom


@pytest.fixture
def room(session: Session, now: datetime) -> Newsroom:
    return open_newsroom(session, now)


# --- how it goes


def test_the_assignee_says_how_it_goes_and_the_desk_hears_at_once(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    room.accept(room.olena, assignment)
    c.say(room.session, room.as_(room.olena), assignment.public_id, " Two  sources,\none more ", now=room.now)
    assert (assignment.state, assignment.said) == ("reporting", "Two sources, one more")
    assert room.told(room.tom, "said")[0].facts["words"] == "Two sources, one more"
    c.say(room.session, room.as_(room.olena), assignment.public_id, "Two sources, one more", now=room.now)
    c.say(room.session, room.as_(room.olena), assignment.public_id, "Writing", now=room.now)
    assert [message.facts["words"] for message in room.told(room.tom, "said")] == ["Two sources, one more", "Writing"]


def test_only_whoever_has_it_says_how_it_goes(room: Newsroom) -> None:
    assignment = room.assign(room.olena, room.nino)
    with pytest.raises(Forbidden):
        c.say(room.session, room.as_(room.olena), assignment.public_id, "Soon", now=room.now)
    room.accept(room.olena, assignment)
    for who, error in ((room.ruth, Forbidden), (room.nino, NotFound)):
        with pytest.raises(error):
            c.say(room.session, room.as_(who), assignment.public_id, "Soon", now=room.now)


# --- a deadline moves


def test_a_moved_deadline_re_times_every_rung_that_has_not_fired(room: Newsroom) -> None:
    assignment = room.assign(room.olena, hours=30)
    room.accept(room.olena, assignment)
    c.move_deadline(room.session, room.as_(room.ruth), assignment.public_id, moment=room.at(3), now=room.now)
    assert assignment.deadline_no == 2
    assert room.story.due_at == room.now + timedelta(hours=3)
    assert [rung for rung, _, number in room.rungs(assignment) if number == 2] == ["2h", "15min", "late15", "late15"]
    assert all(number == 2 for _, _, number in room.rungs(assignment))
    assert len(room.rungs(assignment, "cancelled")) == 5


def test_all_who_count_on_a_deadline_hear_that_it_moved_but_not_whoever_moved_it(room: Newsroom) -> None:
    assignment = room.assign(room.olena, room.nino)
    c.move_deadline(
        room.session, room.as_(room.ruth), assignment.public_id, moment=room.at(40), why="The vote is late",
        now=room.now,
    )  # fmt: skip
    assert room.kinds(room.ruth) == []
    for person in (room.olena, room.nino, room.tom):
        (message,) = room.told(person, "deadline_moved")
        assert message.facts["old"] == "2026-11-25T19:37:00+00:00"
        assert message.facts["deadline"] == "2026-11-26T05:37:00+00:00"
        assert message.facts["why"] == "The vote is late"


def test_a_deadline_that_moves_again_takes_back_the_mail_about_the_last_move(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    for hours in (40, 50):
        c.move_deadline(room.session, room.as_(room.ruth), assignment.public_id, moment=room.at(hours), now=room.now)
    first, second = room.told(room.olena, "deadline_moved")
    assert (first.cancelled_why, second.cancelled_why) == ("deadline moved", None)


def test_a_deadline_is_moved_neither_to_the_past_nor_to_where_it_is(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    for hours in (-1, 30):
        with pytest.raises(Invalid) as refused:
            c.move_deadline(
                room.session, room.as_(room.ruth), assignment.public_id, moment=room.at(hours), now=room.now
            )
        assert refused.value.field == "deadline"
    assert assignment.deadline_no == 1


def test_a_story_is_due_with_its_earliest_unfiled_assignment(room: Newsroom) -> None:
    first, second = room.assign(room.olena, hours=3), room.assign(room.ivo, hours=5)
    assert room.story.due_at == first.deadline_at
    c.cancel(room.session, room.as_(room.ruth), first.public_id, now=room.now)
    assert room.story.due_at == second.deadline_at
    c.cancel(room.session, room.as_(room.ruth), second.public_id, now=room.now)
    assert room.story.due_at is None


# --- somebody goes dark


def test_a_reassigned_story_goes_back_to_commissioned_and_whoever_had_it_is_told(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    room.accept(room.olena, assignment)
    c.reassign(
        room.session, room.as_(room.ruth), assignment.public_id, people=[room.nino.public_id], why="No answer",
        now=room.now,
    )  # fmt: skip
    assert (assignment.state, assignment.assignee_id, room.story.state) == ("open", None, "commissioned")
    (message,) = room.told(room.olena, "assignment_ended")
    assert (message.facts["ended"], message.facts["why"]) == ("reassigned", "No answer")
    assert room.kinds(room.nino) == ["offer"]
    assert room.rungs(assignment) == [("late15", "editor", 1)]
    assert room.rungs(assignment, "cancelled") == room.ladder(room.olena)
    room.accept(room.nino, assignment)
    assert [one for one in room.rungs(assignment) if one[1] != "editor"] == room.ladder(room.nino)
    assert room.history() == ["assigned", "accepted", "reassigned", "accepted"]


def test_who_had_it_can_be_asked_and_reminded_again_later(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    room.accept(room.olena, assignment)
    c.reassign(room.session, room.as_(room.ruth), assignment.public_id, now=room.now)
    c.offer(room.session, room.as_(room.ruth), assignment.public_id, people=[room.olena.public_id], now=room.now)
    room.accept(room.olena, assignment)
    assert [one for one in room.rungs(assignment) if one[1] != "editor"] == room.ladder(room.olena)


def test_nothing_is_reassigned_to_whoever_has_it_nor_while_nobody_has(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    with pytest.raises(NotNow):
        c.reassign(room.session, room.as_(room.ruth), assignment.public_id, now=room.now)
    room.accept(room.olena, assignment)
    with pytest.raises(Invalid, match="has it now"), room.session.begin_nested():
        c.reassign(room.session, room.as_(room.ruth), assignment.public_id, people=[room.olena.public_id], now=room.now)
    assert assignment.state == "accepted"


def test_a_cancelled_assignment_tells_whoever_had_it_or_had_it_on_offer(room: Newsroom) -> None:
    taken, open_ = room.assign(room.olena), room.assign(room.nino, medium="video")
    room.accept(room.olena, taken)
    for assignment in (taken, open_):
        c.cancel(room.session, room.as_(room.ruth), assignment.public_id, why="The vote is off", now=room.now)
        assert assignment.state == "cancelled"
        assert room.rungs(assignment) == []
    assert room.story.state == "commissioned"
    assert room.told(room.olena)[-1].facts["ended"] == "cancelled"
    assert room.told(room.nino)[-1].kind == "offer_lapsed"
    with pytest.raises(NotNow):
        c.cancel(room.session, room.as_(room.ruth), taken.public_id, now=room.now)
    with pytest.raises(NotNow, match="has been withdrawn"):
        room.accept(room.nino, open_)


def test_the_next_text_takes_over_the_main_draft_of_one_that_was_cancelled(room: Newsroom) -> None:
    first = room.assign(room.olena)
    room.accept(room.olena, first)
    c.cancel(room.session, room.as_(room.ruth), first.public_id, now=room.now)
    second = room.assign(room.ivo)
    room.accept(room.ivo, second)
    (draft,) = room.session.scalars(select(Draft).where(Draft.story_id == room.story.id))
    assert (draft.assignment_id, draft.is_main) == (second.id, True)
    assert room.story.state == "reporting"


def test_whoever_lost_it_long_ago_is_not_told_that_a_cancelled_assignment_is_somebodys(room: Newsroom) -> None:
    assignment = room.assign(room.olena, room.nino)
    room.accept(room.olena, assignment)
    c.cancel(room.session, room.as_(room.ruth), assignment.public_id, now=room.now)
    with pytest.raises(NotNow, match="has lapsed"):
        room.accept(room.nino, assignment)


def test_a_correspondent_cannot_give_move_or_take_back_anything(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    room.accept(room.olena, assignment)
    olena, id_ = room.as_(room.olena), assignment.public_id
    tries = (
        lambda: c.offer(room.session, olena, id_, people=[room.ivo.public_id], now=room.now),
        lambda: c.move_deadline(room.session, olena, id_, moment=room.at(90), now=room.now),
        lambda: c.reassign(room.session, olena, id_, now=room.now),
        lambda: c.cancel(room.session, olena, id_, now=room.now),
    )
    for attempt in tries:
        with pytest.raises(Forbidden):
            attempt()


@pytest.mark.parametrize("verb", [c.accept, c.withdraw_offer])
def test_an_unknown_offer_is_not_found(room: Newsroom, verb: object) -> None:
    with pytest.raises(DeskError, match="no such offer"):
        verb(room.session, room.as_(room.ruth), "zzzzzzzzzz", now=room.now)  # type: ignore[operator]  # either verb


def test_when_a_person_leaves_their_offers_go_and_the_editors_of_their_open_work_hear(room: Newsroom) -> None:
    taken, offered, others = room.assign(room.olena), room.assign(room.olena, medium="video"), room.assign(room.ivo)
    room.accept(room.olena, taken)
    room.olena.disabled_at = room.now
    before = len(room.told(room.olena))
    c.person_left(room.session, room.as_(room.tom), room.olena, now=room.now)
    assert room.offer_to(room.olena, offered).state == "withdrawn"
    assert room.offer_to(room.ivo, others).state == "made"
    assert taken.assignee_id == room.olena.id
    assert {message.facts["assignment"] for message in room.told(room.ruth, "work_left")} == {
        taken.public_id,
        offered.public_id,
    }
    assert room.kinds(room.tom).count("work_left") == 0
    assert len(room.told(room.olena)) == before


# --- on hold


def test_what_is_accepted_while_the_story_is_on_hold_is_reported_once_it_is_released(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    publishing.hold(room.session, room.as_(room.ruth), room.story.public_id, "", room.now)
    room.accept(room.olena, assignment)
    assert room.story.state == "held"
    publishing.release(room.session, room.as_(room.ruth), room.story.public_id, room.now)
    assert (room.story.state, assignment.state) == ("reporting", "accepted")


def test_what_is_taken_from_its_writer_while_the_story_is_on_hold_is_open_once_it_is_released(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    room.accept(room.olena, assignment)
    publishing.hold(room.session, room.as_(room.ruth), room.story.public_id, "", room.now)
    c.reassign(room.session, room.as_(room.ruth), assignment.public_id, now=room.now)
    publishing.release(room.session, room.as_(room.ruth), room.story.public_id, room.now)
    assert (room.story.state, assignment.state) == ("commissioned", "open")


def test_an_idea_that_is_assigned_while_on_hold_is_commissioned_once_it_is_released(room: Newsroom) -> None:
    room.story.state = "pitched"
    publishing.hold(room.session, room.as_(room.ruth), room.story.public_id, "", room.now)
    room.assign(room.olena)
    publishing.release(room.session, room.as_(room.ruth), room.story.public_id, room.now)
    assert room.story.state == "commissioned"
