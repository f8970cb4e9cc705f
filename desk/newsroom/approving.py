"""Approve copy, withdraw that again, or send it back with a note. Nobody approves their own copy."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.approvals import queries as decisions
from desk.approvals import service as approvals
from desk.approvals.models import Decision
from desk.assignments import queries as assignments
from desk.assignments import service as assigning
from desk.assignments.models import Assignment
from desk.audit.service import record
from desk.drafts.models import Version
from desk.errors import Forbidden, Invalid, NotNow
from desk.newsroom import authorship, reading, reminding, telling
from desk.people import queries as people
from desk.people.models import Person
from desk.stories import service as storying
from desk.stories import workflow
from desk.stories.models import Story
from desk.text import passage


def approve(
    session: Session, actor: Actor, story_public_id: str, version_public_id: str, note: str, now: datetime
) -> Decision:
    """Approve the last version of a story's main draft.

    Raises NotNow if a newer version exists or the story is not at that point, Forbidden for one's own copy.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "copy.approve")
    version = reading.as_read(session, story, version_public_id)
    workflow.after(story.state, "approve")
    own = authorship.own_copies(session, actor, [story]).get(story.id)
    if own is not None:
        raise Forbidden(_OWN["share" if own.why == "share" else "own"], words=own.words, of=own.of)
    decision = approvals.decide(session, version_id=version.id, person_id=actor.id, kind="approve", note=note, now=now)
    before, after = storying.move(session, story, "approve", now=now)
    record(
        session, actor, "copy_approved", ("version", version.id), now=now, story_id=story.id, desk_id=story.desk_id,
        before=before, after=after, why=note.strip(), n=version.n,
    )  # fmt: skip
    _tell(session, actor, "approved", story, version, decision, now)
    return decision


def send_back(
    session: Session, actor: Actor, story_public_id: str, version_public_id: str, note: str, now: datetime
) -> Decision:
    """Return copy to its writer with a note: story and assignment report again, rungs still ahead are planned again.

    Raises Invalid without a note, NotNow if a newer version exists or the story is not at that point.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "copy.approve")
    version = reading.as_read(session, story, version_public_id)
    workflow.after(story.state, "return")
    if not note.strip():
        raise Invalid("Say what is to be done: the note goes back with the copy.", field="note")
    stood = decisions.in_force(session, version.id)
    decision = approvals.decide(session, version_id=version.id, person_id=actor.id, kind="return", note=note, now=now)
    before, after = storying.move(session, story, "return", now=now)
    assignment = reading.main_assignment(session, story.id)
    moved = {}
    if assignment is not None and assignment.state == "filed":
        was, is_now = assigning.move(session, assignment, "return")
        moved = {"assignment": assignment.public_id, "assignment_was": was, "assignment_is": is_now}
        reminding.plan(session, assignment, now=now)
        storying.set_due(session, story, assignments.next_deadline(session, story.id), now=now)
    record(
        session, actor, "copy_returned", ("version", version.id), now=now, story_id=story.id, desk_id=story.desk_id,
        before=before, after=after, why=note.strip(), n=version.n, **moved,
    )  # fmt: skip
    _tell(session, actor, "returned", story, version, decision, now)
    if stood is not None:
        approver = people.people(session, [stood.person_id]).values()
        _tell_voided(session, actor, story, version, approver, key=f"return:{decision.id}", why=decision.note, now=now)
    return decision


def withdraw(
    session: Session, actor: Actor, story_public_id: str, version_public_id: str, note: str, now: datetime
) -> None:
    """Take back one's own approval before the copy is out: the story is at the desk again, and its editors are told.

    `note` may be empty. Raises NotNow if no approval stands or it went out, Forbidden for somebody else's approval.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "copy.approve")
    version = reading.as_read(session, story, version_public_id)
    workflow.after(story.state, "withdraw")
    note = passage(note, "note", "note")
    stands = decisions.in_force(session, version.id)
    if stands is None:
        raise NotNow("No approval of this version stands: there is nothing to withdraw.")
    if stands.person_id != actor.person_id:
        raise Forbidden("Somebody else approved this version: only they withdraw that. Return it with a note instead.")
    approvals.void(session, [version.id], by_version=version.id, now=now)
    before, after = storying.move(session, story, "withdraw", now=now)
    record(
        session, actor, "approval_withdrawn", ("version", version.id), now=now, story_id=story.id,
        desk_id=story.desk_id, before=before, after=after, why=note.strip(), n=version.n,
    )  # fmt: skip
    told = reading.editors(session, story, reading.main_assignment(session, story.id))
    if before == "scheduled":
        told += telling.scheduler(session, story)
    to = {one.id: one for one in told}.values()
    _tell_voided(
        session, actor, story, version, to, key=f"withdrawn:{stands.id}", withdrawn=True, why=note.strip(), now=now
    )


_OWN = {
    "own": "This is your own copy: somebody else approves it. An editor alone at night may publish it on their own "
    "authority.",
    "share": "You wrote %(words)s of its %(of)s words, headline and abstract counted: somebody else has to approve "
    "it. An editor alone at night may publish it on their own authority.",
}


def _writers(session: Session, story: Story, assignment: Assignment | None, version: Version) -> list[Person]:
    """Those whose copy it is: who prepared the next edition, else the assignee, else whoever wrote this version."""
    assignee = assignment.assignee_id if assignment is not None else None
    first = story.next_by_id or assignee or version.filed_by or version.author_id
    return list(people.people(session, [first] if first is not None else []).values())


def _tell(
    session: Session, actor: Actor, kind: str, story: Story, version: Version, decision: Decision, now: datetime
) -> None:
    assignment = reading.main_assignment(session, story.id)
    told = {person.id: person for person in _writers(session, story, assignment, version)}
    if kind == "approved":
        told |= {person.id: person for person in reading.editors(session, story, assignment)}
    telling.tell(
        session, kind, told.values(), but=actor, key=f"{kind}:{decision.id}",
        facts=reading.about(
            session, story, assignment, by=actor.name, n=version.n, version=version.public_id,
            headline=version.headline, note=decision.note,
        ),
        story=story, now=now,
    )  # fmt: skip


def _tell_voided(
    session: Session, actor: Actor, story: Story, version: Version, to: Iterable[Person], *, key: str, why: str,
    withdrawn: bool = False, now: datetime,
) -> None:  # fmt: skip
    """Tell these people that the approval of this version no longer stands: it went back, or was withdrawn."""
    telling.tell(
        session, "approval_voided", to, but=actor, key=f"approval_voided:{key}",
        facts=reading.about(
            session, story, reading.main_assignment(session, story.id), by=actor.name, n=version.n,
            version=version.public_id, why=why, withdrawn=withdrawn,
        ),
        story=story, now=now,
    )  # fmt: skip
