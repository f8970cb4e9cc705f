"""Writing: save and file copy. A save is a version; what a lost race typed is kept, never dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

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
from desk.drafts.models import Draft, LostSave, Version
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
class Saved:
    """The text stands as this new version."""

    version: Version


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The text stood already as this version (None: there is none, and nothing was typed)."""

    version: Version | None


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody saved first: the text was kept under `lost`; `latest` is what stands now. An outcome to commit."""

    lost: str
    latest: Version


@dataclass(frozen=True, slots=True)
class Filed:
    """This version was handed to the desk: `by_desk` if its assignee did not do so themselves, `again` if it had been
    already and nothing happened."""

    version: Version
    by_desk: bool
    again: bool = False


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
    of = assignments.assignment(session, assignment) if assignment else None
    story, _ = reading.story_for(session, actor, story_public_id, "copy.write", of=of)
    draft, of = _draft(session, story, of)
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
    return _save(session, actor, desk, drafting.settle(session, copy), base_n, now)


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
    return Filed(saved.version, desk.by_desk)


def read_lost(session: Session, actor: Actor, lost_public_id: str) -> tuple[LostSave, Copy]:
    """What this actor typed and could not save. Raises NotFound for what is not theirs."""
    lost = drafts.lost(session, lost_public_id)
    if lost is None or actor.person_id is None or lost.person_id != actor.person_id:
        raise NotFound("There is no lost text here under that name.")
    return lost, drafts.lost_copy(lost)


def take_lost(session: Session, actor: Actor, lost_public_id: str, now: datetime) -> Copy:
    """Read one's lost text back; from now on it is not listed as waiting. Raises NotFound for what is not theirs."""
    lost, copy = read_lost(session, actor, lost_public_id)
    drafting.mark_taken(session, lost, now=now)
    return copy


def _begin(session: Session, actor: Actor, story_public_id: str, assignment: str | None) -> _Desk:
    of = assignments.assignment(session, assignment) if assignment else None
    story, _ = reading.lock_story(session, actor, story_public_id, "copy.write", of=of)
    draft, of = _draft(session, story, of)
    return _Desk(story, draft, of, _by_desk(actor, of))


def _by_desk(actor: Actor, of: Assignment | None) -> bool:
    return of is None or actor.person_id is None or of.assignee_id != actor.person_id


def _draft(session: Session, story: Story, of: Assignment | None) -> tuple[Draft, Assignment | None]:
    main = reading.main_assignment(session, story.id)
    if of is None or (main is not None and of.id == main.id):
        return drafts.main_draft(session, story.id), main
    draft = drafts.draft_of(session, of.id)
    if draft is None:
        raise NotFound("This assignment has no text to write.")
    return draft, of


def _first(session: Session, story: Story, of: Assignment | None) -> Copy:
    assignee = session.get(Person, of.assignee_id) if of is not None and of.assignee_id is not None else None
    bylines = ((assignee.name, assignee.title, assignee.public_id),) if assignee else ()
    return Copy(bylines=bylines, dateline_places=tuple(story.places))


def _save(
    session: Session, actor: Actor, desk: _Desk, copy: Copy, base_n: int, now: datetime
) -> Saved | Unchanged | Stale:
    story, draft = desk.story, desk.draft
    latest = drafts.latest(session, draft.id)
    outcome = rules.save(draft.last_n, base_n, drafts.copy_of(session, latest) if latest else None, copy)
    if outcome == "unchanged":
        return Unchanged(latest)
    if outcome == "stale" and latest is not None:
        return Stale(_keep(session, actor, desk, copy, base_n, now), latest)
    move = workflow.saving(story.state, by_desk=desk.by_desk) if draft.is_main else None
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
    if draft.is_main:
        _void(session, actor, desk, version, was=before, now=now)
    return Saved(version)


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


def _void(session: Session, actor: Actor, desk: _Desk, version: Version, *, was: str, now: datetime) -> None:
    """Void what was approved of the edition being written; the approvals of editions that are out stay as they are."""
    story = desk.story
    edition = stories.current_edition(session, story.id)
    ids = [
        earlier.id
        for earlier in drafts.of_draft(session, desk.draft.id)
        if earlier.id != version.id and (edition is None or earlier.id > edition.version_id)
    ]
    standing = approvals.void(session, ids, by_version=version.id, now=now)
    if was in ("approved", "scheduled"):
        _tell_voided(session, actor, desk, version, standing, was_scheduled=was == "scheduled", now=now)


def _tell_voided(
    session: Session,
    actor: Actor,
    desk: _Desk,
    version: Version,
    standing: Sequence[Decision],
    *,
    was_scheduled: bool,
    now: datetime,
) -> None:
    """Tell its approvers; and the story's editors, if it was to go out by itself."""
    story = desk.story
    approvers = people.people(session, [decision.person_id for decision in standing])
    editors = reading.editors(session, story, reading.main_assignment(session, story.id)) if was_scheduled else []
    record(
        session, actor, "approval_voided", ("version", version.id), now=now, story_id=story.id, desk_id=story.desk_id,
        n=version.n, approvers=", ".join(sorted(person.name for person in approvers.values())),
    )  # fmt: skip
    telling.tell(
        session, "approval_voided", (approvers | {editor.id: editor for editor in editors}).values(), but=actor,
        key=f"approval_voided:{version.public_id}",
        facts=reading.about(
            session, story, desk.assignment, by=actor.name, n=version.n, version=version.public_id, why="",
            off=was_scheduled,
        ),
        story=story, now=now,
    )  # fmt: skip


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
