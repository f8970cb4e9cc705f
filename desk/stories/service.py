"""Steps of the story's own table; the newsroom's verbs call them and record what happened."""

from datetime import datetime
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import chance, revisions
from desk.clock import Moment
from desk.errors import Invalid
from desk.stories import frame as frames
from desk.stories import queries, workflow
from desk.stories.frame import Frame
from desk.stories.models import Edition, Story
from desk.text import tokens


def make(
    session: Session, frame: Frame, *, desk_id: int, desk_zone: str, pitched: bool = False, made_by: int | None,
    now: datetime,
) -> Story:  # fmt: skip
    """Add a story, commissioned unless it is only `pitched`.

    Raises Invalid if its slug stands on this desk today already, by the desk's clock.
    """
    day = _day(now, desk_zone)
    _refuse_taken(session, desk_id, frame.slug, day, day)
    story = Story(
        public_id=chance.public_id(),
        desk_id=desk_id,
        slug=frame.slug,
        slug_day=day,
        state="pitched" if pitched else "commissioned",
        made_by=made_by,
        made_at=now,
        changed_at=now,
    )
    _set_frame(story, frame)
    session.add(story)
    session.flush()
    revisions.touch(session, "desk", desk_id)
    return story


def reframe(session: Session, story: Story, frame: Frame, *, desk_id: int, desk_zone: str, now: datetime) -> None:
    """Give a story another frame, and another desk if `desk_id` is not its own. The story must be locked.

    Its slug keeps the day on which it was made, by the clock of the desk that it is on. Raises Invalid if that desk has
    another story of this slug and day.
    """
    if (frame.slug, desk_id) != (story.slug, story.desk_id):
        day = story.slug_day if desk_id == story.desk_id else _day(story.made_at, desk_zone)
        _refuse_taken(session, desk_id, frame.slug, day, _day(now, desk_zone))
        story.slug_day = day
    _set_frame(story, frame)
    if desk_id != story.desk_id:
        revisions.touch(session, "desk", story.desk_id)
        story.desk_id = desk_id
    touch(session, story, now)


def move(session: Session, story: Story, name: str, *, now: datetime, to: str | None = None) -> tuple[str, str]:
    """Make the move `name` of the table; gives the states before and after. Raises NotNow if it is not legal.

    `to` is the state where the table leaves it to the move. The story must be locked by the caller.
    """
    before = story.state
    state = workflow.after(before, name) or to
    if state is None:
        raise TypeError(f"the move {name} needs a state to go to")
    story.came_from = before if state == "held" else None
    story.state = state
    if state != "scheduled" and story.came_from != "scheduled":
        story.release_at = None
    touch(session, story, now)
    return before, state


def move_held(session: Session, story: Story, name: str, *, now: datetime) -> None:
    """Have a story that is on hold go, once it is released, to where the move `name` leads from whence it came.

    Raises NotNow if that is not legal. The story must be locked by the caller.
    """
    story.came_from = workflow.after(story.came_from or "", name)
    touch(session, story, now)


def set_due(session: Session, story: Story, at: datetime | None, *, now: datetime) -> None:
    """Set by when something of this story is still to be filed, or that nothing is."""
    story.due_at = at
    touch(session, story, now)


def set_publish_at(session: Session, story: Story, publish: Moment, *, now: datetime) -> None:
    """Set when a story is to be published."""
    story.publish_at, story.publish_wall, story.publish_zone, story.publish_fold = _columns(publish)
    touch(session, story, now)


def set_embargo(session: Session, story: Story, embargo: Moment | None, *, now: datetime) -> None:
    """Set the desk's own embargo, or take it away."""
    story.embargo_at, story.embargo_wall, story.embargo_zone, story.embargo_fold = _columns(embargo)
    touch(session, story, now)


def forget_publish_at(session: Session, story: Story, *, now: datetime) -> None:
    """Take away the time of publication; an embargo stays."""
    story.publish_at, story.publish_wall, story.publish_zone, story.publish_fold = _columns(None)
    touch(session, story, now)


def set_release(session: Session, story: Story, at: datetime, *, now: datetime) -> None:
    """Set when a scheduled story, or one held while it was, goes out by itself."""
    story.release_at = at
    touch(session, story, now)


def prepare(session: Session, story: Story, *, cause: str, wrong: str, right: str, by: int | None) -> None:
    """Note what the next edition will be while the last one is out, and who prepares it."""
    story.next_cause, story.next_wrong, story.next_right, story.next_by_id = cause, wrong, right, by
    session.flush()


def forget_next(session: Session, story: Story) -> None:
    """Note that no edition is being prepared."""
    story.next_cause, story.next_wrong, story.next_right, story.next_by_id = None, "", "", None
    session.flush()


def add_edition(
    session: Session,
    story: Story,
    *,
    version_id: int,
    cause: str,
    by: int | None,
    wrong: str = "",
    right: str = "",
    why: str = "",
    now: datetime,
) -> Edition:
    """Freeze a version as the story's next edition; what was prepared, and the time asked for, are used up by it."""
    last = queries.current_edition(session, story.id)
    edition = Edition(
        public_id=chance.public_id(),
        story_id=story.id,
        number=last.number + 1 if last else 1,
        cause=cause,
        version_id=version_id,
        published_at=now,
        by_id=by,
        was_wrong=wrong,
        is_right=right,
        why=why,
    )
    session.add(edition)
    forget_next(session, story)
    forget_publish_at(session, story, now=now)
    return edition


def touch(session: Session, story: Story, now: datetime) -> None:
    """Note that what pages show of this story has changed, and flush, so that a lost race shows now."""
    story.changed_at = now
    session.flush()
    revisions.touch(session, "desk", story.desk_id)


def note_headline(story: Story, words: str) -> None:
    """Note the words of the newest headline over the main draft, by which the story is found. The caller flushes."""
    story.headline_words = words


def slug_taken(session: Session, desk_id: int, slug: str, day: str) -> bool:
    """Whether that desk has a story of this slug on that desk-local day (ISO date)."""
    same = select(Story.id).where(Story.desk_id == desk_id, Story.slug == slug, Story.slug_day == day)
    return session.scalar(same) is not None


def search_text(story: Story) -> str:
    """The tokens by which a story is found, blank-separated and blank-padded."""
    return f" {' '.join(tokens(' '.join([story.slug, story.title, *story.places])))} "


def _set_frame(story: Story, frame: Frame) -> None:
    story.slug, story.title, story.brief, story.places = frame.slug, frame.title, frame.brief, list(frame.places)
    story.zone, story.language, story.length = frame.zone, frame.language, frame.length
    story.search_text = search_text(story)


def _day(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


def _refuse_taken(session: Session, desk_id: int, slug: str, day: str, today: str) -> None:
    if not slug_taken(session, desk_id, slug, day):
        return
    others = (frames.other_slug(slug, n) for n in count(2))
    raise Invalid(
        _TAKEN_TODAY if day == today else _TAKEN_THAT_DAY,
        field="slug",
        slug=slug,
        day=day,
        other=next(other for other in others if not slug_taken(session, desk_id, other, day)),
    )


_TAKEN_TODAY = "The slug %(slug)s is already used on this desk today. Choose another, such as %(other)s."
_TAKEN_THAT_DAY = "The slug %(slug)s was used on this desk on %(day)s already. Choose another, such as %(other)s."


def _columns(moment: Moment | None) -> tuple[datetime | None, datetime | None, str | None, int | None]:
    return (moment.at, moment.wall, moment.zone, moment.fold) if moment else (None, None, None, None)
