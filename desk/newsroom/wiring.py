"""The wire: sources added, changed, stopped, removed and polled; what they send taken in; stories opened from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from desk import addresses, bells, clock, db, revisions
from desk.actor import Actor
from desk.audit.service import record
from desk.errors import Forbidden, Invalid, NotNow
from desk.newsroom import commission, commissioning, publishing, reading, rewiring
from desk.permissions import require
from desk.stories.models import Story
from desk.text import LONGEST_LINE, line
from desk.wires import folders, queries, rules
from desk.wires import service as wires
from desk.wires.item import WireItem
from desk.wires.models import Intake, Item, Source


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of the items of one intake, in numbers."""

    new: int = 0
    revised: int = 0
    same: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.new + other.new, self.revised + other.revised, self.same + other.same)


def add_source(
    session: Session, actor: Actor, *, name: str, url: str, zone: str, every: int, root: Path, now: datetime
) -> Source:
    """Add a feed by its address or a watched folder by its path; it is polled at once, then every `every` seconds.

    `zone` is where times without one are meant, `root` the folder below which folders are watched. Raises Invalid that
    names the field; Forbidden for a folder, which is on the server, unless the actor is an administrator.
    """
    require(actor, "wire.manage")
    kind = rules.kind_of(url.strip())
    place = _place(actor, kind, url.strip(), root)
    source = wires.make_source(
        session, name=name, kind=kind, url=place, zone=clock.find_zone(zone), every=every, now=now
    )
    record(session, actor, "source_added", ("source", source.id), now=now, name=source.name, url=source.url)
    bells.mark(session, bells.POLL, source.public_id)
    return source


def change_source(
    session: Session, actor: Actor, public_id: str, *, name: str, url: str, zone: str, every: int, root: Path,
    now: datetime,
) -> Source:  # fmt: skip
    """Change a source; what it is, a feed or a folder, stays. Raises as `add_source` does."""
    source = _source(session, actor, public_id)
    before, was, zone = source.url, (source.name, source.url, source.zone, source.every), clock.find_zone(zone)
    where = _place(actor, source.kind, url.strip(), root) if url.strip() != before else before
    wires.set_source(session, source, name=name, url=where, zone=zone, every=every, now=now)
    if was != (source.name, source.url, source.zone, source.every):
        record(
            session, actor, "source_changed", ("source", source.id), now=now, name=source.name, old=before,
            new=source.url, was=was[0], zone=source.zone, every=source.every,
        )  # fmt: skip
    if source.url != before and source.stopped_at is None:
        bells.mark(session, bells.POLL, source.public_id)
    return source


def stop_source(session: Session, actor: Actor, public_id: str, *, why: str = "", now: datetime) -> Source:
    """Poll a source no more until it is started again; what it sent stays."""
    source = _source(session, actor, public_id)
    if source.stopped_at is None:
        why = line(why, "why", "reason", most=LONGEST_LINE)
        wires.stop(session, source, why=why, now=now)
        record(session, actor, "source_stopped", ("source", source.id), now=now, why=why)
    return source


def remove_source(session: Session, actor: Actor, public_id: str, *, now: datetime) -> Source:
    """Poll a source no more and list it no more; what it sent stays. It can be started again."""
    source = _source(session, actor, public_id)
    if source.removed_at is None:
        wires.remove(session, source, now=now)
        record(session, actor, "source_removed", ("source", source.id), now=now, name=source.name)
    return source


def start_source(session: Session, actor: Actor, public_id: str, *, root: Path, now: datetime) -> Source:
    """Poll a stopped or removed source again, from now on. Raises Invalid for a folder that is not below `root`."""
    source = _source(session, actor, public_id)
    if source.kind == "folder":
        folders.inside(root, source.url)
    if source.stopped_at is not None:
        wires.start(session, source, now=now)
        record(session, actor, "source_started", ("source", source.id), now=now)
        bells.mark(session, bells.POLL, source.public_id)
    return source


def poll_now(session: Session, actor: Actor, public_id: str, *, now: datetime) -> Source:
    """Have a source polled at once, whatever its interval or its back-off. Raises NotNow if it is stopped."""
    source = _source(session, actor, public_id)
    if source.stopped_at is not None:
        raise NotNow("%(name)s is not read any more. Read it again, and it is looked at at once.", name=source.name)
    wires.make_due(session, source, now=now)
    bells.mark(session, bells.POLL, source.public_id)
    return source


def take_in(
    session: Session, source_id: int, intake_id: int, items: Sequence[WireItem], now: datetime, *, more: bool = False
) -> Taken:
    """Decide what each item of an intake is and store what is new or revised, in the order given.

    The intake is then marked as read, unless `more` of it is to follow. One that was read already changes nothing.
    Stories that stand on copy that was revised follow it (see `rewiring.py`).
    """
    db.lock(session, Source, source_id)
    if session.get_one(Intake, intake_id, populate_existing=True).read_at is not None:
        return Taken()
    guids = [rules.guid_of(item) for item in items]
    digests = [rules.digest(item) for item in items]
    last = queries.last_revisions(session, source_id, guids)
    other = [
        (guid, mine) for guid, mine in zip(guids, digests, strict=True) if guid in last and last[guid].digest != mine
    ]
    had = queries.had(session, source_id, other) | {(guid, row.digest) for guid, row in last.items()}
    counts = {"new": 0, "revised": 0, "same": 0}
    revised: list[rewiring.Revised] = []
    for guid, digest, item in zip(guids, digests, items, strict=True):
        before = last.get(guid)
        stamp = rules.published_at(item)
        decision = rules.decide(_known(before), digest, stamp, had=(guid, digest) in had)
        counts[decision] += 1
        if decision != "same":
            row = wires.add_item(session, source_id, intake_id, item, before=before, now=now)
            if before is not None:
                revised.append((before, row))
            last[guid] = row
            had.add((guid, digest))
    session.flush()
    if not more:
        wires.mark_read(session, intake_id, now)
    if counts["new"] or counts["revised"]:
        revisions.touch(session, "wire")
    rewiring.follow(session, source_id, revised, now)
    return Taken(**counts)


def open_story(
    session: Session,
    actor: Actor,
    item_public_id: str,
    *,
    desk: str,
    slug: str,
    title: str,
    brief: str = "",
    places: Sequence[str] = (),
    zone: str | None = None,
    language: str = "en",
    length: int | None = None,
    idea: bool = False,
    now: datetime,
) -> Story:
    """Make a story on a desk that stands on a wire item, and keeps it. `desk` is the desk's public id.

    Raises NotNow for copy that its agency has killed, and as `commissioning.make_story` does.
    """
    require(actor, "wire.use")
    item = _usable(session, item_public_id)
    story = commissioning.make_story(
        session, actor, desk, slug=slug, title=title or item.headline, brief=brief, places=places, zone=zone,
        language=language, length=length, idea=idea, now=now,
    )  # fmt: skip
    _use(session, actor, item, story, "wire_used", now)
    return story


def use_in(session: Session, actor: Actor, item_public_id: str, story_public_id: str, now: datetime) -> Story:
    """Note that a story there is stands on a wire item, too; its embargo then holds for the story.

    Raises NotNow for copy that its agency has killed, or a story that is over.
    """
    require(actor, "wire.use")
    story, _ = reading.lock_story(session, actor, story_public_id, "story.edit")
    commission.refuse_over(story)
    _use(session, actor, _usable(session, item_public_id), story, "wire_added", now)
    publishing.reset_release(session, story.id, now)
    return story


def _use(session: Session, actor: Actor, item: Item, story: Story, verb: str, now: datetime) -> None:
    if wires.use(session, item, story.id, by=actor.id, now=now):
        source = session.get_one(Source, item.source_id)
        record(
            session, actor, verb, ("item", item.id), now=now, story_id=story.id, desk_id=story.desk_id,
            source=source.name, headline=item.headline,
        )  # fmt: skip


def _usable(session: Session, public_id: str) -> Item:
    item = queries.item(session, public_id)
    if queries.item_revisions(session, item)[-1].pubstatus == "canceled":
        raise NotNow("The agency has killed this item: nothing may be built on it.")
    return item


def _source(session: Session, actor: Actor, public_id: str) -> Source:
    require(actor, "wire.manage")
    (source,) = db.lock(session, Source, queries.source(session, public_id).id)
    found: Source = source
    return found


def _place(actor: Actor, kind: str, url: str, root: Path) -> str:
    """Where a source is, in the form that is stored. Whether a feed's address may be talked to is asked before."""
    if kind == "feed":
        try:
            return str(addresses.parse(url))
        except Invalid as error:
            error.field = "url"
            raise
    if actor.kind == "person" and not actor.is_admin:
        raise Forbidden("A watched folder is a folder of the server: only an administrator can name one.")
    if not url.startswith("/"):
        raise Invalid(
            "Give the folder's whole path, which begins with /: %(path)s does not.", field="url", path=url or "–"
        )
    return str(folders.existing(root, url))


def _known(row: Item | None) -> rules.Known | None:
    return None if row is None else rules.Known(row.digest, row.published_at)
