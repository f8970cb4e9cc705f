"""Drafts and their versions. A version is never changed; what a lost race typed is kept beside it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, Copy, Fields, Instant, Key, Line, Names, PublicId

_MAIN = text("is_main")


class Draft(Base):
    """The text being written: one main draft a story, and one for each further text assignment."""

    __tablename__ = "drafts"
    __table_args__ = (
        Index("uq_drafts_main", "story_id", unique=True, sqlite_where=_MAIN, postgresql_where=_MAIN),
        Index(None, "assignment_id", unique=True),
        Index(None, "story_id"),
    )
    id: Mapped[Key]
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignments.id"))
    is_main: Mapped[bool]
    last_n: Mapped[int] = mapped_column(default=0)


class Version(Base):
    """An immutable saved state of a draft; `body_html` is canonical, one block a line."""

    __tablename__ = "versions"
    __table_args__ = (
        UniqueConstraint("draft_id", "n"),
        CheckConstraint("n > 0", name="counts_from_one"),
        Index(None, "author_id", "draft_id"),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"))
    n: Mapped[int]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[Instant]
    headline: Mapped[Line]
    abstract: Mapped[Copy]
    dateline_places: Mapped[Names]
    body_html: Mapped[Copy]
    ednote: Mapped[Copy]
    words: Mapped[int]
    filed_at: Mapped[datetime | None]
    filed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    search_text: Mapped[Copy]


class Byline(Base):
    """A name and title over a version; `person_id` if it is one of ours."""

    __tablename__ = "bylines"
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    pos: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[Line]
    title: Mapped[Line]


class Writer(Base):
    """Somebody who has a text open to write it, and when their page last said so."""

    __tablename__ = "writers"
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[Instant]


class LostSave(Base):
    """What somebody typed and could not save. Nothing typed is lost.

    `refused`: the draft was no longer theirs to write; false: another had saved first; none: kept before it was noted.
    """

    __tablename__ = "lost_saves"
    __table_args__ = (Index(None, "draft_id", "person_id"),)
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    base_n: Mapped[int]
    at: Mapped[Instant]
    fields: Mapped[Fields]
    taken_at: Mapped[datetime | None]
    refused: Mapped[bool | None]
