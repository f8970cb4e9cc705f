"""Commissioning, from an editor's idea to somebody who has it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments import queries
from desk.assignments.models import Assignment
from desk.audit import queries as audit
from desk.drafts.models import Draft
from desk.errors import Forbidden, Invalid, NotFound, NotNow, Past
from desk.newsroom import commissioning as c
from desk.outbox.models import Delivery, Message
from desk.store import Store
from desk.stories.models import Story
from tests import factories
from tests.newsroom.commissions import Newsroom, open_newsroom


@pytest.fixture
def room(session: Session, now: datetime) -> Newsroom:
    return open_newsroom(session, now)


# --- making a story


def test_an_editor_makes_a_story_with_its_main_draft(room: Newsroom) -> None:
    story = c.make_story(
        room.session, room.as_(room.ruth), room.desk.public_id, slug="iran / pact", title=" A pact in Moscow ",
        places=["Moscow", "Budapest"], zone="moscow", length=900, now=room.now,
    )  # fmt: skip
    assert (story.slug, story.state, story.zone) == ("IRAN/PACT", "commissioned", "Europe/Moscow")
    assert story.made_by == room.ruth.id
    (draft,) = room.session.scalars(select(Draft).where(Draft.story_id == story.id))
    assert draft.is_main
    assert [entry.verb for entry in audit.of_story(room.session, story.id)] == ["story_made"]


def test_a_story_plays_by_the_clock_of_its_first_known_place_or_by_its_desks_unless_said_otherwise(
    room: Newsroom,
) -> None:
    story = c.make_story(
        room.session, room.as_(room.ruth), room.desk.public_id, slug="BUDGET", title="The budget", now=room.now
    )
    assert story.zone == "Europe/Brussels"
    for slug, places, zone in (
        ("A", ["Vylkove", "ISTANBUL"], "Europe/Istanbul"),
        ("B", ["Tripoli"], "Europe/Brussels"),
    ):
        played = c.make_story(
            room.session, room.as_(room.ruth), room.desk.public_id, slug=slug, title="It", places=places, now=room.now
        )
        assert played.zone == zone


def test_a_slug_used_twice_that_day_an_unknown_zone_or_an_empty_title_is_refused(room: Newsroom) -> None:
    for field, given in {
        "slug": {"slug": room.story.slug, "title": "Grain"},
        "zone": {"slug": "OTHER", "title": "Grain", "zone": "Atlantis"},
        "title": {"slug": "OTHER", "title": "  "},
    }.items():
        with pytest.raises(Invalid) as refused:
            c.make_story(room.session, room.as_(room.ruth), room.desk.public_id, now=room.now, **given)
        assert refused.value.field == field


def test_a_correspondent_makes_no_story_and_an_editor_none_on_another_desk(room: Newsroom) -> None:
    other = factories.desk(room.session, "Sports desk")
    for who, desk in ((room.olena, room.desk), (room.ruth, other)):
        with pytest.raises(Forbidden):
            c.make_story(room.session, room.as_(who), desk.public_id, slug="OTHER", title="Something", now=room.now)


# --- ideas


def test_an_idea_is_noted_as_pitched_and_its_first_assignment_commissions_it(room: Newsroom) -> None:
    story = c.make_story(
        room.session,
        room.as_(room.ruth),
        room.desk.public_id,
        slug="PILOTS",
        title="A day out",
        idea=True,
        now=room.now,
    )
    assert story.state == "pitched"
    assert [entry.verb for entry in audit.of_story(room.session, story.id)] == ["idea_noted"]
    room.story = story
    room.assign(room.olena)
    assert story.state == "commissioned"


def test_a_correspondent_notes_no_idea_on_the_desk(room: Newsroom) -> None:
    with pytest.raises(Forbidden):
        c.make_story(
            room.session, room.as_(room.olena), room.desk.public_id, slug="X", title="Y", idea=True, now=room.now
        )


def test_an_assignment_goes_back_to_somebody_who_had_declined_it(room: Newsroom) -> None:
    assignment = room.assign(room.olena, room.nino)
    c.decline(
        room.session, room.as_(room.nino), room.offer_to(room.nino, assignment).public_id, reason="Ill", now=room.now
    )
    room.accept(room.olena, assignment)
    c.reassign(room.session, room.as_(room.ruth), assignment.public_id, people=[room.nino.public_id], now=room.now)
    assert isinstance(room.accept(room.nino, assignment), c.Accepted)
    states = [of.state for of in queries.offers_of(room.session, [assignment.id])[assignment.id]]
    assert states == ["withdrawn", "declined", "accepted"]


# --- assigning


def test_an_assignment_is_offered_and_the_mail_has_the_deadline_and_every_zone_it_is_shown_in(room: Newsroom) -> None:
    assignment = room.assign(room.olena, room.nino)
    assert assignment.state == "open"
    assert (assignment.deadline_zone, assignment.deadline_no) == ("Europe/Kyiv", 1)
    (mail,) = room.told(room.nino)
    assert mail.kind == "offer"
    assert mail.facts == {
        "story": room.story.public_id,
        "slug": "GRAIN/CORRIDOR",
        "title": room.story.title,
        "places": ["Odesa", "Istanbul"],
        "story_zone": "Europe/Kyiv",
        "desk": "World desk",
        "desk_zone": "Europe/Brussels",
        "assignment": assignment.public_id,
        "medium": "text",
        "brief": "Who pays",
        "length": None,
        "deadline": "2026-11-25T19:37:00+00:00",
        "deadline_zone": "Europe/Kyiv",
        "offer": room.offer_to(room.nino, assignment).public_id,
        "by": "Ruth Adler",
        "others": 1,
    }
    assert room.kinds(room.ruth) == []
    assert room.history() == ["assigned"]


def test_an_assignment_may_be_put_to_nobody_yet_and_offered_later(room: Newsroom) -> None:
    assignment = room.assign()
    assert room.rungs(assignment) == [("late15", "editor", 1)]
    c.offer(
        room.session, room.as_(room.tom), assignment.public_id,
        people=[room.olena.public_id, room.olena.public_id], now=room.now,
    )  # fmt: skip
    assert room.kinds(room.olena) == ["offer"]


def test_nobody_is_offered_the_same_thing_twice_and_nobody_at_all_is_no_offer(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    for people, says in (([room.olena.public_id], "has this offer already"), ([], "Choose whom to ask")):
        with pytest.raises(Invalid, match=says):
            c.offer(room.session, room.as_(room.ruth), assignment.public_id, people=people, now=room.now)


def test_a_person_who_declined_can_be_asked_again(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    first = room.offer_to(room.olena, assignment)
    c.decline(room.session, room.as_(room.olena), first.public_id, reason="On a train", now=room.now)
    c.offer(room.session, room.as_(room.ruth), assignment.public_id, people=[room.olena.public_id], now=room.now)
    assert isinstance(room.accept(room.olena, assignment), c.Accepted)
    assert first.state == "declined"


def test_a_deadline_in_the_past_is_refused(room: Newsroom) -> None:
    with pytest.raises(Invalid, match="past already") as refused:
        room.assign(room.olena, hours=-1)
    assert refused.value.field == "deadline"
    moment = room.at(-1)
    with pytest.raises(Past) as asked:
        c.assign(room.session, room.as_(room.ruth), room.story.public_id, medium="text", moment=moment, now=room.now)
    assert asked.value.at == moment.at
    late = c.assign(
        room.session, room.as_(room.ruth), room.story.public_id, medium="text", moment=moment, past_ok=True,
        now=room.now,
    )  # fmt: skip
    assert late.deadline_at == moment.at
    assert room.rungs(late) == []


def test_what_is_reassigned_by_another_deadline_is_offered_by_that_and_its_rungs_are_planned_anew(
    room: Newsroom,
) -> None:
    taken = room.assign(room.olena)
    room.accept(room.olena, taken)
    c.reassign(
        room.session, room.as_(room.ruth), taken.public_id, people=[room.ivo.public_id], moment=room.at(50),
        now=room.now,
    )  # fmt: skip
    (asked,) = room.told(room.ivo, "offer")
    assert asked.facts["deadline"] == room.at(50).at.isoformat()
    assert room.kinds(room.olena)[-1] == "assignment_ended"
    assert not room.told(room.olena, "deadline_moved")
    assert {number for _, _, number in room.rungs(taken)} == {2}


def test_only_people_who_are_known_enabled_and_on_some_open_desk_can_be_asked(room: Newsroom) -> None:
    gone = factories.person(room.session, "Gone Away", roles=((room.desk, "correspondent"),))
    gone.disabled_at = room.now
    guest = factories.person(room.session, "Guest")
    closed = factories.desk(room.session, "Closed desk")
    closed.closed_at = room.now
    left = factories.person(room.session, "Left Behind", roles=((closed, "correspondent"),))
    for public_id, says in (
        (gone.public_id, "any more"),
        (guest.public_id, "no role on any open desk"),
        (left.public_id, "no role on any open desk"),
        ("zzzzzzzzzz", "not known"),
    ):
        with pytest.raises(Invalid, match=says) as refused:
            c.assign(
                room.session, room.as_(room.ruth), room.story.public_id, medium="text", moment=room.at(5),
                people=[room.olena.public_id, public_id], now=room.now,
            )  # fmt: skip
        assert refused.value.field == "people"
    assert room.kinds(room.olena) == []


def test_the_editor_to_be_told_is_one_of_the_desks_editors(room: Newsroom) -> None:
    with pytest.raises(Invalid) as refused:
        c.assign(
            room.session, room.as_(room.ruth), room.story.public_id, medium="text", moment=room.at(5),
            editor=room.olena.public_id, now=room.now,
        )  # fmt: skip
    assert refused.value.field == "editor"


def test_pressing_assign_twice_assigns_once_but_another_person_or_a_minute_later_is_meant(room: Newsroom) -> None:
    room.assign(room.olena)
    with pytest.raises(NotNow, match="a moment ago"):
        room.assign(room.olena)
    room.assign(room.nino)
    room.now += timedelta(minutes=1)
    room.assign(room.olena, hours=30 - 1 / 60)


@pytest.mark.parametrize("state", ["spiked", "killed"])
def test_nothing_is_assigned_for_a_story_that_is_over(room: Newsroom, state: str) -> None:
    room.story.state = state
    room.session.flush()
    with pytest.raises(NotNow, match=f"was {state}"):
        room.assign(room.olena)


def test_only_an_editor_of_the_storys_desk_assigns_and_to_a_stranger_there_is_no_such_story(room: Newsroom) -> None:
    elsewhere = factories.person(
        room.session, "Far Editor", roles=((factories.desk(room.session, "Arts desk"), "editor"),)
    )
    with pytest.raises(Forbidden):
        room.assign(room.olena, by=elsewhere)
    with pytest.raises(NotFound):
        room.assign(room.olena, by=room.nino)


def test_the_first_text_is_the_main_one_and_the_next_has_a_draft_of_its_own(room: Newsroom) -> None:
    main, pictures, sidebar = room.assign(room.olena), room.assign(medium="pictures"), room.assign(room.ivo)
    drafts = {
        draft.assignment_id: draft.is_main
        for draft in room.session.scalars(select(Draft).where(Draft.story_id == room.story.id))
    }
    assert drafts == {main.id: True, sidebar.id: False}
    assert pictures.id not in drafts


# --- accepting and declining


def test_the_first_of_three_to_accept_has_it_and_the_others_hear_that_their_offers_lapsed(room: Newsroom) -> None:
    assignment = room.assign(room.olena, room.nino, room.ivo)
    outcome = room.accept(room.nino, assignment)
    assert isinstance(outcome, c.Accepted)
    assert (assignment.state, assignment.assignee_id, assignment.accepted_at) == ("accepted", room.nino.id, room.now)
    assert room.story.state == "reporting"
    states = [offer.state for offer in queries.offers_of(room.session, [assignment.id])[assignment.id]]
    assert sorted(states) == ["accepted", "lapsed", "lapsed"]
    for loser in (room.olena, room.ivo):
        message = room.told(loser, "offer_lapsed")[0]
        assert (message.facts["ended"], message.facts["by"]) == ("taken", "Nino Beridze")
    assert room.kinds(room.nino) == ["offer"]
    for editor in (room.ruth, room.tom):
        (message,) = room.told(editor)
        assert (message.kind, message.facts["answer"], message.facts["by"]) == ("answered", "accepted", "Nino Beridze")


def test_an_offer_mail_that_is_still_waiting_is_not_sent_once_somebody_else_has_it(room: Newsroom) -> None:
    assignment = room.assign(room.olena, room.nino)
    room.accept(room.nino, assignment)
    (offer,) = room.told(room.olena, "offer")
    assert offer.cancelled_why == "offer taken"
    assert room.session.scalar(select(Delivery.state).where(Delivery.message_id == offer.id)) == "cancelled"


def test_whoever_accepts_second_is_told_who_has_it_and_nothing_changes(room: Newsroom) -> None:
    assignment = room.assign(room.olena, room.nino)
    room.accept(room.nino, assignment)
    before = room.history()
    outcome = room.accept(room.olena, assignment)
    assert isinstance(outcome, c.Lost)
    assert outcome.by is room.nino
    assert assignment.assignee_id == room.nino.id
    assert room.history() == before


def test_accepting_twice_is_accepting_once(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    room.accept(room.olena, assignment)
    before = room.history()
    assert isinstance(room.accept(room.olena, assignment), c.Accepted)
    assert room.history() == before


def test_accepting_plans_the_assignees_rungs_and_none_that_is_past(room: Newsroom) -> None:
    far, near = room.assign(room.olena, hours=30), room.assign(room.ivo, hours=1)
    room.accept(room.olena, far)
    room.accept(room.ivo, near)
    assert room.rungs(far) == [*room.ladder(room.olena)[:3], ("late15", "editor", 1), room.ladder(room.olena)[3]]
    assert [rung for rung, whom, _ in room.rungs(near) if whom != "editor"] == ["15min", "late15"]


def test_an_editor_who_takes_it_is_not_mailed_about_it(room: Newsroom) -> None:
    assignment = room.assign(room.ruth)
    room.accept(room.ruth, assignment)
    assert room.kinds(room.ruth) == []
    assert room.kinds(room.tom) == ["answered"]


def test_the_editor_named_on_it_hears_alone_unless_they_have_left(room: Newsroom) -> None:
    assignment = c.assign(
        room.session, room.as_(room.ruth), room.story.public_id, medium="text", moment=room.at(5),
        people=[room.olena.public_id], editor=room.tom.public_id, now=room.now,
    )  # fmt: skip
    room.accept(room.olena, assignment)
    assert (room.kinds(room.ruth), room.kinds(room.tom)) == ([], ["answered"])
    room.tom.disabled_at = room.now
    c.say(room.session, room.as_(room.olena), assignment.public_id, "On the pier", now=room.now)
    assert (room.kinds(room.ruth), room.kinds(room.tom)) == (["said"], ["answered"])


def test_an_offer_is_declined_with_a_reason_and_the_editors_hear_it(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    offer = room.offer_to(room.olena, assignment)
    with pytest.raises(Invalid, match="Give a reason"):
        c.decline(room.session, room.as_(room.olena), offer.public_id, reason=" ", now=room.now)
    c.decline(room.session, room.as_(room.olena), offer.public_id, reason="On leave", now=room.now)
    assert (offer.state, offer.reason, assignment.state) == ("declined", "On leave", "open")
    (message,) = room.told(room.ruth)
    assert (message.facts["answer"], message.facts["why"]) == ("declined", "On leave")
    with pytest.raises(NotNow, match="has been declined"):
        room.accept(room.olena, assignment)


def test_nobody_answers_anothers_offer_and_to_a_stranger_it_does_not_exist(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    offer = room.offer_to(room.olena, assignment)
    for who, error in ((room.ruth, Forbidden), (room.ivo, NotFound)):
        with pytest.raises(error):
            c.accept(room.session, room.as_(who), offer.public_id, now=room.now)
        with pytest.raises(error):
            c.decline(room.session, room.as_(who), offer.public_id, reason="No", now=room.now)


def test_a_withdrawn_offer_cannot_be_accepted_and_the_person_hears_of_it(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    offer = room.offer_to(room.olena, assignment)
    c.withdraw_offer(room.session, room.as_(room.ruth), offer.public_id, why="Covered by Ivo", now=room.now)
    (message,) = room.told(room.olena, "offer_lapsed")
    assert (message.facts["ended"], message.facts["why"]) == ("withdrawn", "Covered by Ivo")
    with pytest.raises(NotNow, match="has been withdrawn"):
        room.accept(room.olena, assignment)
    with pytest.raises(NotNow):
        c.withdraw_offer(room.session, room.as_(room.ruth), offer.public_id, now=room.now)


def test_pictures_accepted_leave_the_story_where_it_is(room: Newsroom) -> None:
    room.accept(room.olena, room.assign(room.olena, medium="pictures"))
    assert room.story.state == "commissioned"


def test_a_text_beside_the_main_one_leaves_the_story_where_it_is(room: Newsroom) -> None:
    room.assign(room.olena)
    room.accept(room.ivo, room.assign(room.ivo, brief="A box on prices"))
    assert room.story.state == "commissioned"


def test_a_story_that_is_held_or_further_on_stays_there_when_its_text_is_accepted(room: Newsroom) -> None:
    assignment = room.assign(room.olena)
    room.story.state = "editing"
    room.session.flush()
    assert isinstance(room.accept(room.olena, assignment), c.Accepted)
    assert room.story.state == "editing"


# --- what pages read


def test_mine_lists_what_waits_for_my_answer_and_what_i_have_by_deadline(room: Newsroom) -> None:
    late, soon, asked = room.assign(room.olena, hours=9), room.assign(room.olena, hours=3), room.assign(room.olena)
    for assignment in (late, soon):
        room.accept(room.olena, assignment)
    mine = queries.mine(room.session, room.olena.id)
    assert [of for _, of in mine.offers] == [asked]
    assert list(mine.assignments) == [soon, late]
    c.cancel(room.session, room.as_(room.ruth), soon.public_id, now=room.now)
    assert list(queries.mine(room.session, room.olena.id).assignments) == [late]


def test_a_storys_assignments_come_with_all_their_offers(room: Newsroom) -> None:
    late, soon = room.assign(room.olena, room.nino, hours=9), room.assign(hours=3, medium="video")
    rows = queries.of_story(room.session, room.story.id)
    assert [(of, [offer.person_id for offer in offers]) for of, offers in rows] == [
        (soon, []),
        (late, [room.olena.id, room.nino.id]),
    ]


# --- at the same moment


def test_of_several_who_accept_at_the_same_moment_one_has_it_and_the_others_learn_who(
    store: Store, now: datetime
) -> None:
    with store.write() as session:
        desk = factories.desk(session)
        story = factories.story(session, desk)
        assignment = factories.assignment(session, story)
        people = [factories.person(session, f"Person {n}", roles=((desk, "correspondent"),)) for n in range(4)]
        offers = [factories.offer(session, assignment, person).public_id for person in people]
        actors = [factories.actor(session, person) for person in people]
        story_id, assignment_id = story.id, assignment.id
    start = Barrier(4)

    def press(actor: Actor, offer: str) -> c.Accepted | c.Lost:
        start.wait(10)
        return store.run(lambda session: c.accept(session, actor, offer, now=now))

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(press, actors, offers))
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, c.Accepted)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, c.Lost)]
    assert {loser.by.id for loser in losers} == {winner.offer.person_id}
    with store.read() as session:
        assert session.get_one(Assignment, assignment_id).assignee_id == winner.offer.person_id
        assert session.get_one(Story, story_id).state == "reporting"
        told = session.scalars(select(Message.recipient_id).where(Message.kind == "offer_lapsed")).all()
        assert sorted(told) == sorted(loser.offer.person_id for loser in losers)
