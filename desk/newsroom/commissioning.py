"""Commissioning: make a story, offer it, accept or decline, say how it goes, hand in, move a deadline, reassign, end.

Every verb locks the story first (only the people it asks before that); then the state of its assignments and offers
decides, and the first of several to accept is the first. Nobody is told of what they did themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from desk import clock, db
from desk.actor import Actor
from desk.assignments import queries, rules
from desk.assignments import service as assignments
from desk.assignments.models import Assignment, Offer
from desk.audit.service import record
from desk.drafts import service as drafts
from desk.errors import Invalid, NotNow
from desk.newsroom import commission, reading, reminding
from desk.newsroom.commission import Commission
from desk.people import queries as people_queries
from desk.people.models import Desk, Person
from desk.permissions import Facts, require
from desk.stories import frame as frames
from desk.stories import service as stories
from desk.stories.models import Story


@dataclass(frozen=True, slots=True)
class Accepted:
    """The assignment is theirs."""

    assignment: Assignment
    offer: Offer


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody else was first: `by` has the assignment. Nothing was changed."""

    assignment: Assignment
    offer: Offer
    by: Person


def make_story(
    session: Session,
    actor: Actor,
    desk_public_id: str,
    *,
    slug: str,
    title: str,
    brief: str = "",
    places: Sequence[str] = (),
    zone: str | None = None,
    language: str = "en",
    length: int | None = None,
    idea: bool = False,
    now: datetime,
) -> Story:
    """Make a story on a desk, with its main draft. `zone` is where it plays; if none is given, that of the first of its
    `places` that is known, else the desk's own.

    An `idea` is noted as pitched, and its first assignment commissions it; any other story begins as commissioned.

    Raises Invalid for a slug that is malformed or used that day, an unknown zone, an impossible length.
    """
    desk = people_queries.open_desk(session, desk_public_id)
    require(actor, "story.make", Facts(desk_id=desk.id))
    story = stories.make(
        session,
        frames.frame(
            slug=slug,
            title=title,
            brief=brief,
            places=places,
            zone=clock.find_zone(zone) if zone else clock.zone_of_places(places).zone or desk.zone,
            language=language,
            length=rules.length(length),
        ),
        desk_id=desk.id,
        desk_zone=desk.zone,
        pitched=idea,
        made_by=actor.person_id,
        now=now,
    )
    drafts.open_main(session, story_id=story.id)
    record(
        session, actor, "idea_noted" if idea else "story_made", ("story", story.id), now=now, story_id=story.id,
        desk_id=desk.id, after=story.state, slug=story.slug, title=story.title,
    )  # fmt: skip
    return story


def assign(
    session: Session,
    actor: Actor,
    story_public_id: str,
    *,
    medium: str,
    brief: str = "",
    length: int | None = None,
    moment: clock.Moment,
    people: Sequence[str] = (),
    editor: str | None = None,
    past_ok: bool = False,
    now: datetime,
) -> Assignment:
    """Commission something for a story: put it to each of `people`, or to nobody yet.

    Raises Past for a deadline not ahead of `now` unless `past_ok` says that it is meant, Invalid for people or an
    editor who can't be asked; NotNow if the story is over, or the same was asked of the same people a moment ago.
    """
    kept = people_queries.kept(session, people)
    story, _ = reading.lock_story(session, actor, story_public_id, "assignment.give")
    commission.refuse_over(story)
    asked = commission.askable(session, kept, people)
    assignment, offers = assignments.make(
        session,
        story_id=story.id,
        editor_id=commission.editor_id(session, story, editor),
        medium=medium,
        brief=brief,
        length=length,
        moment=moment,
        people=[person.id for person in asked],
        past_ok=past_ok,
        now=now,
    )
    case = Commission(session, actor, now, story, session.get_one(Desk, story.desk_id), assignment, offers)
    case.open_draft()
    case.move_story("commission")
    reminding.plan(session, assignment, now=now)
    case.record("assigned", after="open", people=[person.name for person in asked])
    case.tell_offers(offers)
    case.settle()
    return assignment


def offer(
    session: Session,
    actor: Actor,
    assignment_public_id: str,
    *,
    people: Sequence[str],
    moment: clock.Moment | None = None,
    past_ok: bool = False,
    now: datetime,
) -> list[Offer]:
    """Put an open assignment to further people, by another deadline if a `moment` is given (see `move_deadline`).

    Raises Invalid for nobody, or for one who has the offer already.
    """
    kept = people_queries.kept(session, people)
    case = commission.given(session, actor, assignment_public_id, now=now)
    commission.refuse_over(case.story)
    asked = commission.askable(session, kept, people)
    if not asked:
        raise Invalid("Choose whom to ask.", field="people")
    if moment is not None:
        case.retime(moment, past_ok=past_ok, why="")
    made = case.offer(asked)
    case.record("offered", people=[person.name for person in asked])
    case.settle()
    return made


def accept(session: Session, actor: Actor, offer_public_id: str, *, now: datetime) -> Accepted | Lost:
    """Accept an offer: the first of several has the assignment, and what was offered to the others lapses.

    Whoever comes later gets `Lost`, and whoever has it already `Accepted`, with nothing changed. Raises NotNow if the
    offer was declined or withdrawn, or the story is over.
    """
    case, mine = commission.offered_to(session, actor, offer_public_id, now=now)
    assignment = case.assignment
    winner = None if assignment.state == "cancelled" else assignment.assignee_id
    standing = rules.answer(mine.state, winner=winner, person=mine.person_id)
    if standing == "lost":
        return Lost(assignment, mine, session.get_one(Person, winner))
    if standing == "take":
        commission.refuse_over(case.story)
        (before, after), lapsed = assignments.take(session, assignment, case.offers, mine, now=now)
        case.open_draft()
        if case.is_main:
            case.move_story("accept")
        reminding.plan(session, assignment, now=now)
        name = session.get_one(Person, mine.person_id).name
        case.record("accepted", before=before, after=after, person=name)
        case.tell_editors("answered", f"answered:{mine.id}", answer="accepted", by=name)
        case.tell_gone(lapsed, ended="taken", by=name)
        case.settle()
    return Accepted(assignment, mine)


def decline(session: Session, actor: Actor, offer_public_id: str, *, reason: str, now: datetime) -> Offer:
    """Decline an offer. Raises Invalid without a reason, NotNow if it was answered or withdrawn before."""
    case, mine = commission.offered_to(session, actor, offer_public_id, now=now)
    reason = rules.reason(reason)
    assignments.answer(session, mine, "decline", now=now, reason=reason)
    name = session.get_one(Person, mine.person_id).name
    case.record("declined", why=reason, person=name)
    case.tell_editors("answered", f"answered:{mine.id}", answer="declined", by=name, why=reason)
    case.settle()
    return mine


def say(session: Session, actor: Actor, assignment_public_id: str, words: str, *, now: datetime) -> Assignment:
    """Tell the desk in up to 280 characters how it goes; from then on the assignment is in reporting."""
    case = commission.taken(session, actor, assignment_public_id, now=now)
    words = rules.said(words)
    if case.assignment.said == words:
        return case.assignment  # the button pressed twice
    before, after = assignments.say(session, case.assignment, words, now=now)
    entry = case.record("said", before=before, after=after, words=words)
    case.tell_editors("said", f"said:{entry}", by=actor.name, words=words)
    case.settle()
    return case.assignment


def hand_in(session: Session, actor: Actor, assignment_public_id: str, where: str, *, now: datetime) -> Assignment:
    """Hand in pictures, video, audio or a graphic: one line says where it is, reminders end, the editors are told.

    It may be handed in again until the editor says that it is done. Raises Invalid without a line, NotNow for text,
    which is filed, and for an assignment or a story that is over.
    """
    case = commission.taken(session, actor, assignment_public_id, now=now)
    assignment, where = case.assignment, rules.where(where)
    if assignment.medium == "text":
        raise NotNow("Text is filed, not handed in: write it on its own page, and press File.")
    commission.refuse_over(case.story)
    if assignment.state == "filed" and assignment.said == where:
        return assignment  # the button pressed twice
    before, after = assignments.hand_in(session, assignment, where, now=now)
    reminding.stop(session, case.story, assignment, why="handed in", now=now)
    entry = case.record("handed_in", before=before, after=after, where=where)
    case.tell_editors("handed_in", f"handed_in:{entry}", by=actor.name, where=where)
    case.settle()
    return assignment


def finish(session: Session, actor: Actor, assignment_public_id: str, *, now: datetime) -> Assignment:
    """Say that an assignment is done: the desk has all that it wanted, reminders end, and who had it is told.

    Raises NotNow for the story's main text, which is done when it is published, and for one that nobody has.
    """
    case = commission.given(session, actor, assignment_public_id, now=now)
    assignment = case.assignment
    if assignment.state == "done":
        return assignment  # the button pressed twice
    if case.is_main:
        raise NotNow("This is the story's main copy: it is done when the story is published.")
    before, after = assignments.move(session, assignment, "finish")
    reminding.stop(session, case.story, assignment, why="done", now=now)
    entry = case.record("finished", before=before, after=after)
    had = session.get_one(Person, assignment.assignee_id)
    case.tell("assignment_ended", [had], f"ended:{entry}", ended="done", by=actor.name, why="")
    case.settle()
    return assignment


def send_back(session: Session, actor: Actor, assignment_public_id: str, note: str, *, now: datetime) -> Assignment:
    """Send back with a note what was filed or handed in beside the main copy: it reports again, and who has it is told.

    The rungs still ahead are planned again. Raises Invalid without a note, NotNow for the story's main copy, which is
    returned as a version, and for what is not in or is over.
    """
    case = commission.given(session, actor, assignment_public_id, now=now)
    assignment = case.assignment
    if case.is_main:
        raise NotNow("This is the story's main copy: return it on the story's page, with your note.")
    note = rules.note(note)
    before, after = assignments.move(session, assignment, "send_back")
    reminding.plan(session, assignment, now=now)
    entry = case.record("sent_back", before=before, after=after, why=note)
    had = session.get_one(Person, assignment.assignee_id)
    case.tell("returned", [had], f"sent_back:{entry}", by=actor.name, note=note)
    case.settle()
    return assignment


def move_deadline(
    session: Session,
    actor: Actor,
    assignment_public_id: str,
    *,
    moment: clock.Moment,
    past_ok: bool = False,
    why: str = "",
    now: datetime,
) -> Assignment:
    """Give an unfiled assignment another deadline: its rungs are planned anew, and all who count on the old are told.

    Raises Past if it is not ahead unless `past_ok` says that this is meant, Invalid if it is the same as before, NotNow
    once copy was filed.
    """
    case = commission.given(session, actor, assignment_public_id, now=now)
    commission.refuse_over(case.story)
    case.retime(moment, past_ok=past_ok, why=rules.why(why))
    case.settle()
    return case.assignment


def reassign(
    session: Session,
    actor: Actor,
    assignment_public_id: str,
    *,
    people: Sequence[str] = (),
    moment: clock.Moment | None = None,
    past_ok: bool = False,
    why: str = "",
    now: datetime,
) -> list[Offer]:
    """Take an assignment from whoever has it, tell them, and put it to others (or to nobody yet).

    With a `moment` it has another deadline from now on (see `move_deadline`), of which whoever had it is not told.
    Raises NotNow if nobody has it or copy was filed, Invalid if it would go to the person who has it.
    """
    kept = people_queries.kept(session, people)
    case = commission.given(session, actor, assignment_public_id, now=now)
    commission.refuse_over(case.story)
    assignment, holder_id, why = case.assignment, case.assignment.assignee_id, rules.why(why)
    asked = commission.askable(session, kept, people)
    before, after = assignments.move(session, assignment, "reassign")
    holder = session.get_one(Person, holder_id)
    if holder in asked:
        raise Invalid("%(name)s has it now. Choose somebody else.", field="people", name=holder.name)
    assignments.take_back(session, case.offers, now=now)
    if case.is_main:
        case.move_story("reopen")
    reminding.stop(session, case.story, assignment, why="reassigned", person_id=holder.id, now=now)
    names = [person.name for person in asked]
    entry = case.record("reassigned", before=before, after=after, why=why, person=holder.name, people=names)
    case.tell("assignment_ended", [holder], f"ended:{entry}", ended="reassigned", by=actor.name, why=why)
    if moment is not None:
        case.retime(moment, past_ok=past_ok, why="")
    made = case.offer(asked)
    case.settle()
    return made


def cancel(session: Session, actor: Actor, assignment_public_id: str, *, why: str = "", now: datetime) -> Assignment:
    """Cancel an unfiled assignment: whoever has it, or has it on offer, is told. Raises NotNow if it is over."""
    case = commission.given(session, actor, assignment_public_id, now=now)
    assignment, main, why = case.assignment, case.is_main, rules.why(why)
    before, after = assignments.move(session, assignment, "cancel")
    withdrawn = assignments.withdraw(session, case.offers, now=now)
    if main:
        case.move_story("reopen")
    reminding.stop(session, case.story, assignment, why="cancelled", now=now)
    entry = case.record("cancelled", before=before, after=after, why=why)
    if assignment.assignee_id is not None:
        had = session.get_one(Person, assignment.assignee_id)
        case.tell("assignment_ended", [had], f"ended:{entry}", ended="cancelled", by=actor.name, why=why)
    case.tell_gone(withdrawn, ended="cancelled", by=actor.name, why=why)
    case.settle()
    return assignment


def withdraw_offer(session: Session, actor: Actor, offer_public_id: str, *, why: str = "", now: datetime) -> Offer:
    """Take an unanswered offer back and tell the person. Raises NotNow if it was answered or withdrawn before."""
    case, made = commission.offered_by(session, actor, offer_public_id, now=now)
    why = rules.why(why)
    assignments.answer(session, made, "withdraw", now=now)
    case.tell_gone([made], ended="withdrawn", by=actor.name, why=why)
    case.settle()
    return made


def person_left(session: Session, actor: Actor, person: Person, *, now: datetime) -> None:
    """Withdraw what is on offer to a person who was just disabled, and tell the editors of what they leave behind.

    Called by the act that disables them, which has asked for the permission.
    """
    mine = queries.mine(session, person.id)
    works = [*(of for _, of in mine.offers), *mine.assignments]
    db.lock(session, Story, *{of.story_id for of in works})  # all at once, in one order, as two might leave
    for of in works:
        case = commission.held(session, actor, of, now=now)
        offers = assignments.withdraw(session, [one for one in case.offers if one.person_id == person.id], now=now)
        if offers:
            case.record("offer_withdrawn", why="left", person=person.name)
        if offers or case.assignment.assignee_id == person.id:
            entry = case.record("work_left", person=person.name)
            case.tell_editors("work_left", f"work_left:{entry}", person=person.name, by=actor.name)
        case.settle()
