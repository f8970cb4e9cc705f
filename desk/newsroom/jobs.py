"""Assignments as those see them who do them: what is asked of one, and what became of what no longer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments import queries, rules, workflow
from desk.assignments.models import Assignment, Offer
from desk.audit import queries as audit
from desk.audit.models import Entry
from desk.newsroom import reading, returning
from desk.newsroom.returning import Returned
from desk.newsroom.telling import editors_of_each
from desk.people import queries as people
from desk.people.models import Desk, Person
from desk.permissions import Facts, permits
from desk.stories.models import Story


@dataclass(frozen=True, slots=True)
class Became:
    """What became of an assignment for one person: when, by whom and why, each as far as it is known."""

    what: rules.Became
    at: datetime | None
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Job:
    """An assignment as its correspondent sees it: with the offer they may answer, the editors who answer for it, who
    has it, how it came back if it is to be filed anew, and what became of it for them (None while it is theirs)."""

    assignment: Assignment
    offer: Offer | None
    story: Story
    desk: Desk
    editors: Sequence[Person]
    holder: Person | None = None
    returned: Returned | None = None
    became: Became | None = None


def mine(session: Session, actor: Actor) -> list[Job]:
    """What is offered to the actor and what they have, by deadline; what is filed stands below what is to be done."""
    found = queries.mine(session, actor.id)
    works: list[tuple[Assignment, Offer | None]] = [(assignment, offer) for offer, assignment in found.offers]
    works += [(assignment, None) for assignment in found.assignments]
    return sorted(_jobs(session, works), key=_when)


def job(session: Session, actor: Actor, public_id: str) -> Job:
    """One assignment, for whoever may read its story. Raises NotFound for anybody else.

    Somebody whose it is no more gets it with what became of it, and, unless their role lets them read the story,
    may be told no more than that: see `told_only`.
    """
    assignment = queries.assignment(session, public_id)
    offers = queries.offers_of(session, [assignment.id])[assignment.id]
    theirs = next((of for of in reversed(offers) if of.person_id == actor.person_id), None)
    became = _became(session, actor, assignment, theirs)
    (found,) = _jobs(session, [(assignment, theirs if theirs and theirs.state == "made" else None)], became)
    if not told_only(actor, found):
        reading.story_for(session, actor, found.story.public_id)
    return found


def told_only(actor: Actor, found: Job) -> bool:
    """Whether this person may be told what became of it, and nothing else of the story."""
    over = found.became is not None and found.became.what != "done"
    return over and not permits(actor, "story.read", Facts(desk_id=found.story.desk_id))


def to_give(session: Session, actor: Actor, public_id: str) -> Job:
    """One assignment, for an editor who may give it to people. Raises NotFound, and Forbidden for who may only read."""
    assignment = queries.assignment(session, public_id)
    (found,) = _jobs(session, [(assignment, None)])
    reading.story_for(session, actor, found.story.public_id, "assignment.give")
    return found


def ended(session: Session, of: Assignment) -> Became | None:
    """What became of an assignment: done or cancelled, when, by whom and why. None while it is neither."""
    if of.state not in ("done", "cancelled"):
        return None
    record = audit.of_story(session, of.story_id)
    cause = next((one for one in reversed(record) if _is_of(one, of) and _state_after(one) == of.state), None)
    what: rules.Became = "done" if of.state == "done" else "cancelled"
    return Became(what, cause.at, cause.actor_name, cause.why or "") if cause is not None else None


def may_give(actor: Actor, found: Job) -> bool:
    """Whether this person gives it to people, moves it and ends it."""
    return permits(actor, "assignment.give", Facts(desk_id=found.story.desk_id))


def moves(session: Session, found: Job) -> frozenset[str]:
    """The names of the moves that are legal now; the story's main text is done when it is published, and goes back as
    a version."""
    legal = {move.name for move in workflow.open_moves(found.assignment.state)}
    main = reading.main_assignment(session, found.story.id)
    is_main = main is not None and main.id == found.assignment.id
    return frozenset(legal - {"finish", "send_back"} if is_main else legal)


# --- steps


def _jobs(
    session: Session, works: Sequence[tuple[Assignment, Offer | None]], became: Became | None = None
) -> list[Job]:
    ids = {assignment.story_id for assignment, _ in works}
    known = {story.id: story for story in session.scalars(select(Story).where(Story.id.in_(ids)))}
    stories = [known[assignment.story_id] for assignment, _ in works]
    desks = {desk.id: desk for desk in session.scalars(select(Desk).where(Desk.id.in_({of.desk_id for of in stories})))}
    editors = editors_of_each(
        session, [(assignment, story) for (assignment, _), story in zip(works, stories, strict=True)]
    )
    returned = returning.of_each(session, [assignment for assignment, offer in works if offer is None])
    holders = people.people(session, [of.assignee_id for of, _ in works if of.assignee_id is not None])
    return [
        Job(
            assignment,
            offer,
            story,
            desks[story.desk_id],
            answering,
            holders.get(assignment.assignee_id or 0),
            returned.get(assignment.id),
            became,
        )
        for (assignment, offer), story, answering in zip(works, stories, editors, strict=True)
    ]


def _when(found: Job) -> tuple[bool, datetime]:
    return found.assignment.state == "filed", found.assignment.deadline_at


def _became(session: Session, actor: Actor, assignment: Assignment, theirs: Offer | None) -> Became | None:
    has_it = assignment.assignee_id is not None and assignment.assignee_id == actor.person_id
    offer = theirs.state if theirs is not None else None
    if rules.became(assignment.state, has_it=has_it, offer=offer, had_it=False) is None:
        return None
    record = [one for one in reversed(audit.of_story(session, assignment.story_id)) if _is_of(one, assignment)]
    if has_it:
        at, cause = None, next((one for one in record if _state_after(one) == assignment.state), None)
    else:
        at = theirs.answered_at if theirs is not None else None
        cause = next((one for one in record if one.at == at), None)
    had_it = cause is not None and cause.verb == "reassigned"
    what = rules.became(assignment.state, has_it=has_it, offer=offer, had_it=had_it)
    if what is None or cause is None:
        return Became(what, at, "", "") if what is not None else None
    return Became(what, cause.at, cause.actor_name, (cause.why or "") if what != "lapsed" else "")


def _is_of(entry: Entry, assignment: Assignment) -> bool:
    own = entry.thing_kind == "assignment" and entry.thing_id == assignment.id
    return own or entry.details.get("assignment") == assignment.public_id


def _state_after(entry: Entry) -> str | None:
    """The state in which an entry left its assignment; that of copy says it among its details."""
    return entry.to_state if entry.thing_kind == "assignment" else entry.details.get("assignment_is")
