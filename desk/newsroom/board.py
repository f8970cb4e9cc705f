"""The board: what is on, by deadline, and what waits for me. Reads only, joined over features.

A board reads a narrow row of every story that is not finished, parts these by band, and reads only what it shows: its
cost goes by what is on, not by the archive. What waits for the reader is always shown; of the rest, each band shows
so many and says how many it does not.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy import Row as SqlRow
from sqlalchemy.orm import Session, aliased, load_only

from desk.actor import Actor
from desk.assignments import workflow as assignments
from desk.assignments.models import Assignment, Offer
from desk.drafts.models import Draft, Version
from desk.newsroom import authorship, reminding, returning
from desk.newsroom.bands import A_DAY, BANDS, GONE_OUT, SOON, TO_APPROVE, UNFILED, WAITS, band_of, tomorrow
from desk.people import queries
from desk.people.models import Desk, Person
from desk.permissions import Facts, permits
from desk.stories.models import ON_BOARD, Edition, Story
from desk.stories.workflow import UNFINISHED
from desk.wires.models import Item, Source, Use

A_BAND = 40
OUT = 40
TODOS = 8


@dataclass(frozen=True, slots=True)
class Commission:
    """One assignment in a row: who has it, where they are, what they said; or who left it unfiled, being shut out."""

    public_id: str
    medium: str
    length: int | None
    state: str
    deadline_at: datetime
    name: str | None
    zone: str | None
    said: str | None
    offered: int
    left_by: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A story on the board. `need` is true where the reader's move is next; `told` are those who were reminded that it
    is late; `embargo_at` is the last of its embargoes, where that is ahead, `publish_at` the time it was set for."""

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
    embargo_at: datetime | None
    publish_at: datetime | None
    published_at: datetime | None
    edition: int | None
    cause: str | None
    version: int | None
    words: int | None
    filed_at: datetime | None
    saved_at: datetime | None
    commissions: Sequence[Commission]
    killed_wire: bool
    returned: bool
    late: bool
    told: Sequence[str]
    soon: bool
    need: bool

    @property
    def lead(self) -> Commission | None:
        """The commission that the row speaks of: one that was left behind, else the earliest."""
        left = (of for of in self.commissions if of.left_by)
        return next(left, self.commissions[0]) if self.commissions else None


@dataclass(frozen=True, slots=True)
class Band:
    """Rows under one heading, a band of the board or a state; `rest` is how many more there are than are shown."""

    key: str
    rows: Sequence[Row]
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the board. `todos` are the first of the stories that wait for the reader, `waiting` how many do."""

    desk: Desk | None
    desks: Sequence[Desk]
    bands: Sequence[Band]
    todos: Sequence[Row]
    waiting: int
    wire: Sequence[SqlRow[Item, str]]
    zone: str
    view: str
    can_make: bool

    @property
    def empty(self) -> bool:
        """Whether there is nothing on it at all."""
        return not any(band.rows for band in self.bands)


class _Key(NamedTuple):
    """The narrow row by which a story finds its place."""

    id: int
    state: str
    desk_id: int
    due_at: datetime | None
    release_at: datetime | None

    @property
    def at(self) -> datetime | None:
        return self.release_at if self.state == "scheduled" else self.due_at


def page(session: Session, actor: Actor, person: Person, *, desk: str | None, view: str | None, now: datetime) -> Board:
    """The board of one desk (by public id) or of all. Raises NotFound for an unknown desk."""
    desks = queries.desks(session)
    one = queries.desk(session, desk) if desk else None
    zone = one.zone if one else person.present_zone
    mine = [key for key in _keys(session, Story.state.in_(WAITS)) if _may_need(actor, key)]
    here = [Story.desk_id == one.id] if one else []
    if view == "mine":
        seen = [key for key in mine if one is None or key.desk_id == one.id]
    else:
        seen = _keys(session, *here, *([nobody_has()] if view == "nobody" else []))
    picked, rest = _pick(seen, {key.id for key in mine}, _parting(view, now, zone))
    out, more_out = ([], 0) if view in ("mine", "nobody") else _gone_out(session, one, now)
    rows = _rows(
        session, actor, {key.id for key in mine} | {id_ for ids in picked.values() for id_ in ids} | {*out}, now
    )
    todos = _longest_waiting([row for key in mine if (row := rows[key.id]).need], now)
    bands = [Band(key, _ordered(key, [rows[id_] for id_ in ids], now), rest[key]) for key, ids in picked.items()]
    if view == "mine":
        bands = [Band(band.key, needed) for band in bands if (needed := [row for row in band.rows if row.need])]
    if out:
        bands.append(Band("out", [rows[id_] for id_ in out], more_out))
    return Board(
        desk=one,
        desks=desks,
        bands=bands,
        todos=todos[:TODOS],
        waiting=len(todos),
        wire=newest_wire(session, 8),
        zone=zone,
        view=view or "deadline",
        can_make=any(permits(actor, "story.make", Facts(d.id)) for d in desks),
    )


def waiting(session: Session, actor: Actor, now: datetime) -> list[Row]:
    """Stories whose next move is this actor's, the longest waiting first."""
    mine = [key.id for key in _keys(session, Story.state.in_(WAITS)) if _may_need(actor, key)]
    return _longest_waiting([row for row in _rows(session, actor, mine, now).values() if row.need], now)


def nobody_has() -> ColumnElement[bool]:
    """Whether nobody has an assignment of the story, or who had one is shut out and left it unfiled."""
    has = select(Assignment.id).where(Assignment.story_id == Story.id, Assignment.state != "cancelled")
    has = has.join(Person, Person.id == Assignment.assignee_id)
    return ~has.exists() | has.where(_LEFT).exists()


def newest_wire(session: Session, most: int) -> Sequence[SqlRow[Item, str]]:
    """The newest wire items with their source's name."""
    newest = select(Item, Source.name).join(Source, Source.id == Item.source_id).where(Item.superseded_at.is_(None))
    return session.execute(newest.order_by(Item.at.desc(), Item.id.desc()).limit(most)).all()


def standing_on(story_ids: Collection[int]) -> Select[Item, int]:
    """The wire items that stories stand on, as they are now: the newest revision of what was used, with the story."""
    used = aliased(Item)
    return (
        select(Item, Use.story_id)
        .join(used, and_(used.source_id == Item.source_id, used.guid == Item.guid))
        .join(Use, Use.item_id == used.id)
        .where(Use.story_id.in_(story_ids), Item.superseded_at.is_(None))
    )


def _keys(session: Session, *only: ColumnElement[bool]) -> list[_Key]:
    """What is on the board, the most urgent first."""
    wanted = select(Story.id, Story.state, Story.desk_id, Story.due_at, Story.release_at).where(ON_BOARD, *only)
    keys = [_Key(*row) for row in session.execute(wanted)]
    return sorted(keys, key=lambda key: (key.at is None, key.at or key.id, key.id))


def _may_need(actor: Actor, key: _Key) -> bool:
    """Whether the next move may be the actor's: it is, unless the copy is their own or there is none."""
    facts = Facts(key.desk_id)
    if key.state in TO_APPROVE:
        return permits(actor, "copy.approve", facts)
    return key.state == "approved" and permits(actor, "story.publish", facts)


def _parting(view: str | None, now: datetime, zone: str) -> Callable[[_Key], str]:
    if view == "state":
        return lambda key: key.state
    midnight = tomorrow(now, zone)
    return lambda key: band_of(key.state, key.due_at, key.release_at, now, midnight)


def _pick(
    keys: Iterable[_Key], mine: Collection[int], band: Callable[[_Key], str]
) -> tuple[dict[str, list[int]], dict[str, int]]:
    """By band the ids to show, and how many more there are. Of what is late the latest, else the most urgent."""
    found: dict[str, list[int]] = defaultdict(list)
    for key in keys:
        found[band(key)].append(key.id)
    picked, rest = {}, {}
    for name in sorted(found, key=(*BANDS[:-2], *UNFINISHED, "held").index):
        ids = found[name]
        others = [id_ for id_ in ids if id_ not in mine]
        shown = {*(others[-A_BAND:] if name == "late" else others[:A_BAND])}
        picked[name] = [id_ for id_ in ids if id_ in mine or id_ in shown]
        rest[name] = len(others) - len(shown)
    return picked, rest


def _gone_out(session: Session, desk: Desk | None, now: datetime) -> tuple[list[int], int]:
    """What went out or was killed in the last day, the newest first, and how many more."""
    out = select(Story.id).where(Story.state.in_(GONE_OUT), Story.changed_at > now - A_DAY)
    if desk:
        out = out.where(Story.desk_id == desk.id)
    ids = session.scalars(out.order_by(Story.changed_at.desc(), Story.id.desc())).all()
    return list(ids[:OUT]), max(len(ids) - OUT, 0)


def _ordered(band: str, rows: Sequence[Row], now: datetime) -> Sequence[Row]:
    """Where copy is in, first what the reader can move, then what others must; each the longest waiting first."""
    return sorted(_longest_waiting(rows, now), key=lambda row: not row.need) if band == "desk" else rows


def _longest_waiting(rows: Sequence[Row], now: datetime) -> list[Row]:
    return sorted(rows, key=lambda row: row.filed_at or row.saved_at or now)


def _rows(session: Session, actor: Actor, ids: Collection[int], now: datetime) -> dict[int, Row]:
    wanted = select(Story, Desk.name, Desk.zone).join(Desk, Desk.id == Story.desk_id).where(Story.id.in_(ids))
    found = session.execute(wanted.options(load_only(*_SHOWN))).all() if ids else []
    commissions, versions, editions = _commissions(session, ids), _latest(session, ids), _editions(session, ids)
    wires = _wires(session, ids, now)
    returned = returning.of_stories(session, [story for story, _, _ in found])
    mine = [story for story, _, _ in found if permits(actor, "copy.approve", Facts(story.desk_id))]
    own = authorship.own_copies(session, actor, [story for story in mine if story.state in TO_APPROVE])
    late = {story.id for story, _, _ in found if story.state in UNFILED and story.due_at and story.due_at < now}
    told = reminding.told_late(session, late, now)
    rows = {}
    for story, desk, zone in found:
        facts = Facts(story.desk_id)
        version, edition = versions.get(story.id), editions.get(story.id)
        waits_approval = story.state in TO_APPROVE and version is not None and story.id not in own
        need = (waits_approval and permits(actor, "copy.approve", facts)) or (
            story.state == "approved" and permits(actor, "story.publish", facts)
        )
        embargoes = [at for at in (story.embargo_at, wires[story.id].embargo_at) if at is not None and at > now]
        ahead = story.release_at if story.state == "scheduled" else story.due_at
        rows[story.id] = Row(
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
            embargo_at=max(embargoes, default=None),
            publish_at=story.publish_at,
            published_at=edition.published_at if edition else None,
            edition=edition.number if edition else None,
            cause=edition.cause if edition else None,
            version=version.n if version else None,
            words=version.words if version else None,
            filed_at=version.filed_at if version else None,
            saved_at=version.at if version else None,
            commissions=commissions[story.id],
            killed_wire=wires[story.id].killed,
            returned=story.id in returned,
            late=story.id in late,
            told=told.get(story.id, ()),
            soon=story.state in UNFINISHED and ahead is not None and now <= ahead <= now + SOON,
            need=need,
        )
    return rows


_SHOWN = (
    Story.public_id, Story.slug, Story.title, Story.places, Story.length, Story.state, Story.desk_id, Story.due_at,
    Story.release_at, Story.embargo_at, Story.publish_at, Story.next_by_id,
)  # fmt: skip


class _Wires(NamedTuple):
    """What a row says of the wire copy under it: whether any was killed, and the last embargo ahead."""

    killed: bool = False
    embargo_at: datetime | None = None


class _Copy(NamedTuple):
    """What a row says of the newest version."""

    n: int
    headline: str
    words: int
    filed_at: datetime | None
    at: datetime


_LEFT = and_(Assignment.state.in_(assignments.UNFILED), Person.disabled_at.is_not(None))


def _commissions(session: Session, story_ids: Collection[int]) -> dict[int, list[Commission]]:
    offers = (
        select(Offer.assignment_id, func.count().label("n"))
        .join(Assignment, Assignment.id == Offer.assignment_id)
        .where(Offer.state == "made", Assignment.story_id.in_(story_ids))
        .group_by(Offer.assignment_id)
        .subquery()
    )
    wanted = (
        select(Assignment, Person.name, Person.present_zone, func.coalesce(offers.c.n, 0), _LEFT)
        .outerjoin(Person, Person.id == Assignment.assignee_id)
        .outerjoin(offers, offers.c.assignment_id == Assignment.id)
        .where(Assignment.story_id.in_(story_ids), Assignment.state != "cancelled")
        .order_by(Assignment.deadline_at, Assignment.id)
    )
    found: dict[int, list[Commission]] = defaultdict(list)
    for row, name, zone, offered, left in session.execute(wanted):
        one = Commission(
            row.public_id, row.medium, row.length, row.state, row.deadline_at, name, zone, row.said, offered, None
        )  # fmt: skip
        found[row.story_id].append(replace(one, name=None, zone=None, left_by=name) if left else one)
    return found


def _wires(session: Session, story_ids: Collection[int], now: datetime) -> dict[int, _Wires]:
    said = standing_on(story_ids).where((Item.pubstatus == "canceled") | (Item.embargo_at > now))
    found: dict[int, _Wires] = defaultdict(_Wires)
    for story_id, status, at in session.execute(said.with_only_columns(Use.story_id, Item.pubstatus, Item.embargo_at)):
        was = found[story_id]
        times = [time for time in (was.embargo_at, at) if time is not None]
        found[story_id] = _Wires(was.killed or status == "canceled", max(times, default=None))
    return found


def _latest(session: Session, story_ids: Collection[int]) -> dict[int, _Copy]:
    newest = (
        select(Draft.story_id, Version.n, Version.headline, Version.words, Version.filed_at, Version.at)
        .join(Version, and_(Version.draft_id == Draft.id, Version.n == Draft.last_n))
        .where(Draft.story_id.in_(story_ids), Draft.is_main)
    )
    return {row[0]: _Copy(*row[1:]) for row in session.execute(newest)}


def _editions(session: Session, story_ids: Collection[int]) -> dict[int, Edition]:
    last = select(Edition).where(Edition.story_id.in_(story_ids)).order_by(Edition.number)
    return {edition.story_id: edition for edition in session.scalars(last)}
