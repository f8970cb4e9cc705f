"""Copy from other agencies: where it comes from, what came as it came, and what was read in it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from desk import search
from desk.db import Base, Copy, Digest, Fields, Instant, Key, Line, Names, PublicId, Word, Zone

UNREADABLE = text("error IS NOT NULL")  # said to the letter in queries too, or SQLite does not see the index for it


class Source(Base):
    """A feed by URL or a watched folder. `next_poll_at` and the lease decide who polls it and when.

    One that was removed is stopped too, and kept for what it sent.
    """

    __tablename__ = "sources"
    __table_args__ = (
        CheckConstraint("kind IN ('feed', 'folder')", name="kind"),
        Index(None, "next_poll_at"),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[Line] = mapped_column(unique=True)
    kind: Mapped[Word]
    url: Mapped[str] = mapped_column(String(2000))
    zone: Mapped[Zone]
    every: Mapped[int] = mapped_column(default=60)
    etag: Mapped[Line | None]
    modified: Mapped[Line | None]
    next_poll_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    last_poll_at: Mapped[datetime | None]
    last_new_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    said: Mapped[Copy | None]
    stopped_at: Mapped[datetime | None]
    stopped_why: Mapped[Line | None]
    removed_at: Mapped[datetime | None]


class Intake(Base):
    """Bytes as they came, stored before they are read. `error` says why they could not be.

    `looked` tells how a file of a watched folder looked: one that lies there as it was need not be read again.
    They are let go of once they were read: at once if they brought nothing, else after some months.
    """

    __tablename__ = "intakes"
    __table_args__ = (
        UniqueConstraint("source_id", "sha256", "name"),
        Index(None, "at"),
        Index(None, "source_id", "name", "looked"),
        Index("ix_intakes_unreadable", "source_id", sqlite_where=UNREADABLE, postgresql_where=UNREADABLE),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    sha256: Mapped[Digest]
    name: Mapped[Line] = mapped_column(default="")
    content_type: Mapped[Line | None]
    charset: Mapped[Word | None]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    at: Mapped[Instant]
    read_at: Mapped[datetime | None]
    error: Mapped[Copy | None]
    looked: Mapped[Line | None]


class Item(Base):
    """One item of wire copy, one row for each revision of it that differs. `guid` is the supplier's name for it."""

    __tablename__ = "items"
    __table_args__ = (
        UniqueConstraint("source_id", "guid", "revision"),
        Index(None, "at"),
        Index(None, "intake_id"),
        CheckConstraint("pubstatus IN ('usable', 'withheld', 'canceled')", name="pubstatus"),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    intake_id: Mapped[int] = mapped_column(ForeignKey("intakes.id"))
    guid: Mapped[str] = mapped_column(String(500))
    revision: Mapped[int]
    digest: Mapped[Digest]
    at: Mapped[Instant]
    superseded_at: Mapped[datetime | None]
    headline: Mapped[Copy]
    byline: Mapped[Copy | None]
    places: Mapped[Names]
    body_html: Mapped[Copy]
    language: Mapped[Line | None]
    urgency: Mapped[int | None]
    pubstatus: Mapped[Word]
    published_at: Mapped[datetime | None]
    embargo_at: Mapped[datetime | None]
    link: Mapped[str | None] = mapped_column(String(2000))
    fields: Mapped[Fields]
    search_text: Mapped[Copy]


search.index(Item.__table__, "search_text")


class Use(Base):
    """A story of ours stands on this wire item."""

    __tablename__ = "uses"
    __table_args__ = (Index(None, "story_id"),)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id"), primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    at: Mapped[Instant]
