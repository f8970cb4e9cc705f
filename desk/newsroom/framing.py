"""Changing a story's frame after it was made: its slug, what it is about, where, in what language, on which desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from desk import clock
from desk.actor import Actor
from desk.assignments import queries as assignments
from desk.assignments import rules as assignment_rules
from desk.assignments import service as assigning
from desk.assignments.models import Assignment, Offer
from desk.assignments.workflow import UNFINISHED
from desk.audit.service import record
from desk.errors import Invalid, NotNow
from desk.newsroom import reading
from desk.newsroom.telling import facts_of, tell
from desk.people import queries as people
from desk.people.models import Desk, Person
from desk.permissions import Facts, permits, require
from desk.stories import frame as frames
from desk.stories import queries as stories
from desk.stories import service as storying
from desk.stories.frame import Frame
from desk.stories.models import Story

# what the record calls each change
VERBS = {
    "slug": "slug_changed",
    "title": "title_changed",
    "brief": "brief_changed",
    "places": "places_changed",
    "zone": "clock_changed",
    "language": "language_changed",
    "length": "length_changed",
}
MOVED = "story_moved"


@dataclass(frozen=True, slots=True)
class Framing:
    """What a form for changing a story starts from: `mark` is what it began from, `frozen` why the slug can't change.

    `desks` are those on which this editor may put it, its own among them.
    """

    story: Story
    desk: Desk
    frame: Frame
    mark: str
    desks: Sequence[Desk]
    frozen: str | None


def framing(session: Session, actor: Actor, story_public_id: str) -> Framing:
    """The frame of a story, for an editor who may change it."""
    story, _ = reading.story_for(session, actor, story_public_id, "story.edit")
    desk, frame = session.get_one(Desk, story.desk_id), frames.frame_of(story)
    mine = [one for one in people.desks(session) if permits(actor, "story.make", Facts(desk_id=one.id))]
    desks = mine if desk in mine else [desk, *mine]
    return Framing(story, desk, frame, frames.mark(frame, desk.public_id), desks, _frozen(session, story))


def change_frame(
    session: Session,
    actor: Actor,
    story_public_id: str,
    *,
    base: str,
    desk: str,
    slug: str,
    title: str,
    brief: str,
    places: Sequence[str],
    zone: str,
    language: str,
    length: int | None,
    now: datetime,
) -> tuple[str, ...]:
    """Change a story's frame; `base` is the mark of what the editor began from. Gives the names of what changed.

    Those who work on it, or are asked to, are told of another brief, place, language or length. To move it (`desk` is
    a desk's public id) one must be able to make stories on both desks. A frame that stands already is no change.
    Raises NotNow if somebody else changed it meanwhile, Invalid for a slug that is out, or taken on that desk and day.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.edit")
    here, old = session.get_one(Desk, story.desk_id), frames.frame_of(story)
    new = frames.frame(
        slug=slug,
        title=title,
        brief=brief,
        places=places,
        zone=clock.find_zone(zone) if zone else here.zone,
        language=language,
        length=assignment_rules.length(length),
    )
    there = here if desk in ("", here.public_id) else people.open_desk(session, desk)
    if new == old and there is here:
        return ()
    if base != frames.mark(old, here.public_id):
        raise NotNow(
            "Somebody changed this story while you typed. What stands now is said under each field that is not as you "
            "have it: look, then save again if yours is to stand."
        )
    _refuse_frozen(session, story, old, new)
    _refuse_move(actor, here, there)
    storying.reframe(session, story, new, desk_id=there.id, desk_zone=there.zone, now=now)
    changed = frames.changed(old, new)
    entries = [_record(session, actor, story, VERBS[name], _said(old, name), _said(new, name), now) for name in changed]
    if there is not here:
        entries.append(_record(session, actor, story, MOVED, here.name, there.name, now))
        changed += ("desk",)
    _pass_on(session, actor, story, there, (old, new), entries[0], now)
    return changed


def _refuse_frozen(session: Session, story: Story, old: Frame, new: Frame) -> None:
    why = _frozen(session, story)
    if new.slug != old.slug and why:
        raise Invalid(why, field="slug", slug=old.slug)


def _frozen(session: Session, story: Story) -> str | None:
    if story.state == "killed":
        return "This story was killed: licensees were told so by the slug %(slug)s, which stays."
    if stories.current_edition(session, story.id) is not None:
        return "An edition is out: licensees know this story as %(slug)s, so its slug stays."
    return None


def _refuse_move(actor: Actor, here: Desk, there: Desk) -> None:
    if there is here:
        return
    for desk in (here, there):
        require(actor, "story.make", Facts(desk_id=desk.id))


def _record(session: Session, actor: Actor, story: Story, verb: str, old: Any, new: Any, now: datetime) -> int:
    entry = record(
        session, actor, verb, ("story", story.id), now=now, story_id=story.id, desk_id=story.desk_id, old=old, new=new
    )
    session.flush()
    return entry.id


def _said(frame: Frame, name: str) -> Any:
    """A field as the record and a message keep it."""
    value = getattr(frame, name)
    return list(value) if isinstance(value, tuple) else value


def _pass_on(
    session: Session, actor: Actor, story: Story, desk: Desk, frames_: tuple[Frame, Frame], entry: int, now: datetime
) -> None:
    """Let the work under way follow, and tell those who do it or are asked to, once each."""
    old, new = frames_
    changes = [
        {"field": name, "old": _said(old, name), "new": _said(new, name)}
        for name in frames.changed(old, new)
        if name in frames.TOLD
    ]
    told: set[int] = set()
    for assignment, offers in assignments.of_story(session, story.id) if changes else ():
        if assignment.state not in UNFINISHED:
            continue
        assigning.follow(session, assignment, was=(old.brief, old.length), now_is=(new.brief, new.length))
        to = [one for one in _concerned(session, assignment, offers) if one.id not in told]
        told |= {one.id for one in to}
        facts = facts_of(story, assignment, desk, by=actor.name, changes=changes)
        tell(session, "story_changed", to, but=actor, key=f"story_changed:{entry}", facts=facts, story=story, now=now)


def _concerned(session: Session, assignment: Assignment, offers: Sequence[Offer]) -> list[Person]:
    """Who has an assignment, or is asked to take it."""
    ids = [assignment.assignee_id, *(offer.person_id for offer in offers if offer.state == "made")]
    return list(people.people(session, [id_ for id_ in ids if id_ is not None]).values())
