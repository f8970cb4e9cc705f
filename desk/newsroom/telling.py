"""Who is to be told of what happens to an assignment, and the facts that all such messages share."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments.models import Assignment
from desk.audit import queries as audit
from desk.clock import UTC
from desk.outbox import service as outbox
from desk.outbox.models import Message
from desk.people import queries as people
from desk.people.models import Desk, Person
from desk.stories.models import Story


def editors_of(session: Session, assignment: Assignment | None, story: Story) -> list[Person]:
    """The editor named on the assignment, if they edit the story's desk still; else all the editors of that desk.

    On a desk that has no editor it is whoever is named all the same, unless they are disabled.
    """
    return editors_of_each(session, [(assignment, story)])[0]


def editors_of_each(session: Session, works: Sequence[tuple[Assignment | None, Story]]) -> list[list[Person]]:
    """`editors_of` for each of these, in their order, read at once."""
    of_desk = people.editors(session, {story.desk_id for _, story in works})
    orphaned = {of.editor_id for of, story in works if of is not None and not of_desk[story.desk_id]}
    named = people.people(session, [id_ for id_ in orphaned if id_ is not None])
    return [
        [one for one in of_desk[story.desk_id] if of is not None and one.id == of.editor_id]
        or of_desk[story.desk_id]
        or [one for one in named.values() if of is not None and one.id == of.editor_id and one.disabled_at is None]
        for of, story in works
    ]


def scheduler(session: Session, story: Story) -> list[Person]:
    """Whoever scheduled this story last: they count on it to go out by itself."""
    last = audit.last_of_story(session, story.id, "story_scheduled")
    return list(people.people(session, [last.actor_id]).values()) if last is not None and last.actor_id else []


def tell(
    session: Session,
    kind: str,
    to: Iterable[Person],
    *,
    but: Actor,
    key: str,
    facts: dict[str, Any],
    story: Story,
    now: datetime,
    quietly: bool = False,
) -> list[Message]:
    """Put one message for each of `to`, once for each `key` and person; gives those that were not put before.

    Told `quietly` it stands at the bell and is not mailed. Nobody is told of what they did themselves, and nobody who
    is disabled is told anything.
    """
    put = [
        outbox.put(
            session,
            kind,
            f"{key}:{person.id}",
            ("person", person.id),
            now=now,
            facts=facts,
            story_id=story.id,
            desk_id=story.desk_id,
            routes=() if quietly else outbox.MAIL,
        )
        for person in to
        if person.id != but.person_id and person.disabled_at is None
    ]
    return [message for message in put if message is not None]


def facts_of(story: Story, assignment: Assignment, desk: Desk, **more: Any) -> dict[str, Any]:
    """What every message about an assignment says; `more` is what this one adds. JSON: instants as ISO text in UTC.

    The zones are those in which the deadline is shown beside the recipient's own: the desk's, the story's, and the one
    in which it was typed.
    """
    return {
        "story": story.public_id,
        "slug": story.slug,
        "title": story.title,
        "places": list(story.places),
        "story_zone": story.zone,
        "desk": desk.name,
        "desk_zone": desk.zone,
        "assignment": assignment.public_id,
        "medium": assignment.medium,
        "brief": assignment.brief,
        "length": assignment.length,
        "deadline": iso(assignment.deadline_at),
        "deadline_zone": assignment.deadline_zone,
        **more,
    }


def iso(at: datetime) -> str:
    """An instant as facts hold it: `2026-11-24T17:00:00+00:00`."""
    return at.astimezone(UTC).isoformat()


def unsay(session: Session, story: Story, prefix: str, *, part: str = "", why: str, now: datetime) -> None:
    """Cancel those messages about a story whose keys begin so, have `part` in them, and that are not out yet."""
    ids = session.scalars(
        select(Message.id).where(
            Message.story_id == story.id,
            Message.key.startswith(prefix, autoescape=True),
            Message.key.contains(part, autoescape=True),
            Message.cancelled_at.is_(None),
        )
    )
    outbox.cancel(session, ids.all(), why=why, now=now)
