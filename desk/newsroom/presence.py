"""Who has a text open to write it. It is told and locks nothing: of two who save, neither writes over the other."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from desk import revisions
from desk.actor import Actor
from desk.assignments.models import Assignment
from desk.drafts import queries as drafts
from desk.drafts import service as drafting
from desk.newsroom import reading
from desk.people import queries as people
from desk.people.models import Person
from desk.stories.models import Story


def here(
    session: Session, actor: Actor, story_public_id: str, *, now: datetime, assignment: str | None = None
) -> Sequence[Person]:
    """Say that this actor has the main draft open, or that of the assignment named; gives who else has, by name.

    Their page says so again and again. Boards are touched only by whoever is new. Raises as `reading.to_write`.
    """
    story, draft, _of = reading.to_write(session, actor, story_public_id, assignment)
    if actor.person_id is not None and drafting.note_writer(session, draft.id, actor.person_id, now=now):
        revisions.touch(session, "desk", story.desk_id)
    return others(session, actor, draft.id, now)


def gone(session: Session, actor: Actor, story_public_id: str, *, assignment: str | None = None) -> None:
    """Say that this actor has left the draft. Raises as `reading.to_write`."""
    story, draft, _of = reading.to_write(session, actor, story_public_id, assignment)
    if actor.person_id is not None and drafting.forget_writer(session, draft.id, actor.person_id):
        revisions.touch(session, "desk", story.desk_id)


def at(session: Session, actor: Actor, story: Story, now: datetime, *, of: Assignment | None = None) -> list[Person]:
    """Who but for the actor has the main copy of a story open to write it, or what is written for a further `of`."""
    draft = drafts.main_draft(session, story.id) if of is None else drafts.draft_of(session, of.id)
    return others(session, actor, draft.id, now) if draft is not None else []


def others(session: Session, actor: Actor, draft_id: int, now: datetime) -> list[Person]:
    """Who has this draft open but for the actor, by name."""
    ids = [id_ for id_ in drafts.writers(session, draft_id, now) if id_ != actor.person_id]
    found = people.people(session, ids).values() if ids else ()
    return sorted((one for one in found if one.disabled_at is None), key=lambda person: person.name)
