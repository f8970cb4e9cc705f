"""Reads of stories and their editions."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.errors import NotFound
from desk.stories.models import Edition, Story


def story(session: Session, public_id: str) -> Story:
    """The story of that public id. Raises NotFound."""
    found = session.scalar(select(Story).where(Story.public_id == public_id))
    if found is None:
        raise NotFound("There is no such story here.")
    return found


def editions(session: Session, story_id: int) -> Sequence[Edition]:
    """What was published of a story, first to last."""
    return session.scalars(select(Edition).where(Edition.story_id == story_id).order_by(Edition.number)).all()


def current_edition(session: Session, story_id: int) -> Edition | None:
    """The edition that is out now: the last one (a kill is one too), or None before publication."""
    return session.scalar(select(Edition).where(Edition.story_id == story_id).order_by(Edition.number.desc()).limit(1))


def claim_releasable(session: Session, now: datetime, limit: int, *, but: Collection[int] = ()) -> Sequence[Story]:
    """Up to `limit` scheduled stories whose time has come, locked, the longest due first; others' are passed over, and
    those of the ids `but`."""
    return session.scalars(
        select(Story)
        .where(Story.state == "scheduled", Story.release_at <= now, Story.id.not_in(but))
        .order_by(Story.release_at, Story.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
