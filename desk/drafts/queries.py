"""Reads of drafts, their versions and what stands over them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from desk.drafts.models import Byline, Draft, LostSave, Version, Writer
from desk.drafts.rules import WRITER_GONE, Copy
from desk.errors import NotFound
from desk.people.models import Person


def main_draft(session: Session, story_id: int) -> Draft:
    """The story's main draft, which is made with it. Raises NotFound."""
    found = session.scalar(select(Draft).where(Draft.story_id == story_id, Draft.is_main))
    if found is None:
        raise NotFound("This story has no draft.")
    return found


def draft_of(session: Session, assignment_id: int) -> Draft | None:
    """The draft that this assignment is written in, if one was opened for it."""
    return session.scalar(select(Draft).where(Draft.assignment_id == assignment_id))


def drafts(session: Session, story_id: int) -> Sequence[Draft]:
    """All drafts of a story, the main one first."""
    return session.scalars(
        select(Draft).where(Draft.story_id == story_id).order_by(Draft.is_main.desc(), Draft.id)
    ).all()


def latest(session: Session, draft_id: int) -> Version | None:
    """The last version of a draft, if there is one."""
    return session.scalar(select(Version).where(Version.draft_id == draft_id).order_by(Version.n.desc()).limit(1))


def last_filed(session: Session, draft_id: int) -> Version | None:
    """The version of a draft that was last handed to the desk, whatever was saved since."""
    filed = select(Version).where(Version.draft_id == draft_id, Version.filed_at.is_not(None))
    return session.scalar(filed.order_by(Version.n.desc()).limit(1))


def numbered(session: Session, draft_id: int, n: int) -> Version | None:
    """Version `n` of a draft, if there is one."""
    return session.scalar(select(Version).where(Version.draft_id == draft_id, Version.n == n))


def version(session: Session, public_id: str) -> Version:
    """The version of that public id. Raises NotFound."""
    found = session.scalar(select(Version).where(Version.public_id == public_id))
    if found is None:
        raise NotFound("There is no such version.")
    return found


def of_draft(session: Session, draft_id: int) -> Sequence[Version]:
    """The versions of one draft, first to last; the body of each is read when it is asked for."""
    return session.scalars(_listed().where(Version.draft_id == draft_id).order_by(Version.n)).all()


def versions(session: Session, story_id: int) -> Sequence[Version]:
    """The versions of all drafts of a story: the main draft's first, each draft's from first to last; as `of_draft`."""
    return session.scalars(
        _listed()
        .join(Draft, Draft.id == Version.draft_id)
        .where(Draft.story_id == story_id)
        .order_by(Draft.is_main.desc(), Draft.id, Version.n)
    ).all()


def further_texts(session: Session, story_id: int) -> dict[int, Version]:
    """The last version of each draft beside the main one, by the id of the assignment it is written for."""
    rows = session.execute(
        _listed()
        .add_columns(Draft.assignment_id)
        .join(Draft, Draft.id == Version.draft_id)
        .where(Draft.story_id == story_id, Draft.is_main.is_(False), Version.n == Draft.last_n)
    )
    return {assignment_id: version for version, assignment_id in rows}


def bylines(session: Session, version_ids: Sequence[int]) -> dict[int, list[Byline]]:
    """The bylines over these versions, by version, in their order; one without any has an empty list."""
    found: dict[int, list[Byline]] = {version_id: [] for version_id in version_ids}
    if found:
        rows = select(Byline).where(Byline.version_id.in_(version_ids)).order_by(Byline.version_id, Byline.pos)
        for byline in session.scalars(rows):
            found[byline.version_id].append(byline)
    return found


def copy_of(session: Session, of: Version) -> Copy:
    """What a version holds, as the rules and the forms know it."""
    rows = session.execute(
        select(Byline.name, Byline.title, Person.public_id)
        .outerjoin(Person, Person.id == Byline.person_id)
        .where(Byline.version_id == of.id)
        .order_by(Byline.pos)
    )
    return Copy(
        headline=of.headline,
        abstract=of.abstract,
        bylines=tuple((name, title, person) for name, title, person in rows),
        dateline_places=tuple(of.dateline_places),
        body_html=of.body_html,
        ednote=of.ednote,
    )


def lost(session: Session, public_id: str) -> LostSave | None:
    """What a lost race typed, by its public id."""
    return session.scalar(select(LostSave).where(LostSave.public_id == public_id))


def lost_of(session: Session, draft_id: int, person_id: int) -> Sequence[LostSave]:
    """What this person could not save into this draft and has not read back yet, newest first."""
    return session.scalars(
        select(LostSave)
        .where(LostSave.draft_id == draft_id, LostSave.person_id == person_id, LostSave.taken_at.is_(None))
        .order_by(LostSave.id.desc())
    ).all()


def writers(session: Session, draft_id: int, now: datetime) -> Sequence[int]:
    """The ids of those who have this draft open to write it, as far as their pages said so of late."""
    recent = select(Writer.person_id).where(Writer.draft_id == draft_id, Writer.at > now - WRITER_GONE)
    return session.scalars(recent).all()


def lost_copy(of: LostSave) -> Copy:
    """The text itself, as it was typed."""
    kept = of.fields
    return Copy(
        headline=str(kept["headline"]),
        abstract=str(kept["abstract"]),
        bylines=tuple((str(name), str(title), person) for name, title, person in kept["bylines"]),
        dateline_places=tuple(str(place) for place in kept["dateline_places"]),
        body_html=str(kept["body_html"]),
        ednote=str(kept["ednote"]),
    )


def _listed() -> Select[Version]:
    """Versions to be listed: there can be many, and each holds a whole text."""
    return select(Version).options(defer(Version.body_html), defer(Version.search_text))
