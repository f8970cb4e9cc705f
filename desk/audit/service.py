"""Recording what happened; reading it back is in `queries.py`."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from desk import revisions
from desk.actor import Actor
from desk.audit.models import Entry


def record(
    session: Session,
    actor: Actor,
    verb: str,
    thing: tuple[str, int],
    *,
    now: datetime,
    story_id: int | None = None,
    desk_id: int | None = None,
    before: str | None = None,
    after: str | None = None,
    why: str | None = None,
    **details: Any,
) -> Entry:
    """Add one entry: `actor` did `verb` to `thing` (its kind and id). `details` must be JSON. Touches the desk."""
    entry = Entry(
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.person_id,
        actor_name=actor.name,
        verb=verb,
        thing_kind=thing[0],
        thing_id=thing[1],
        story_id=story_id,
        desk_id=desk_id,
        from_state=before,
        to_state=after,
        why=why or None,
        details=details,
    )
    session.add(entry)
    if desk_id is not None:
        revisions.touch(session, "desk", desk_id)
    return entry
