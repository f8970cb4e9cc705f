"""A story as one person may know it: who owns it for which permission, and what other acts need read with it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from desk import db
from desk.actor import SYSTEM, Actor
from desk.assignments import queries as assigned
from desk.assignments.models import Assignment, Offer
from desk.drafts import queries as drafts
from desk.drafts.models import Draft, Version
from desk.errors import Gone, Invalid, NotFound, NotNow, Overtaken
from desk.newsroom import telling
from desk.people.models import Desk, Person
from desk.permissions import Facts, permits, require
from desk.stories import queries as stories
from desk.stories.models import Story

WRITING = ("accepted", "reporting", "filed")


def story_for(
    session: Session, actor: Actor, public_id: str, permission: str = "story.read", *, of: Assignment | None = None
) -> tuple[Story, Facts]:
    """The story of that public id with the facts by which `permission` was granted.

    A story that this actor may not read is NotFound, as if it were absent; one they may read but not do this to is
    Forbidden. To write is asked of the main draft, or of the draft of the assignment `of`.
    """
    return _checked(session, actor, stories.story(session, public_id), permission, of)


def readable(session: Session, actor: Actor) -> frozenset[int] | None:
    """The ids of the stories that are this actor's to read by an assignment or offer; None: their role reads all."""
    if permits(actor, "story.read"):
        return None
    stories = select(Assignment.story_id)
    assigned = stories.where(Assignment.assignee_id == actor.person_id, Assignment.state != "cancelled")
    offered = stories.join(Offer, Offer.assignment_id == Assignment.id)
    offered = offered.where(Offer.person_id == actor.person_id, Offer.state == "made")
    return frozenset(session.scalars(assigned.union(offered)))


def lock_story(
    session: Session, actor: Actor, public_id: str, permission: str, *, of: Assignment | None = None
) -> tuple[Story, Facts]:
    """As `story_for`, with the story's row locked before anything is asked: how a verb begins."""
    (story,) = db.lock(session, Story, stories.story(session, public_id).id)
    if of is not None:
        session.refresh(of)
    return _checked(session, actor, story, permission, of)


def to_write(
    session: Session, actor: Actor, story_public_id: str, assignment: str | None
) -> tuple[Story, Draft, Assignment | None]:
    """The draft that this actor may write, the main one or that of the text assignment named, with what it is for.

    Raises NotFound and Forbidden as `story_for`, NotFound for an assignment that has no text to write.
    """
    of = assigned.assignment(session, assignment) if assignment else None
    story, _ = story_for(session, actor, story_public_id, "copy.write", of=of)
    return story, *draft_of(session, story, of)


def draft_of(session: Session, story: Story, of: Assignment | None) -> tuple[Draft, Assignment | None]:
    """The draft that the assignment `of` is written in, without one the main draft, and the assignment it is for."""
    main = main_assignment(session, story.id)
    if of is None or (main is not None and of.id == main.id):
        return drafts.main_draft(session, story.id), main
    draft = drafts.draft_of(session, of.id)
    if draft is None:
        raise NotFound("This assignment has no text to write.")
    return draft, of


def as_read(session: Session, story: Story, version_public_id: str) -> Version:
    """The last version of the main draft, if it is the one that the actor had before their eyes.

    So nothing goes out, and nothing is decided, unread. Raises Overtaken if a later one was saved since, Invalid if
    the form names none, NotNow where there is no copy at all. The story must be locked.
    """
    main = drafts.main_draft(session, story.id)
    last = drafts.latest(session, main.id)
    if last is None and not version_public_id:
        raise NotNow("There is no copy yet: write the story first.")
    if not version_public_id:
        raise Invalid("This form does not say which version you read. Open the story's page again.")
    read = drafts.version(session, version_public_id)
    if last is None or read.draft_id != main.id:
        raise NotFound("There is no such version of this story.")
    if read.id != last.id:
        raise Overtaken(
            "A newer version exists: you read version %(n)s, the last is %(last)s, saved by %(by)s. Nothing was done. "
            "What changed is marked: read it, then decide.",
            n=read.n,
            last=last.n,
            by=_name(session, last.author_id),
            read=read.public_id,
        )
    return last


def main_assignment(session: Session, story_id: int) -> Assignment | None:
    """The text assignment that the main draft is written in, unless it was cancelled.

    Where the main draft names none that stands, it is the first text assignment without a draft of its own.
    """
    texts = session.scalars(
        select(Assignment)
        .where(Assignment.story_id == story_id, Assignment.medium == "text", Assignment.state != "cancelled")
        .order_by(Assignment.id)
    ).all()
    rows = select(Draft.assignment_id, Draft.is_main).where(Draft.story_id == story_id)
    mains = dict(session.execute(rows).all())
    named = next((text for text in texts if mains.get(text.id)), None)
    return named or next((text for text in texts if text.id not in mains), None)


def assignments(session: Session, story_id: int) -> Sequence[Assignment]:
    """All assignments of a story in the order they were made."""
    return session.scalars(select(Assignment).where(Assignment.story_id == story_id).order_by(Assignment.id)).all()


def editors(session: Session, story: Story, assignment: Assignment | None) -> list[Person]:
    """Those who answer for a story's copy: the editor of the assignment, without one the desk's editors."""
    return telling.editors_of(session, assignment, story)


def about(session: Session, story: Story, assignment: Assignment | None = None, **more: Any) -> dict[str, Any]:
    """The facts of a message about a story: those of its assignment where there is one, and `more`."""
    desk = session.get_one(Desk, story.desk_id)
    if assignment is not None:
        return telling.facts_of(story, assignment, desk, **more)
    return {
        "story": story.public_id,
        "slug": story.slug,
        "title": story.title,
        "places": list(story.places),
        "story_zone": story.zone,
        "desk": desk.name,
        "desk_zone": desk.zone,
        **more,
    }


def _checked(
    session: Session, actor: Actor, story: Story, permission: str, of: Assignment | None
) -> tuple[Story, Facts]:
    readers = Facts(desk_id=story.desk_id, owners=_readers(session, story.id))
    if not permits(actor, "story.read", readers):
        _say_gone(session, actor, story.id)
        raise NotFound("There is no such story here.")
    if of is not None and of.story_id != story.id:
        raise NotFound("There is no such assignment here.")
    facts = readers
    if permission == "copy.write":
        facts = Facts(desk_id=story.desk_id, owners=_writers(of or main_assignment(session, story.id)))
    require(actor, permission, facts)
    return story, facts


def _say_gone(session: Session, actor: Actor, story_id: int) -> None:
    """Raise Gone for somebody to whom something of this story was once offered, or who had it."""
    if actor.person_id is None:
        return
    theirs = session.scalar(
        select(Assignment.public_id)
        .outerjoin(Offer, Offer.assignment_id == Assignment.id)
        .where(Assignment.story_id == story_id)
        .where(or_(Offer.person_id == actor.person_id, Assignment.assignee_id == actor.person_id))
        .order_by(Offer.id.desc())
        .limit(1)
    )
    if theirs is not None:
        raise Gone(
            "Nothing of this story is yours any more: your assignments say what became of it.", assignment=theirs
        )


def _name(session: Session, person_id: int | None) -> str:
    return session.get_one(Person, person_id).name if person_id is not None else SYSTEM.name


def _readers(session: Session, story_id: int) -> frozenset[int]:
    """Who has or had an assignment of it that stands, and to whom one is being offered."""
    assigned = select(Assignment.assignee_id).where(Assignment.story_id == story_id, Assignment.state != "cancelled")
    offered = (
        select(Offer.person_id)
        .join(Assignment, Assignment.id == Offer.assignment_id)
        .where(Assignment.story_id == story_id, Offer.state == "made")
    )
    people_ids = {*session.scalars(assigned), *session.scalars(offered)}
    return frozenset(person_id for person_id in people_ids if person_id is not None)


def _writers(assignment: Assignment | None) -> frozenset[int]:
    if assignment is None or assignment.assignee_id is None or assignment.state not in WRITING:
        return frozenset()
    return frozenset({assignment.assignee_id})
