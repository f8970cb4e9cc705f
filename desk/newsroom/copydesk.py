"""Writing: save and file copy. A save is a version; what a lost race typed is kept, never dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from desk import revisions
from desk.actor import Actor
from desk.approvals import service as approvals
from desk.approvals.models import Decision
from desk.assignments import queries as assignments
from desk.assignments import service as assigning
from desk.assignments.models import Assignment
from desk.audit.service import record
from desk.drafts import queries as drafts
from desk.drafts import rules
from desk.drafts import service as drafting
from desk.drafts.models import Draft, Version
from desk.drafts.rules import Copy
from desk.errors import Forbidden, Incomplete, Invalid, NotFound
from desk.newsroom import reading, reminding, returning, telling
from desk.newsroom.keeping import Kept, keep
from desk.newsroom.returning import Returned
from desk.people import queries as people
from desk.people.models import Person
from desk.stories import queries as stories
from desk.stories import service as storying
from desk.stories import workflow
from desk.stories.models import Edition, Story


@dataclass(frozen=True, slots=True)
class Ended:
    """What a new version ended: the approval by these people, and the release that was set for `off` (UTC), if any."""

    approvers: Sequence[str]
    off: datetime | None


@dataclass(frozen=True, slots=True)
class Saved:
    """The text stands as this new version, `by_desk` if not by its assignee; `ended` is what that ended, if anything
    was."""

    version: Version
    by_desk: bool
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The text stood already as this version (None: there is none, and nothing was typed). It is `newer` if another
    had saved it meanwhile and nothing was typed over the one before."""

    version: Version | None
    by_desk: bool
    newer: bool = False


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody saved first: the text was kept under `lost`; `latest` is what stands now. An outcome to commit."""

    lost: str
    latest: Version


@dataclass(frozen=True, slots=True)
class Filed:
    """This version was handed to the desk: `by_desk` if its assignee did not do so themselves, `again` if it had been
    already and nothing happened; `ended` as of `Saved`."""

    version: Version
    by_desk: bool
    again: bool = False
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """What a page for writing starts from: the draft, its last version if any, and the fields to fill the form with.

    `by_desk`: the desk writes, not whoever has the assignment. `edition` is the one that is out, if any is; `returned`
    says how the copy came back, while it is to be filed anew.
    """

    story: Story
    assignment: Assignment | None
    draft: Draft
    latest: Version | None
    copy: Copy
    by_desk: bool
    edition: Edition | None
    returned: Returned | None


@dataclass(frozen=True, slots=True)
class _Desk:
    """One draft as a verb works on it, the story locked."""

    story: Story
    draft: Draft
    assignment: Assignment | None
    by_desk: bool


def writing(session: Session, actor: Actor, story_public_id: str, assignment: str | None = None) -> Writing:
    """The draft that this actor may write: the main one, or that of the text assignment named.

    An empty draft begins with the assignee's byline and the story's places.
    """
    story, draft, of = reading.to_write(session, actor, story_public_id, assignment)
    latest = drafts.latest(session, draft.id)
    copy = drafts.copy_of(session, latest) if latest else _first(session, story, of)
    edition = stories.current_edition(session, story.id)
    returned = returning.of_draft(session, story, draft, of)
    return Writing(story, of, draft, latest, copy, _by_desk(actor, of), edition, returned)


def save(
    session: Session,
    actor: Actor,
    story_public_id: str,
    copy: Copy,
    *,
    base_n: int,
    now: datetime,
    assignment: str | None = None,
) -> Saved | Unchanged | Stale | Kept:
    """Save copy typed over version `base_n` (0: none) of the main draft, or of the text assignment's named.

    The main draft moves its story as the table says, and takes an approval away. What is refused to somebody whose
    assignment it was is kept for them. Raises Forbidden to others, NotNow where copy can't be saved (a published story
    without a prepared edition), Invalid for a line that is too long.
    """
    try:
        desk = _begin(session, actor, story_public_id, assignment)
    except (Forbidden, NotFound) as no:
        return keep(session, actor, story_public_id, copy, no, base_n=base_n, assignment=assignment, now=now)
    return _save(session, actor, desk, drafting.settle(session, copy), base_n, now, base=_base(session, desk, base_n))


def file(
    session: Session,
    actor: Actor,
    story_public_id: str,
    copy: Copy,
    *,
    base_n: int,
    now: datetime,
    assignment: str | None = None,
) -> Filed | Stale | Kept:
    """Save and hand the copy to the desk: assignment and story are filed, reminders end, the editor is told.

    Text that was saved before may be filed as it stands. Raises Incomplete, naming each field that is empty, for a
    draft without a headline or without words; otherwise as `save`.
    """
    try:
        desk = _begin(session, actor, story_public_id, assignment)
    except (Forbidden, NotFound) as no:
        return keep(session, actor, story_public_id, copy, no, base_n=base_n, assignment=assignment, now=now)
    copy = drafting.settle(session, copy)
    _refuse_empty(copy)
    saved = _save(session, actor, desk, copy, base_n, now)
    if isinstance(saved, Stale):
        return saved
    if saved.version is None:
        raise TypeError("copy that is not empty has a version")
    if isinstance(saved, Unchanged) and _is_filed(desk, saved.version):
        return Filed(saved.version, desk.by_desk, again=True)
    before, after, moved = _hand_in(session, actor, desk, saved.version, now)
    record(
        session, actor, "copy_filed", ("version", saved.version.id), now=now, story_id=desk.story.id,
        desk_id=desk.story.desk_id, before=before, after=after, n=saved.version.n, words=saved.version.words, **moved,
    )  # fmt: skip
    _tell_filed(session, actor, desk, saved.version, now)
    return Filed(saved.version, desk.by_desk, ended=saved.ended if isinstance(saved, Saved) else None)


def _begin(session: Session, actor: Actor, story_public_id: str, assignment: str | None) -> _Desk:
    of = assignments.assignment(session, assignment) if assignment else None
    story, _ = reading.lock_story(session, actor, story_public_id, "copy.write", of=of)
    draft, of = reading.draft_of(session, story, of)
    return _Desk(story, draft, of, _by_desk(actor, of))


def _by_desk(actor: Actor, of: Assignment | None) -> bool:
    return of is None or actor.person_id is None or of.assignee_id != actor.person_id


def _first(session: Session, story: Story, of: Assignment | None) -> Copy:
    assignee = session.get(Person, of.assignee_id) if of is not None and of.assignee_id is not None else None
    bylines = ((assignee.name, assignee.title, assignee.public_id),) if assignee else ()
    return Copy(bylines=bylines, dateline_places=tuple(story.places))


def _base(session: Session, desk: _Desk, base_n: int) -> Copy | None:
    """The text with which a form over version `base_n` was opened, where another has been saved since."""
    if base_n == desk.draft.last_n:
        return None
    base = drafts.numbered(session, desk.draft.id, base_n) if base_n else None
    if base is not None:
        return drafts.copy_of(session, base)
    return None if base_n else drafting.settle(session, _first(session, desk.story, desk.assignment))


def _save(
    session: Session, actor: Actor, desk: _Desk, copy: Copy, base_n: int, now: datetime, *, base: Copy | None = None
) -> Saved | Unchanged | Stale:
    story, draft = desk.story, desk.draft
    latest = drafts.latest(session, draft.id)
    stands = drafts.copy_of(session, latest) if latest else None
    outcome = rules.save(draft.last_n, base_n, stands, copy, base=base)
    if outcome != "stale":
        _leave(session, actor, desk, copy, now)
    if outcome == "unchanged":
        newer = stands is not None and rules.in_words(copy) != rules.in_words(stands)
        return Unchanged(latest, desk.by_desk, newer)
    if outcome == "stale" and latest is not None:
        return Stale(_keep(session, actor, desk, copy, base_n, now), latest)
    move = workflow.saving(story.state, by_desk=desk.by_desk) if draft.is_main else None
    off = story.release_at if story.state == "scheduled" else None
    version = drafting.save(session, draft, copy, author_id=actor.person_id, now=now)
    if draft.is_main:
        storying.note_headline(story, version.search_text)
    before = after = story.state
    if move is not None:
        before, after = storying.move(session, story, move, now=now)
    else:
        storying.touch(session, story, now)
    if desk.assignment is not None and desk.assignment.state == "accepted" and not desk.by_desk:
        assigning.move(session, desk.assignment, "write")
    record(
        session, actor, "copy_saved", ("version", version.id), now=now, story_id=story.id, desk_id=story.desk_id,
        before=before, after=after, n=version.n, words=version.words,
    )  # fmt: skip
    ended = _void(session, actor, desk, version, was=before, off=off, now=now) if draft.is_main else None
    return Saved(version, desk.by_desk, ended)


def _leave(session: Session, actor: Actor, desk: _Desk, copy: Copy, now: datetime) -> None:
    """What is saved is open no longer, and what could not be saved once and stands in it waits no longer."""
    if actor.person_id is None:
        return
    if drafting.forget_writer(session, desk.draft.id, actor.person_id):
        revisions.touch(session, "desk", desk.story.desk_id)
    for kept in drafts.lost_of(session, desk.draft.id, actor.person_id):
        if rules.holds(copy, drafts.lost_copy(kept)):
            drafting.mark_taken(session, kept, now=now)


def _keep(session: Session, actor: Actor, desk: _Desk, copy: Copy, base_n: int, now: datetime) -> str:
    lost = drafting.keep_lost(
        session, desk.draft, copy, person_id=actor.person_id, base_n=base_n, refused=False, now=now
    )
    if lost.at == now:
        record(
            session, actor, "save_lost", ("lost_save", lost.id), now=now, story_id=desk.story.id,
            desk_id=desk.story.desk_id, n=base_n, last=desk.draft.last_n,
        )  # fmt: skip
    return lost.public_id


def _void(
    session: Session, actor: Actor, desk: _Desk, version: Version, *, was: str, off: datetime | None, now: datetime
) -> Ended | None:
    """Void what was approved of the edition being written; the approvals of editions that are out stay as they are."""
    story = desk.story
    edition = stories.current_edition(session, story.id)
    ids = [
        earlier.id
        for earlier in drafts.of_draft(session, desk.draft.id)
        if earlier.id != version.id and (edition is None or earlier.id > edition.version_id)
    ]
    standing = approvals.void(session, ids, by_version=version.id, now=now)
    if was not in ("approved", "scheduled"):
        return None
    return _tell_voided(session, actor, desk, version, standing, off=off, now=now)


def _tell_voided(
    session: Session,
    actor: Actor,
    desk: _Desk,
    version: Version,
    standing: Sequence[Decision],
    *,
    off: datetime | None,
    now: datetime,
) -> Ended:
    """Tell its approvers; if it was to go out by itself, also the story's editors and whoever scheduled it."""
    story = desk.story
    approvers = people.people(session, [decision.person_id for decision in standing])
    told = list(approvers.values())
    if off is not None:
        told += reading.editors(session, story, reading.main_assignment(session, story.id))
        told += telling.scheduler(session, story)
    names = sorted(person.name for person in approvers.values())
    record(
        session, actor, "approval_voided", ("version", version.id), now=now, story_id=story.id, desk_id=story.desk_id,
        n=version.n, approvers=", ".join(names),
    )  # fmt: skip
    telling.tell(
        session, "approval_voided", {one.id: one for one in told}.values(), but=actor,
        key=f"approval_voided:{version.public_id}",
        facts=reading.about(
            session, story, desk.assignment, by=actor.name, n=version.n, version=version.public_id, why="",
            off=off is not None,
        ),
        story=story, now=now,
    )  # fmt: skip
    return Ended(names, off)


_LACKS = {
    "headline": "The headline is missing: write one, then file.",
    "body_html": "The text has no words: write it, then file.",
}


def _refuse_empty(copy: Copy) -> None:
    if lacks := rules.what_lacks(copy):
        raise Incomplete(*(Invalid(_LACKS[field], field=field) for field in lacks))


def _is_filed(desk: _Desk, version: Version) -> bool:
    """Whether the button was pressed twice: this version lies with the desk and was not returned."""
    lies = desk.assignment is None or desk.assignment.state not in ("accepted", "reporting")
    waits = not desk.draft.is_main or desk.story.state in ("filed", "editing", "approved", "scheduled")
    return version.filed_at is not None and lies and waits


def _hand_in(
    session: Session, actor: Actor, desk: _Desk, version: Version, now: datetime
) -> tuple[str, str, dict[str, str]]:
    story, assignment = desk.story, desk.assignment
    before = after = story.state
    moved: dict[str, str] = {}
    if desk.draft.is_main:
        workflow.saving(story.state, by_desk=desk.by_desk)  # its sentence says the way out
        before, after = storying.move(session, story, "file", now=now)
    drafting.mark_filed(session, version, by=actor.person_id, now=now)
    if assignment is not None and assignment.state in reading.WRITING:
        was, is_now = assigning.move(session, assignment, "file")
        moved = {"assignment": assignment.public_id, "assignment_was": was, "assignment_is": is_now}
        reminding.stop(session, story, assignment, why="filed", now=now)
    storying.set_due(session, story, assignments.next_deadline(session, story.id), now=now)
    return before, after, moved


def _further(desk: _Desk) -> dict[str, str]:
    """Which assignment copy was written for that is not the story's main copy: it has a page of its own."""
    return {} if desk.draft.is_main or desk.assignment is None else {"text": desk.assignment.public_id}


def _tell_filed(session: Session, actor: Actor, desk: _Desk, version: Version, now: datetime) -> None:
    telling.tell(
        session, "filed", reading.editors(session, desk.story, desk.assignment), but=actor,
        key=f"filed:{version.public_id}:{int(now.timestamp())}",  # a returned version may be filed again as it stands
        facts=reading.about(
            session, desk.story, desk.assignment, by=actor.name, n=version.n, version=version.public_id,
            headline=version.headline, words=version.words, **_further(desk),
        ),
        story=desk.story, now=now,
    )  # fmt: skip
