"""The record: a row for every state change, by whom, when, from what to what, and why."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, Copy, Fields, Instant, Key, Line, Word


class Entry(Base):
    """One thing that happened. `details` holds what the sentence about it needs (a slug, a name, a time)."""

    __tablename__ = "entries"
    __table_args__ = (
        CheckConstraint("actor_kind IN ('person', 'system', 'licensee')", name="actor_kind"),
        CheckConstraint("(actor_id IS NULL) = (actor_kind <> 'person')", name="actor"),
        Index(None, "story_id", "id"),
        Index(None, "thing_kind", "thing_id"),
    )
    id: Mapped[Key]
    at: Mapped[Instant]
    actor_kind: Mapped[Word]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    actor_name: Mapped[Line]
    verb: Mapped[Word]
    thing_kind: Mapped[Word]
    thing_id: Mapped[int]
    story_id: Mapped[int | None] = mapped_column(ForeignKey("stories.id"))
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desks.id"))
    from_state: Mapped[Word | None]
    to_state: Mapped[Word | None]
    why: Mapped[Copy | None]
    details: Mapped[Fields]
