"""A story from idea to archive, and its editions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from desk import search
from desk.db import Base, Copy, Instant, Key, Language, Line, LocalTime, Names, PublicId, Word, Zone
from desk.stories.workflow import UNFINISHED

STATES = (
    "pitched", "commissioned", "reporting", "filed", "editing", "approved",
    "scheduled", "published", "held", "spiked", "killed",
)  # fmt: skip
CAUSES = ("first", "update", "correction", "clarification", "retransmission", "kill")


_SCHEDULED = text("state = 'scheduled'")
# what a board shows; said to the letter in queries too, or SQLite does not see that the index holds it
ON_BOARD = text(f"state IN {(*UNFINISHED, 'held')}")


class Story(Base):
    """The thing the desk follows. `release_at` is the latest of publish-at and every embargo, set by the newsroom.

    `next_*` describes the edition being prepared while an earlier one is out. It is found by `search_text`, the words
    of its frame, and `headline_words`, those of the newest headline over its main draft.
    """

    __tablename__ = "stories"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(came_from IS NOT NULL) = (state = 'held')", name="held_from"),
        CheckConstraint("state <> 'scheduled' OR release_at IS NOT NULL", name="scheduled_when"),
        UniqueConstraint("desk_id", "slug", "slug_day"),
        Index(None, "desk_id", "state", "due_at"),
        Index("ix_stories_release", "release_at", sqlite_where=_SCHEDULED, postgresql_where=_SCHEDULED),
        Index(
            "ix_stories_on_board",
            "desk_id",
            "state",
            "due_at",
            "release_at",
            sqlite_where=ON_BOARD,
            postgresql_where=ON_BOARD,
        ),
        Index(None, "changed_at"),
        Index(None, "state", "changed_at"),
        Index(None, "made_by"),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"))
    slug: Mapped[str] = mapped_column(String(80))
    slug_day: Mapped[str] = mapped_column(String(10))
    title: Mapped[Line]
    brief: Mapped[Copy] = mapped_column(default="")
    places: Mapped[Names]
    zone: Mapped[Zone]
    language: Mapped[Language]
    length: Mapped[int | None]
    state: Mapped[Word]
    came_from: Mapped[Word | None]
    due_at: Mapped[datetime | None]
    publish_at: Mapped[datetime | None]
    publish_wall: Mapped[LocalTime | None]
    publish_zone: Mapped[Zone | None]
    publish_fold: Mapped[int | None]
    embargo_at: Mapped[datetime | None]
    embargo_wall: Mapped[LocalTime | None]
    embargo_zone: Mapped[Zone | None]
    embargo_fold: Mapped[int | None]
    release_at: Mapped[datetime | None]
    next_cause: Mapped[Word | None]
    next_wrong: Mapped[Copy] = mapped_column(default="")
    next_right: Mapped[Copy] = mapped_column(default="")
    next_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    lock_no: Mapped[int] = mapped_column(default=1)
    search_text: Mapped[Copy] = mapped_column(default="")
    headline_words: Mapped[str | None] = mapped_column(Text)

    __mapper_args__ = {"version_id_col": lock_no}


search.index(Story.__table__, "search_text", "headline_words")


class Edition(Base):
    """One published state of a story, frozen. Every edition after the first has a cause other than `first`."""

    __tablename__ = "editions"
    __table_args__ = (
        CheckConstraint(f"cause IN {CAUSES}", name="cause"),
        CheckConstraint("(number = 1) = (cause = 'first')", name="first"),
        CheckConstraint("cause <> 'correction' OR (was_wrong <> '' AND is_right <> '')", name="says_what"),
        UniqueConstraint("story_id", "number"),
        Index(None, "published_at"),
    )
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id"))
    number: Mapped[int]
    cause: Mapped[Word]
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    published_at: Mapped[Instant]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    was_wrong: Mapped[Copy] = mapped_column(default="")
    is_right: Mapped[Copy] = mapped_column(default="")
    why: Mapped[Copy] = mapped_column(default="")
