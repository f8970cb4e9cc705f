"""Text that could not be saved: of whoever has the assignment no longer, or was overtaken. It is kept for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments.models import Assignment, Offer
from desk.audit.service import record
from desk.drafts import queries as drafts
from desk.drafts import rules
from desk.drafts import service as drafting
from desk.drafts.models import Draft, LostSave, Version
from desk.drafts.rules import Copy
from desk.errors import Forbidden, Invalid, NotFound
from desk.people.models import Person
from desk.stories import queries as stories
from desk.stories.models import Story


@dataclass(frozen=True, slots=True)
class Kept:
    """The text was refused as `refusal` says, and kept under `lost` for whoever typed it. An outcome to commit."""

    lost: str
    refusal: Forbidden | NotFound


@dataclass(frozen=True, slots=True)
class Waiting:
    """Kept text of a story, with the assignment (a public id) if it was a further text, and what had been saved
    before it came, by whom (None: by nobody who is known)."""

    lost: LostSave
    copy: Copy
    story: Story
    assignment: str | None
    stood: Version | None
    by: Person | None


def waiting(session: Session, actor: Actor) -> list[tuple[LostSave, Story]]:
    """All that this actor typed, could not save and is not done with, newest first, each with its story."""
    rows = _kept().where(LostSave.person_id == actor.person_id, LostSave.taken_at.is_(None))
    return [(lost, story) for lost, story, _ in session.execute(rows.order_by(LostSave.id.desc()))]


def read(session: Session, actor: Actor, lost_public_id: str) -> Waiting:
    """What this actor typed and could not save, to be read. Raises NotFound for what is not theirs."""
    mine = _kept().where(LostSave.public_id == lost_public_id, LostSave.person_id == actor.person_id)
    found = session.execute(mine).one_or_none()
    if found is None:
        raise NotFound("There is no lost text here under that name.")
    lost, story, assignment = found
    saved = select(Version).where(Version.draft_id == lost.draft_id, Version.at <= lost.at, Version.n > lost.base_n)
    stood = session.scalar(saved.order_by(Version.n.desc()).limit(1)) if not lost.refused else None
    by = session.get(Person, stood.author_id) if stood is not None and stood.author_id is not None else None
    return Waiting(lost, drafts.lost_copy(lost), story, assignment, stood, by)


def done(session: Session, actor: Actor, lost_public_id: str, now: datetime) -> None:
    """Have one's kept text wait no longer. Raises NotFound for what is not theirs."""
    drafting.mark_taken(session, read(session, actor, lost_public_id).lost, now=now)


def keep(
    session: Session,
    actor: Actor,
    story_public_id: str,
    copy: Copy,
    refusal: Forbidden | NotFound,
    *,
    base_n: int,
    assignment: str | None,
    now: datetime,
) -> Kept:
    """Keep copy that was refused to somebody whose it was a moment ago: taken from them, cancelled, or out already.

    Raises the refusal itself for anybody else, and for text that is empty or can't be stored.
    """
    story = stories.story(session, story_public_id)
    draft = _draft(session, story.id, assignment)
    try:
        copy = drafting.settle(session, copy)
    except Invalid:
        raise refusal from None
    if draft is None or actor.person_id is None or rules.is_empty(copy) or not _was_theirs(session, actor, draft):
        raise refusal
    lost = drafting.keep_lost(session, draft, copy, person_id=actor.person_id, base_n=base_n, refused=True, now=now)
    if lost.at == now:
        record(
            session, actor, "save_refused", ("lost_save", lost.id), now=now, story_id=story.id, desk_id=story.desk_id,
            n=base_n,
        )  # fmt: skip
    return Kept(lost.public_id, refusal)


def _kept() -> Select[LostSave, Story, str | None]:
    """Kept texts, each with its story and, of a further text, the public id of its assignment."""
    further = and_(Assignment.id == Draft.assignment_id, Draft.is_main.is_(False))
    return (
        select(LostSave, Story, Assignment.public_id)
        .join(Draft, Draft.id == LostSave.draft_id)
        .join(Story, Story.id == Draft.story_id)
        .outerjoin(Assignment, further)
    )


def _draft(session: Session, story_id: int, assignment: str | None) -> Draft | None:
    """The draft of the assignment named, if it is one of this story's; without one of its own, and without a name, the
    main draft."""
    of = select(Assignment.id).where(Assignment.public_id == assignment, Assignment.story_id == story_id)
    named = session.scalar(of) if assignment else None
    if assignment and named is None:
        return None
    own = session.scalar(select(Draft).where(Draft.assignment_id == named)) if named is not None else None
    return own or session.scalar(select(Draft).where(Draft.story_id == story_id, Draft.is_main))


def _was_theirs(session: Session, actor: Actor, draft: Draft) -> bool:
    """Whether they have the assignment of this draft, however it ended, or accepted it once, or wrote at the draft."""
    elsewhere = select(Draft.assignment_id).where(
        Draft.story_id == draft.story_id, Draft.id != draft.id, Draft.assignment_id.is_not(None)
    )
    assigned = (
        select(Assignment.id)
        .outerjoin(Offer, Offer.assignment_id == Assignment.id)
        .where(Assignment.story_id == draft.story_id, Assignment.medium == "text", Assignment.id.not_in(elsewhere))
        .where(
            or_(
                Assignment.assignee_id == actor.person_id,
                (Offer.person_id == actor.person_id) & Offer.state.in_(("accepted", "withdrawn")),
            )
        )
    )
    written = select(Version.id).where(Version.draft_id == draft.id, Version.author_id == actor.person_id)
    return any(session.scalar(of.limit(1)) is not None for of in (assigned, written))
