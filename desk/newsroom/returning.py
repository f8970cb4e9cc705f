"""What came back with a note and is to be filed, or handed in, anew: who returned it, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from desk.assignments.models import Assignment
from desk.audit import queries as audit
from desk.audit.models import Entry
from desk.drafts import queries as drafts
from desk.drafts.models import Draft
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
    if story.state != "reporting":
        return None
    returns = audit.of_stories(session, {story.id}, ("copy_returned",))
    entries = [entry for entry in returns if assignment is None or _is_theirs(entry, assignment)]
    filed = drafts.last_filed(session, draft.id)
    again = not entries or (filed is not None and filed.filed_at is not None and filed.filed_at > entries[-1].at)
    return None if again else _of(entries[-1])


def _is_of(entry: Entry, assignment: Assignment) -> bool:
    """Copy is returned as a version, and its entry says for which assignment; all else is sent back as one."""
    sent_back = entry.thing_kind == "assignment" and entry.thing_id == assignment.id
    return sent_back or entry.details.get("assignment") == assignment.public_id


def _is_theirs(entry: Entry, assignment: Assignment) -> bool:
    """Whether it came back to the person who has the assignment now; while nobody has it, it is the desk's to read."""
    return assignment.accepted_at is None or entry.at >= assignment.accepted_at


def _of(entry: Entry) -> Returned:
    return Returned(entry.actor_name, entry.at, entry.why or "", entry.details.get("n"))
