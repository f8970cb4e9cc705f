"""The board: what is on, by deadline; what waits for me; the counts in the menu. Reads only, joined over features."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row as SqlRow
from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from desk.actor import Actor
from desk.assignments.models import Assignment, Offer
from desk.drafts.models import Draft, Version
from desk.newsroom import authorship
from desk.outbox.models import Delivery, Message
from desk.people import queries
from desk.people.models import Desk, Person
from desk.permissions import Facts, permits
from desk.stories.models import Edition, Story
from desk.stories.workflow import UNFINISHED
from desk.wires.models import Item, Source, Use

SOON = timedelta(hours=3)
MOST = 300
TO_APPROVE = ("filed", "editing")
WAITS = (*TO_APPROVE, "approved")
ON = ("open", "accepted", "reporting", "filed")


@dataclass(frozen=True, slots=True)
class Commission:
    """One assignment in a row: who has it, where they are, what they said."""

    public_id: str
    medium: str
    length: int | None
    state: str
    deadline_at: datetime
    name: str | None
    zone: str | None
    said: str | None
    offered: int


@dataclass(frozen=True, slots=True)
class Row:
    """A story on the board. `need` is true where the reader's move is next."""

    public_id: str
    slug: str
    headline: str
    places: Sequence[str]
    length: int | None
    state: str
    desk: str
    zone: str
    due_at: datetime | None
    release_at: datetime | None
    published_at: datetime | None
    edition: int | None
    cause: str | None
    version: int | None
    words: int | None
    filed_at: datetime | None
    saved_at: datetime | None
    commissions: Sequence[Commission]
    killed_wire: bool
    late: bool
    soon: bool
    need: bool

    @property
    def lead(self) -> Commission | None:
        """The commission that the row speaks of: the earliest that somebody has or is offered."""
        return self.commissions[0] if self.commissions else None


@dataclass(frozen=True, slots=True)
class Band:
    """Rows under one heading: late, desk (copy is in), soon, today, later, undated, held, out."""

    key: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the board."""

    desk: Desk | None
    desks: Sequence[Desk]
    bands: Sequence[Band]
    todos: Sequence[Row]
    wire: Sequence[SqlRow[Item, str]]
    zone: str
    view: str
    can_make: bool

    @property
    def empty(self) -> bool:
        """Whether there is nothing on it at all."""
        return not any(band.rows for band in self.bands)


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers in the menu."""

    desk: int
    mine: int
    waiting: int
    dead: int
    unread: int


def page(session: Session, actor: Actor, person: Person, *, desk: str | None, view: str | None, now: datetime) -> Board:
    """The board of one desk (by public id) or of all. Raises NotFound for an unknown desk."""
    desks = queries.desks(session)
    one = queries.desk(session, desk) if desk else None
    unfinished = (
        _stories()
        .where(Story.state.in_([*UNFINISHED, "held"]))
        .order_by(Story.due_at.is_(None), Story.due_at, Story.id)
    )
    out = _stories().where(Story.state.in_(["published", "killed"]), Story.changed_at > now - timedelta(hours=24))
    out = out.order_by(Story.changed_at.desc())
    if one:
        unfinished, out = unfinished.where(Story.desk_id == one.id), out.where(Story.desk_id == one.id)
    rows = _rows(session, actor, session.execute(unfinished.limit(MOST)).all(), now)
    done = _rows(session, actor, session.execute(out.limit(40)).all(), now)
    zone = one.zone if one else person.present_zone
    if view == "mine":
        rows = [row for row in rows if row.need]
    elif view == "nobody":
        rows = [row for row in rows if not any(c.name for c in row.commissions)]
    bands = _by_state(rows, done) if view == "state" else _by_deadline(rows, done, now, zone)
    return Board(
        desk=one,
        desks=desks,
        bands=bands,
        todos=[row for row in rows if row.need][:8],
        wire=newest_wire(session, 8),
        zone=zone,
        view=view or "deadline",
        can_make=any(permits(actor, "story.make", Facts(d.id)) for d in desks),
    )


def waiting(session: Session, actor: Actor, now: datetime) -> list[Row]:
    """Stories whose next move is this actor's, the longest waiting first."""
    wanted = _stories().where(Story.state.in_([*WAITS, "commissioned"])).order_by(Story.due_at.is_(None), Story.due_at)
    needed = [row for row in _rows(session, actor, session.execute(wanted.limit(MOST)).all(), now) if row.need]
    return sorted(needed, key=lambda row: row.filed_at or row.saved_at or now)


def newest_wire(session: Session, most: int) -> Sequence[SqlRow[Item, str]]:
    """The newest wire items with their source's name."""
    newest = select(Item, Source.name).join(Source, Source.id == Item.source_id).where(Item.superseded_at.is_(None))
    return session.execute(newest.order_by(Item.at.desc(), Item.id.desc()).limit(most)).all()


def standing_on(story_ids: Sequence[int]) -> Select[Item, int]:
    """The wire items that stories stand on, as they are now: the newest revision of what was used, with the story."""
    used = aliased(Item)
    return (
        select(Item, Use.story_id)
        .join(used, and_(used.source_id == Item.source_id, used.guid == Item.guid))
        .join(Use, Use.item_id == used.id)
        .where(Use.story_id.in_(story_ids), Item.superseded_at.is_(None))
    )


def counts(session: Session, actor: Actor) -> Counts:
    """The numbers in the menu, in a few small queries."""
    mine = select(func.count()).where(Assignment.assignee_id == actor.person_id, Assignment.state.in_(ON))
    offered = select(func.count()).where(Offer.person_id == actor.person_id, Offer.state == "made")
    unread = select(func.count()).where(
        Message.recipient_kind == "person", Message.recipient_id == actor.person_id, Message.seen_at.is_(None),
        Message.cancelled_at.is_(None), Message.kind.not_in(["invite", "reset"]),
    )  # fmt: skip
    desk = select(func.count()).where(Story.state.in_([*UNFINISHED, "held"]))
    to_approve = (
        select(Story)
        .join(Draft, and_(Draft.story_id == Story.id, Draft.is_main, Draft.last_n > 0))
        .where(Story.state.in_(TO_APPROVE), Story.desk_id.in_(actor.desks("editor", "approver")))
    )
    to_publish = select(func.count()).where(Story.state == "approved", Story.desk_id.in_(actor.desks("editor")))
    filed = session.scalars(to_approve).all() if actor.roles else []
    others = len(filed) - len(authorship.own_copies(session, actor, filed))
    dead = select(func.count()).where(Delivery.state.in_(["dead", "parked"]))
    return Counts(
        desk=session.scalar(desk) or 0,
        mine=(session.scalar(mine) or 0) + (session.scalar(offered) or 0),
        waiting=others + (session.scalar(to_publish) or 0),
        dead=session.scalar(dead) or 0,
        unread=session.scalar(unread) or 0,
    )


def clocks(session: Session, person: Person) -> list[str]:
    """The zones of the clocks over the page: the reader's, then the desks', each once, at most five."""
    return list(dict.fromkeys([person.present_zone, *(desk.zone for desk in queries.desks(session))]))[:5]


def _stories() -> Select[Story, str, str]:
    return select(Story, Desk.name, Desk.zone).join(Desk, Desk.id == Story.desk_id)


def _rows(session: Session, actor: Actor, found: Sequence[SqlRow[Story, str, str]], now: datetime) -> list[Row]:
    ids = [story.id for story, _, _ in found]
    commissions = _commissions(session, ids)
    versions = _latest(session, ids)
    editions = _editions(session, ids)
    killed = set(session.scalars(standing_on(ids).where(Item.pubstatus == "canceled").with_only_columns(Use.story_id)))
    own = authorship.own_copies(session, actor, [story for story, _, _ in found if story.state in TO_APPROVE])
    rows = []
    for story, desk, zone in found:
        facts = Facts(story.desk_id)
        version = versions.get(story.id)
        edition = editions.get(story.id)
        unfinished = story.state in UNFINISHED
        waits_approval = story.state in TO_APPROVE and version is not None and story.id not in own
        need = (waits_approval and permits(actor, "copy.approve", facts)) or (
            story.state == "approved" and permits(actor, "story.publish", facts)
        )
        open_due = story.due_at if story.state in ("pitched", "commissioned", "reporting") else None
        ahead = story.release_at if story.state == "scheduled" else story.due_at
        rows.append(
            Row(
                public_id=story.public_id,
                slug=story.slug,
                headline=(version.headline if version and version.headline else story.title),
                places=story.places,
                length=story.length,
                state=story.state,
                desk=desk,
                zone=zone,
                due_at=story.due_at,
                release_at=story.release_at,
                published_at=edition.published_at if edition else None,
                edition=edition.number if edition else None,
                cause=edition.cause if edition else None,
                version=version.n if version else None,
                words=version.words if version else None,
                filed_at=version.filed_at if version else None,
                saved_at=version.at if version else None,
                commissions=commissions[story.id],
                killed_wire=story.id in killed,
                late=open_due is not None and open_due < now,
                soon=unfinished and ahead is not None and now <= ahead <= now + SOON,
                need=need,
            )
        )
    return rows


def _commissions(session: Session, story_ids: Sequence[int]) -> dict[int, list[Commission]]:
    offers = (
        select(Offer.assignment_id, func.count().label("n"))
        .where(Offer.state == "made")
        .group_by(Offer.assignment_id)
        .subquery()
    )
    wanted = (
        select(Assignment, Person.name, Person.present_zone, func.coalesce(offers.c.n, 0))
        .outerjoin(Person, Person.id == Assignment.assignee_id)
        .outerjoin(offers, offers.c.assignment_id == Assignment.id)
        .where(Assignment.story_id.in_(story_ids), Assignment.state != "cancelled")
        .order_by(Assignment.deadline_at, Assignment.id)
    )
    found: dict[int, list[Commission]] = defaultdict(list)
    for row, name, zone, offered in session.execute(wanted):
        found[row.story_id].append(
            Commission(row.public_id, row.medium, row.length, row.state, row.deadline_at, name, zone, row.said, offered)
        )
    return found


def _latest(session: Session, story_ids: Sequence[int]) -> dict[int, Version]:
    newest = select(Draft.story_id, Version).join(
        Version, and_(Version.draft_id == Draft.id, Version.n == Draft.last_n)
    )
    found = session.execute(newest.where(Draft.story_id.in_(story_ids), Draft.is_main))
    return {row[0]: row[1] for row in found}


def _editions(session: Session, story_ids: Sequence[int]) -> dict[int, Edition]:
    last = select(Edition).where(Edition.story_id.in_(story_ids)).order_by(Edition.number)
    return {edition.story_id: edition for edition in session.scalars(last)}


def _by_deadline(rows: Sequence[Row], done: Sequence[Row], now: datetime, zone: str) -> list[Band]:
    today = now.astimezone(ZoneInfo(zone)).date()
    bands: dict[str, list[Row]] = {key: [] for key in ("late", "desk", "soon", "today", "later", "undated", "held")}
    for row in rows:
        at = row.release_at if row.state == "scheduled" else row.due_at
        if row.state == "held":
            key = "held"
        elif row.state in WAITS:
            key = "desk"
        elif at is None:
            key = "undated"
        elif at < now:
            key = "late" if row.late else "soon"
        elif at <= now + SOON:
            key = "soon"
        else:
            key = "today" if at.astimezone(ZoneInfo(zone)).date() == today else "later"
        bands[key].append(row)
    bands["desk"].sort(key=lambda row: row.filed_at or row.saved_at or now)
    for key in ("soon", "today", "later"):
        bands[key].sort(key=lambda row: (row.release_at if row.state == "scheduled" else row.due_at) or now)
    return [*(Band(key, found) for key, found in bands.items() if found), *([Band("out", done)] if done else [])]


def _by_state(rows: Sequence[Row], done: Sequence[Row]) -> list[Band]:
    bands: dict[str, list[Row]] = {state: [] for state in [*UNFINISHED, "held"]}
    for row in rows:
        bands[row.state].append(row)
    return [*(Band(key, found) for key, found in bands.items() if found), *([Band("out", done)] if done else [])]
