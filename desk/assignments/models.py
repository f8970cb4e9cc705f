"""Commissions on a story, and the offers by which they find somebody."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, Copy, Instant, Key, LocalTime, PublicId, Word, Zone

STATES = ("open", "accepted", "reporting", "filed", "done", "cancelled")
OFFER_STATES = ("made", "accepted", "declined", "withdrawn", "lapsed")
MEDIA = ("text", "pictures", "video", "audio", "graphic")
_MADE = text("state = 'made'")


class Assignment(Base):
    """One commission. `editor_id` is the editor to be told; without one, the desk's editors are.

    `deadline_no` counts the deadlines this assignment has had; `said` is the assignee's last word: how it goes, and
    once pictures, video, audio or a graphic are handed in, where they are.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(f"medium IN {MEDIA}", name="medium"),
        CheckConstraint("state IN ('open', 'cancelled') OR assignee_id IS NOT NULL", name="somebody_has_it"),
        CheckConstraint("state <> 'open' OR assignee_id IS NULL", name="nobody_has_it"),
        Index(None, "story_id"),
        Index(None, "assignee_id", "state"),
        Index(None, "state", "deadline_at"),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id"))
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    medium: Mapped[Word]
    brief: Mapped[Copy] = mapped_column(default="")
    length: Mapped[int | None]
    state: Mapped[Word]
    deadline_at: Mapped[Instant]
    deadline_wall: Mapped[LocalTime]
    deadline_zone: Mapped[Zone]
    deadline_fold: Mapped[int]
    deadline_no: Mapped[int] = mapped_column(default=1)
    said: Mapped[Copy | None]
    said_at: Mapped[datetime | None]
    made_at: Mapped[Instant]
    accepted_at: Mapped[datetime | None]


class Offer(Base):
    """An assignment put to one person; the first of several to accept has it."""

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint(f"state IN {OFFER_STATES}", name="state"),
        CheckConstraint("state <> 'declined' OR reason <> ''", name="declined_why"),
        Index("uq_offers_made", "assignment_id", "person_id", unique=True, sqlite_where=_MADE, postgresql_where=_MADE),
        Index(None, "person_id", "state"),
        Index(None, "assignment_id", "state"),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    state: Mapped[Word]
    reason: Mapped[Copy] = mapped_column(default="")
    made_at: Mapped[Instant]
    answered_at: Mapped[datetime | None]
