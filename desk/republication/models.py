"""Who may run our copy, and what they were told of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, Digest, Instant, Key, Language, Line, PublicId, Word, Zone

_TO_CHASE = text("chase_at IS NOT NULL")


class Licensee(Base):
    """A republisher: where to mail, where to post, with what secret (whsec_…), in what zone and language they read.

    `failing_since`: from when on the webhook has taken nothing, and `failing_told_at`: when people were told of that.
    """

    __tablename__ = "licensees"
    __table_args__ = (CheckConstraint("(webhook IS NULL) = (secret IS NULL)", name="secret"),)
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[Line] = mapped_column(unique=True)
    contact: Mapped[Line] = mapped_column(default="")
    mail: Mapped[Line]
    webhook: Mapped[str | None] = mapped_column(String(2000))
    secret: Mapped[Line | None]
    webhook_off_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failing_told_at: Mapped[datetime | None]
    zone: Mapped[Zone]
    language: Mapped[Language] = mapped_column(default="en")
    made_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]


class Grant(Base):
    """A standing grant: all that this desk publishes."""

    __tablename__ = "grants"
    licensee_id: Mapped[int] = mapped_column(ForeignKey("licensees.id"), primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), primary_key=True)


class Notice(Base):
    """What one licensee is told of one edition, and their receipt. Whether it was sent is read from its deliveries.

    `chase_at`: when to look next whether it was answered; only where an answer is waited for.
    """

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("kind IN ('edition', 'test')", name="kind"),
        CheckConstraint("(edition_id IS NULL) = (kind = 'test')", name="edition"),
        UniqueConstraint("edition_id", "licensee_id"),
        Index(None, "licensee_id", "id"),
        Index("ix_notices_chase", "chase_at", sqlite_where=_TO_CHASE, postgresql_where=_TO_CHASE),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    kind: Mapped[Word]
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"))
    licensee_id: Mapped[int] = mapped_column(ForeignKey("licensees.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    receipt_sha256: Mapped[Digest] = mapped_column(unique=True)
    made_at: Mapped[Instant]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[Line] = mapped_column(default="")
    chase_at: Mapped[datetime | None]
    chased_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
