"""What people and licensees are to be told: messages, their deliveries, and the queue that workers claim from."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, Copy, Digest, Fields, Instant, Key, Line, PublicId, Word

_UNSEEN = text("seen_at IS NULL AND cancelled_at IS NULL")
DELIVERY_STATES = ("due", "handing", "done", "parked", "dead", "cancelled", "captured")


class Message(Base):
    """What one person or licensee is to be told. `key` is unique: putting it twice puts it once."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("recipient_kind IN ('person', 'licensee', 'address')", name="recipient_kind"),
        Index(None, "recipient_kind", "recipient_id", "id"),
        Index(
            "ix_messages_unseen",
            "recipient_kind",
            "recipient_id",
            "kind",
            sqlite_where=_UNSEEN,
            postgresql_where=_UNSEEN,
        ),
        Index(None, "story_id"),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[Word]
    recipient_kind: Mapped[Word]
    recipient_id: Mapped[int | None]
    story_id: Mapped[int | None] = mapped_column(ForeignKey("stories.id"))
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desks.id"))
    facts: Mapped[Fields]
    urgency: Mapped[int]
    put_at: Mapped[Instant]
    cancelled_at: Mapped[datetime | None]
    cancelled_why: Mapped[Line | None]
    seen_at: Mapped[datetime | None]


class Delivery(Base):
    """One hand-over by one channel. `wire_id` is the Message-ID or webhook-id, the same on every attempt.

    `wire` holds the bytes, frozen at the first attempt: what is sent again is what was sent before.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(f"state IN {DELIVERY_STATES}", name="state"),
        CheckConstraint("channel IN ('mail', 'webhook')", name="channel"),
        Index(None, "message_id"),
        Index(None, "state", "id"),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    channel: Mapped[Word]
    state: Mapped[Word]
    wire_id: Mapped[Line] = mapped_column(unique=True)
    address: Mapped[Line | None]
    wire: Mapped[bytes | None] = mapped_column(LargeBinary)
    subject: Mapped[Line | None]
    attempts: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    said: Mapped[Copy | None]


class Due(Base):
    """The queue: a delivery has a row here exactly while it is due or in somebody's hands.

    Keyed so that rows due together lie together (on SQLite the table is its own index).
    """

    __tablename__ = "due"
    __table_args__ = (Index(None, "delivery_id", unique=True), {"sqlite_with_rowid": False})
    lane: Mapped[Word] = mapped_column(primary_key=True)
    priority: Mapped[int] = mapped_column(primary_key=True)
    due_at: Mapped[Instant] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    endpoint: Mapped[Digest]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(String(32))
