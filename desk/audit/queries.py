"""Reading the record."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.audit.models import Entry


def of_story(session: Session, story_id: int) -> Sequence[Entry]:
    """Everything that happened to a story, oldest first."""
    return session.scalars(select(Entry).where(Entry.story_id == story_id).order_by(Entry.id)).all()


def last_of_story(session: Session, story_id: int, verb: str) -> Entry | None:
    """The last time that this happened to a story, if it ever did."""
    found = select(Entry).where(Entry.story_id == story_id, Entry.verb == verb)
    return session.scalar(found.order_by(Entry.id.desc()).limit(1))


def of_stories(session: Session, story_ids: Collection[int], verbs: Collection[str]) -> Sequence[Entry]:
    """What happened to these stories by these verbs, oldest first; nothing is asked where there are no stories."""
    if not story_ids:
        return ()
    found = select(Entry).where(Entry.story_id.in_(story_ids), Entry.verb.in_(verbs))
    return session.scalars(found.order_by(Entry.id)).all()


def of_thing(session: Session, thing: tuple[str, int], *, limit: int = 50) -> Sequence[Entry]:
    """What happened last to one thing (its kind and id), newest first."""
    found = select(Entry).where(Entry.thing_kind == thing[0], Entry.thing_id == thing[1])
    return session.scalars(found.order_by(Entry.id.desc()).limit(limit)).all()
