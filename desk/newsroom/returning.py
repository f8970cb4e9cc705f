"""What came back with a note and is to be filed, or handed in, anew: who returned it, when and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.assignments.models import Assignment
from desk.audit import queries as audit
from desk.audit.models import Entry
from desk.drafts.models import Draft, Version
from desk.stories.models import Story


@dataclass(frozen=True, slots=True)
class Returned:
    """Who sent it back, when and with which words; `n` is the version of copy that was returned, if it was copy."""

    by: str
    at: datetime
    note: str
    n: int | None


def of_each(session: Session, assignments: Sequence[Assignment]) -> dict[int, Returned]:
    """How each of these that came back last did so, by its id, until it is filed or handed in again. One query.

    A note that was written to whoever had it before is not told.
    """
    again = [one for one in assignments if one.state in ("accepted", "reporting")]
    entries = audit.of_stories(session, {one.story_id for one in again}, ("sent_back", "copy_returned"))
    return {one.id: _of(entry) for entry in entries for one in again if _is_of(entry, one) and _is_theirs(entry, one)}


def of_draft(session: Session, story: Story, draft: Draft, assignment: Assignment | None) -> Returned | None:
    """How this copy came back, until it is filed again: the main draft with its story, others with their assignment."""
    if not draft.is_main:
        return of_each(session, [assignment]).get(assignment.id) if assignment is not None else None
    returned = of_stories(session, [story]).get(story.id)
    theirs = returned is None or assignment is None or _is_theirs(returned, assignment)
    return returned if theirs else None


def of_stories(session: Session, stories: Collection[Story]) -> dict[int, Returned]:
    """How the desk last returned the copy of each of these, by its id, until it is filed again, whoever has it by now.

    Two queries at most, and none where no story is being reported.
    """
    again = {story.id for story in stories if story.state == "reporting"}
    entries = {entry.story_id: entry for entry in audit.of_stories(session, again, ("copy_returned",))}
    filed = _last_filed(session, [id_ for id_ in entries if id_ is not None])
    return {
        id_: _of(entry)
        for id_, entry in entries.items()
        if id_ is not None and not ((at := filed.get(id_)) and at > entry.at)
    }


def _last_filed(session: Session, story_ids: Collection[int]) -> dict[int, datetime]:
    """When the main copy of these stories was last filed, by story; without those of which none ever was."""
    filed = select(Draft.story_id, func.max(Version.filed_at)).join(Version, Version.draft_id == Draft.id)
    filed = filed.where(Draft.is_main, Draft.story_id.in_(story_ids)).group_by(Draft.story_id)
    return {id_: at for id_, at in session.execute(filed) if at is not None} if story_ids else {}


def _is_of(entry: Entry, assignment: Assignment) -> bool:
    """Copy is returned as a version, and its entry says for which assignment; all else is sent back as one."""
    sent_back = entry.thing_kind == "assignment" and entry.thing_id == assignment.id
    return sent_back or entry.details.get("assignment") == assignment.public_id


def _is_theirs(entry: Entry | Returned, assignment: Assignment) -> bool:
    """Whether it came back to the person who has the assignment now; while nobody has it, it is the desk's to read."""
    return assignment.accepted_at is None or entry.at >= assignment.accepted_at


def _of(entry: Entry) -> Returned:
    return Returned(entry.actor_name, entry.at, entry.why or "", entry.details.get("n"))
