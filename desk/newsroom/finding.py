"""Finding: stories by words of slug, title, places and headline, by person, state, desk and date, the archive included;
people by their names and titles; what the wires sent by its words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, select, union
from sqlalchemy.orm import Session

from desk import search
from desk.actor import Actor
from desk.assignments.models import Assignment, Offer
from desk.drafts.models import Draft, Version
from desk.errors import Invalid
from desk.newsroom.bands import BANDS, in_band, tomorrow
from desk.newsroom.board import nobody_has
from desk.people import queries
from desk.people.models import Desk, Person
from desk.permissions import permits, require
from desk.search import Run
from desk.stories.models import STATES, Story
from desk.text import plain_text, tokens
from desk.wires import queries as wires
from desk.wires.models import Item

A_PAGE = 50
MOST_PAGES = 100_000
A_SECTION = 8
NOBODY = "nobody"
DAY = timedelta(days=1)
DAYS = (date.min + 2 * DAY, date.max - 3 * DAY)  # whose midnights are instants in every zone


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; all of it must hold. Days are those of `zone`; a band goes by the clock of the desk, if named.

    `person` is a public id, or NOBODY for what nobody has; `state` a state of a story, or a band of the board.
    """

    words: str = ""
    person: str = ""
    state: str = ""
    desk: str = ""
    since: date | None = None
    until: date | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Hit:
    """A story that was found, with its present headline. What was sought is marked in `slug`, `shown` (the headline)
    and `places`; `why` is where else it stands."""

    story: Story
    desk: str
    headline: str
    slug: Sequence[Run]
    shown: Sequence[Run]
    places: Sequence[Run]
    why: Sequence[Sequence[Run]]


@dataclass(frozen=True, slots=True)
class WireHit:
    """A wire item that was found and the name of its source, with marks as a `Hit` has them."""

    item: Item
    source: str
    shown: Sequence[Run]
    why: Sequence[Sequence[Run]]


def find(session: Session, actor: Actor, wanted: Wanted, *, now: datetime, page: int = 1) -> tuple[Sequence[Hit], bool]:
    """Newest first, one page of hits and whether there are more. Nobody finds what they may not read."""
    require(actor, "story.find")
    clauses = [search.matches(session, wanted.words, Story), *_filters(session, wanted, now)]
    if not permits(actor, "story.read"):
        clauses.append(Story.id.in_(_theirs(actor.id)))
    newest = (Story.changed_at.desc(), Story.id.desc())
    start = (min(max(page, 1), MOST_PAGES) - 1) * A_PAGE
    # which ones first, by themselves: what a hit shows is then read for one page of them
    ids = session.scalars(select(Story.id).where(*clauses).order_by(*newest).offset(start).limit(A_PAGE + 1)).all()
    shown = (
        select(Story, Desk.name, Version.headline)
        .join(Desk, Desk.id == Story.desk_id)
        .outerjoin(Draft, and_(Draft.story_id == Story.id, Draft.is_main))
        .outerjoin(Version, and_(Version.draft_id == Draft.id, Version.n == Draft.last_n))
        .where(Story.id.in_(ids[:A_PAGE]))
    )
    words = search.parse(wanted.words)
    hits = {
        story.id: _hit(story, desk, headline or story.title, words) for story, desk, headline in session.execute(shown)
    }
    return [hits[id_] for id_ in ids[:A_PAGE]], len(ids) > A_PAGE


def people(session: Session, actor: Actor, words: str) -> Sequence[Person]:
    """The first of those whose name or title has these words, by name; nobody for no words."""
    require(actor, "people.read")
    wanted = search.parse(words)
    return [one for one in queries.everybody(session) if wanted and _called(one, wanted)][:A_SECTION]


def wire(session: Session, actor: Actor, words: str) -> Sequence[WireHit]:
    """The newest wire items with these words, one more than are to be shown."""
    require(actor, "wire.read")
    if not (wanted := search.parse(words)):
        return []
    items = wires.items(session, words=words, limit=A_SECTION + 1)
    bodies = wires.bodies(session, [item.id for item, _source in items])
    return [_wire_hit(item, source, bodies[item.id], wanted) for item, source in items]


def _hit(story: Story, desk: str, headline: str, words: Sequence[str]) -> Hit:
    places = "/".join(story.places).upper()
    slug, shown, named = (search.marked(one, words) for one in (story.slug, headline, places))
    why = _why([story.title], words, f"{story.slug} {headline} {places}")
    return Hit(story, desk, headline, slug, shown, named, why)


def _wire_hit(item: Item, source: str, body: str, words: Sequence[str]) -> WireHit:
    others = (plain_text(body), item.byline or "", ", ".join(item.places))
    return WireHit(item, source, search.marked(item.headline, words), _why(others, words, item.headline))


def _why(texts: Iterable[str], words: Sequence[str], seen: str) -> list[list[Run]]:
    """Passages of these texts, in their order, with the words that can't be `seen` already."""
    left = set(words) - search.has(seen, words)
    why: list[list[Run]] = []
    for one in texts:
        if left and (passage := search.passage(one, left)):
            why.append(passage)
            left -= search.has(one, left)
    return why


def _called(person: Person, words: Sequence[str]) -> bool:
    called = tokens(f"{person.name} {person.title}")
    return all(any(token.startswith(word) for token in called) for word in words)


def _filters(session: Session, wanted: Wanted, now: datetime) -> Iterator[ColumnElement[bool]]:
    desk = queries.desk(session, wanted.desk) if wanted.desk else None
    zone = desk.zone if desk else wanted.zone
    if desk:
        yield Story.desk_id == desk.id
    if wanted.person == NOBODY:
        yield nobody_has()
    elif wanted.person:
        yield Story.id.in_(_worked_on(queries.person(session, wanted.person).id))
    if wanted.state in STATES:
        yield Story.state == wanted.state
    elif wanted.state in BANDS:
        yield in_band(wanted.state, now, tomorrow(now, zone))
    elif wanted.state:
        raise Invalid("There is no state called %(state)s.", field="state", state=wanted.state)
    if wanted.since:
        yield Story.changed_at >= _midnight(wanted.since, wanted.zone)
    if wanted.until:
        yield Story.changed_at < _midnight(wanted.until, wanted.zone, after=DAY)


def _theirs(person_id: int) -> CompoundSelect[int]:
    """What somebody without a desk may read: what they have or had, and what is on offer to them."""
    had = select(Assignment.story_id).where(Assignment.assignee_id == person_id, Assignment.state != "cancelled")
    return union(had, _offered(person_id, "made"))


def _worked_on(person_id: int) -> CompoundSelect[int]:
    mine = select(Assignment.story_id).where(Assignment.assignee_id == person_id)
    wrote = select(Draft.story_id).join(Version, Version.draft_id == Draft.id).where(Version.author_id == person_id)
    made = select(Story.id).where(Story.made_by == person_id)
    return union(mine, _offered(person_id, "made", "accepted"), wrote, made)


def _offered(person_id: int, *states: str) -> Select[int]:
    offered = select(Assignment.story_id).join(Offer, Offer.assignment_id == Assignment.id)
    return offered.where(Offer.person_id == person_id, Offer.state.in_(states))


def _midnight(day: date, zone: str, *, after: timedelta = timedelta(0)) -> datetime:
    """The instant at which that day begins there, or the one that many days after it."""
    day = min(max(day, DAYS[0]), DAYS[1]) + after
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
