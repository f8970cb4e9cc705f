"""Reading the record."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.audit.models import Entry


def of_story(session: Session, story_id: int) -> Sequence[Entry]:
    """Everything that happened to a story, oldest first."""
    return session.scalars(select(Entry).where(Entry.story_id == story_id).order_by(Entry.id)).all()
