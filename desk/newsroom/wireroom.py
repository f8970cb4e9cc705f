"""All that the wire's pages show, read over the wire's tables and the stories that stand on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from desk import text
from desk.actor import Actor
from desk.people import queries as people
from desk.people.models import Desk
from desk.permissions import Facts, permits, require
from desk.search import matches
from desk.stories.models import Story
from desk.stories.workflow import UNFINISHED
from desk.text import Change
from desk.wires import queries, rules
from desk.wires.models import Intake, Item, Source, Use

A_PAGE = 60
ASIDE = 30
A_CHOICE = 40
FRESH = timedelta(minutes=15)
FIRST: tuple[rules.Health, ...] = ("failing", "overdue", "warned", "well", "stopped")  # in the list of sources


@dataclass(frozen=True, slots=True)
class Standing:
    """A source and how it is doing."""

    source: Source
    health: rules.Health


@dataclass(frozen=True, slots=True)
class StoryOffer:
    """The story that one press makes of an item."""

    slug: str
    title: str
    places: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item with its revisions (first to last), what changed since the one before (the headline,
    then each paragraph), and our stories on it; `own` is the desk on which the reader would open one, and `offer` that
    story."""

    item: Item
    source: Source
    revisions: Sequence[Item]
    changes: Sequence[Sequence[Change]]
    stories: Sequence[Story]
    desks: Sequence[Desk]
    own: Desk | None
    offer: StoryOffer

    @property
    def last(self) -> Item:
        """The revision that stands."""
        return self.revisions[-1]

    @property
    def killed(self) -> bool:
        """Whether the agency has withdrawn it for good."""
        return self.last.pubstatus == "canceled"


@dataclass(frozen=True, slots=True)
class Choice:
    """The stories in which an item may be used now, the last changed first, each with its desk's name; `more` were
    found than are shown. `standing` are those that stand on it already."""

    item: Item
    source: Source
    words: str
    stories: Sequence[Row[Story, str]]
    standing: frozenset[int]
    more: bool


@dataclass(frozen=True, slots=True)
class WireRoom:
    """The wire, newest first; beside it what asks for care; which items stand in stories of ours; one item opened.

    By item: `leads` is what it begins with, `offers` the story that the reader may make of it: by one press where it is
    clear on which desk, which is `own`.
    """

    standings: Sequence[Standing]
    items: Sequence[Row[Item, str]]
    changed: Sequence[Row[Item, str]]
    slugs: dict[int, str]
    leads: dict[int, str]
    offers: dict[int, StoryOffer]
    own: Desk | None
    fresh_since: datetime
    more: str | None
    opened: ItemPage | None


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """Every source, those in trouble first; what came last that could not be read; the sources that were removed."""

    standings: Sequence[Standing]
    removed: Sequence[Source]
    unreadable: Sequence[Row[Intake, Source]]


def room(
    session: Session, actor: Actor, *, source: str, words: str, before: str, opened: str, now: datetime
) -> WireRoom:
    """The wire room: of one source or all, with `words` in it, older than the item `before`; ids are public ones."""
    found = queries.items(session, source or None, words, before or None, A_PAGE + 1)
    items = found[:A_PAGE]
    changed = queries.items(session, source or None, words, limit=ASIDE, changed=now) if not before else []
    shown = {item.id: item for item, _ in (*items, *changed)}
    begun = queries.beginnings(session, list(shown))
    slugs = _slugs(session, actor, list(shown.values()))
    desks = _desks(session, actor)
    return WireRoom(
        standings=standings(session, now),
        items=items,
        changed=changed,
        slugs=slugs,
        leads={id_: rules.lead(beginning) for id_, (beginning, _) in begun.items()},
        offers={
            id_: _offer(shown[id_], fields, beginning)
            for id_, (beginning, fields) in begun.items()
            if desks and id_ not in slugs and shown[id_].pubstatus == "usable" and shown[id_].headline
        },
        own=_own(session, actor, desks),
        fresh_since=now - FRESH,
        more=items[-1][0].public_id if len(found) > A_PAGE else None,
        opened=page(session, actor, opened) if opened else None,
    )


def page(session: Session, actor: Actor, public_id: str) -> ItemPage:
    """One item, in the revision of that public id. Raises NotFound."""
    item = queries.item(session, public_id)
    revisions = queries.item_revisions(session, item)
    before = next((row for row in revisions if row.revision == item.revision - 1), None)
    used = [use.story_id for use in queries.uses(session, item)]
    desks = _desks(session, actor)
    return ItemPage(
        item=item,
        source=session.get_one(Source, item.source_id),
        revisions=revisions,
        changes=_changes(before, item) if before else [],
        stories=_stories(session, actor, used),
        desks=desks,
        own=_own(session, actor, desks),
        offer=_offer(item, item.fields, item.body_html[:700]),
    )


def choice(session: Session, actor: Actor, public_id: str, words: str) -> Choice:
    """The unfinished stories of one's own desks, those with `words` in slug or title. Raises NotFound."""
    require(actor, "wire.use")
    item = queries.item(session, public_id)
    rows = session.execute(
        select(Story, Desk.name)
        .join(Desk, Desk.id == Story.desk_id)
        .where(Story.state.in_([*UNFINISHED, "held"]), Story.desk_id.in_(actor.desks("editor")))
        .where(matches(session, words, Story))
        .order_by(Story.changed_at.desc(), Story.id.desc())
        .limit(A_CHOICE + 1)
    ).all()
    used = frozenset(use.story_id for use in queries.uses(session, item))
    source = session.get_one(Source, item.source_id)
    return Choice(item, source, words, rows[:A_CHOICE], used, len(rows) > A_CHOICE)


def standings(session: Session, now: datetime) -> Sequence[Standing]:
    """Every source by name, and how it is doing."""
    return [Standing(source, rules.health(source, now)) for source in queries.sources(session)]


def sources(session: Session, now: datetime) -> SourcesPage:
    """The page on which sources are managed."""
    urgent = sorted(standings(session, now), key=lambda one: FIRST.index(one.health))
    return SourcesPage(urgent, queries.sources(session, removed=True), queries.unreadable(session))


def _desks(session: Session, actor: Actor) -> list[Desk]:
    """On which the reader makes stories."""
    return [desk for desk in people.desks(session) if permits(actor, "story.make", Facts(desk.id))]


def _own(session: Session, actor: Actor, desks: Sequence[Desk]) -> Desk | None:
    """The desk on which the reader makes stories; of several the one on which they made the last, none before that."""
    if len(desks) < 2:
        return next(iter(desks), None)
    last = select(Story.desk_id).where(Story.made_by == actor.person_id, Story.desk_id.in_([desk.id for desk in desks]))
    desk_id = session.scalar(last.order_by(Story.made_at.desc(), Story.id.desc()).limit(1))
    return next((desk for desk in desks if desk.id == desk_id), None)


def _offer(item: Item, fields: dict[str, Any], beginning: str) -> StoryOffer:
    places = rules.places_of(item.places, fields.get("dateline"), beginning)
    return StoryOffer(
        rules.propose_slug(fields.get("slugline"), item.headline, places), item.headline, "/".join(places)
    )


def _changes(before: Item, item: Item) -> list[list[Change]]:
    """The headline first, then the copy's paragraphs; empty where neither differs."""
    old, new = text.plain_text(before.body_html), text.plain_text(item.body_html)
    if (before.headline, old) == (item.headline, new):
        return []
    return [text.word_diff(before.headline, item.headline), *_paragraphs(text.word_diff(old, new))]


def _paragraphs(changes: Sequence[Change]) -> list[list[Change]]:
    found: list[list[Change]] = [[]]
    for kind, words in changes:
        for n, part in enumerate(words.split("\n\n")):
            if n:
                found.append([])
            if part:
                found[-1].append((kind, part))
    return [paragraph for paragraph in found if paragraph]


def _stories(session: Session, actor: Actor, ids: Sequence[int]) -> Sequence[Story]:
    """Those of these stories that this reader may read, whoever worked on them."""
    if not permits(actor, "story.read"):
        return []
    return session.scalars(select(Story).where(Story.id.in_(ids)).order_by(Story.made_at)).all()


def _slugs(session: Session, actor: Actor, items: Sequence[Item]) -> dict[int, str]:
    """Item id to the slugs of our stories on it, in whatever revision they were opened from."""
    if not items or not permits(actor, "story.read"):
        return {}
    shown = {(item.source_id, item.guid): item.id for item in items}
    rows = session.execute(
        select(Item.source_id, Item.guid, Story.slug)
        .join(Use, Use.item_id == Item.id)
        .join(Story, Story.id == Use.story_id)
        .where(Item.guid.in_({guid for _, guid in shown}))
        .order_by(Story.made_at)
    )
    slugs: dict[int, list[str]] = {}
    for source_id, guid, slug in rows:
        item_id = shown.get((source_id, guid))
        if item_id is not None and slug not in slugs.setdefault(item_id, []):
            slugs[item_id].append(slug)
    return {item_id: ", ".join(found) for item_id, found in slugs.items()}
