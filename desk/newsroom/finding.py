"""Finding stories: by words of slug, title and headline, by person, state, desk and date, the archive included."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments.models import Assignment, Offer
from desk.drafts.models import Draft, Version
from desk.errors import Invalid
from desk.people import queries
from desk.people.models import Desk
from desk.permissions import permits, require
from desk.search.parsing import matches, parse
from desk.stories.models import STATES, Story

A_PAGE = 50
MOST_PAGES = 100_000
DAY = timedelta(days=1)
DAYS = (date.min + 2 * DAY, date.max - 3 * DAY)  # whose midnights are instants in every zone


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; all of it must hold. Days are those of `zone`."""

    words: str = ""
    person: str = ""
    state: str = ""
    desk: str = ""
    since: date | None = None
    until: date | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Hit:
    """A story that was found, with its present headline."""

    story: Story
    desk: str
    headline: str


def find(session: Session, actor: Actor, wanted: Wanted, *, page: int = 1) -> tuple[Sequence[Hit], bool]:
    """Newest first, one page of hits and whether there are more. Nobody finds what they may not read."""
    require(actor, "story.find")
    text = func.coalesce(Version.search_text, "")
    found = (
        select(Story, Desk.name, Version.headline)
        .join(Desk, Desk.id == Story.desk_id)
        .outerjoin(Draft, and_(Draft.story_id == Story.id, Draft.is_main))
        .outerjoin(Version, and_(Version.draft_id == Draft.id, Version.n == Draft.last_n))
        .where(matches(parse(wanted.words), (Story.search_text, text)))
        .order_by(Story.changed_at.desc(), Story.id.desc())
    )
    if not permits(actor, "story.read"):
        found = found.where(_theirs(actor.id))
    if wanted.person:
        found = found.where(_worked_on(queries.person(session, wanted.person).id))
    if wanted.state:
        if wanted.state not in STATES:
            raise Invalid("There is no state called %(state)s.", field="state", state=wanted.state)
        found = found.where(Story.state == wanted.state)
    if wanted.desk:
        found = found.where(Story.desk_id == queries.desk(session, wanted.desk).id)
    if wanted.since:
        found = found.where(Story.changed_at >= _midnight(wanted.since, wanted.zone))
    if wanted.until:
        found = found.where(Story.changed_at < _midnight(wanted.until, wanted.zone, after=DAY))
    rows = session.execute(found.offset((min(max(page, 1), MOST_PAGES) - 1) * A_PAGE).limit(A_PAGE + 1)).all()
    hits = [Hit(story, desk, headline or story.title) for story, desk, headline in rows[:A_PAGE]]
    return hits, len(rows) > A_PAGE


def _theirs(person_id: int) -> ColumnElement[bool]:
    """What somebody without a desk may read: what they have or had, and what is on offer to them."""
    had = select(Assignment.story_id).where(Assignment.assignee_id == person_id, Assignment.state != "cancelled")
    offered = select(Assignment.story_id).join(Offer, Offer.assignment_id == Assignment.id)
    return or_(Story.id.in_(had), Story.id.in_(offered.where(Offer.person_id == person_id, Offer.state == "made")))


def _worked_on(person_id: int) -> ColumnElement[bool]:
    mine = select(Assignment.story_id).where(Assignment.assignee_id == person_id)
    offered = select(Assignment.story_id).join(Offer, Offer.assignment_id == Assignment.id)
    wrote = select(Draft.story_id).join(Version, Version.draft_id == Draft.id)
    return or_(
        Story.id.in_(mine),
        Story.id.in_(offered.where(Offer.person_id == person_id, Offer.state.in_(["made", "accepted"]))),
        Story.id.in_(wrote.where(Version.author_id == person_id)),
        Story.made_by == person_id,
    )


def _midnight(day: date, zone: str, *, after: timedelta = timedelta(0)) -> datetime:
    """The instant at which that day begins there, or the one that many days after it."""
    day = min(max(day, DAYS[0]), DAYS[1]) + after
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
