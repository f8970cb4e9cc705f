"""Rungs: one row for each step of a reminder ladder, planned when a time is set."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, Instant, Key, Line, Word

STATES = ("planned", "fired", "covered", "cancelled")
_PLANNED = text("state = 'planned'")


class Rung(Base):
    """One reminder to come, or what became of it. `covered`: overdue, and told of by a later rung's message.

    `whom` is `person:ID` or a role (`editor`), resolved when it fires.
    """

    __tablename__ = "rungs"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("state <> 'cancelled' OR why IS NOT NULL", name="cancelled_why"),
        UniqueConstraint("thing_kind", "thing_id", "rung", "deadline_no", "whom"),
        Index("ix_rungs_due", "due_at", "id", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
    )
    id: Mapped[Key]
    thing_kind: Mapped[Word]
    thing_id: Mapped[int]
    rung: Mapped[Word]
    deadline_no: Mapped[int]
    whom: Mapped[str] = mapped_column(String(40))
    due_at: Mapped[Instant]
    state: Mapped[Word]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    why: Mapped[Line | None]
