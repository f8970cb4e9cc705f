"""Decisions on a version: approved, returned, or published on somebody's own authority."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, Copy, Instant, Key, Word


class Decision(Base):
    """What a person decided about one version. A later version voids an approval; the row stays.

    One that its approver withdrew is voided by the version itself.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("kind IN ('approve', 'return', 'authority')", name="kind"),
        CheckConstraint("kind = 'approve' OR note <> ''", name="says_why"),
        CheckConstraint("(voided_at IS NULL) = (voided_by IS NULL)", name="voided"),
        Index(None, "version_id"),
    )
    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[Word]
    note: Mapped[Copy] = mapped_column(default="")
    at: Mapped[Instant]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("versions.id"))
