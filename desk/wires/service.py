"""Steps of the wire's own tables: claiming a source, storing what came before it is read, items and their revisions.

A worker claims a source with a lease and a token; whoever comes back after its lease has run out finds that the token
is not its own any more, and changes nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from desk import chance, revisions
from desk.actor import SYSTEM
from desk.audit.service import record
from desk.db import db_now, lock
from desk.errors import Invalid
from desk.text import line, plain_text, tokens
from desk.wires import rules
from desk.wires.item import WireItem
from desk.wires.models import Intake, Item, Source, Use
from desk.wires.rules import Ended, Jitter


@dataclass(frozen=True, slots=True)
class Claim:
    """A source as the worker that polls it now needs it; no session behind it."""

    source_id: int
    public_id: str
    token: str
    name: str
    kind: str
    url: str
    zone: str
    etag: str | None
    modified: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that are kept. `fresh` is false if they were read before; `error` is then what was wrong with them."""

    intake_id: int
    fresh: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Bytes that were stored and never read, as a worker died in between."""

    intake_id: int
    name: str
    charset: str | None
    data: bytes


# sources


def make_source(session: Session, *, name: str, kind: str, url: str, zone: str, every: int, now: datetime) -> Source:
    """Add a source that is due at once. Raises Invalid for a name that is empty or taken, or an odd interval."""
    source = Source(
        public_id=chance.public_id(),
        name=free_name(session, name),
        kind=kind,
        url=url,
        zone=zone,
        every=rules.interval(every),
        next_poll_at=now,
        failures=0,
    )
    session.add(source)
    session.flush()
    revisions.touch(session, "wire")
    return source


def set_source(session: Session, source: Source, *, name: str, url: str, zone: str, every: int, now: datetime) -> None:
    """Change a source; one that is to be found elsewhere is asked afresh, at once."""
    source.name = free_name(session, name, but=source.id)
    source.zone = zone
    source.every = rules.interval(every)
    if source.url != url:
        source.url, source.etag, source.modified, source.failures, source.said = url, None, None, 0, None
        make_due(session, source, now=now)
    session.flush()
    revisions.touch(session, "wire")


def stop(session: Session, source: Source, *, why: str, now: datetime) -> None:
    """Poll a source no more; a poll that is under way ends as it would have."""
    source.stopped_at, source.stopped_why, source.next_poll_at = now, why or None, None
    session.flush()
    revisions.touch(session, "wire")


def remove(session: Session, source: Source, *, now: datetime) -> None:
    """Poll a source no more, and show it no more where sources are listed; what it sent stays, and so does its name."""
    if source.stopped_at is None:
        source.stopped_at, source.next_poll_at = now, None
    source.removed_at = now
    session.flush()
    revisions.touch(session, "wire")


def start(session: Session, source: Source, *, now: datetime) -> None:
    """Poll a source again, at once, as if it had never failed nor been removed."""
    source.stopped_at, source.stopped_why, source.failures, source.said = None, None, 0, None
    source.removed_at = None
    source.next_poll_at = now
    session.flush()
    revisions.touch(session, "wire")


def make_due(session: Session, source: Source, *, now: datetime) -> None:
    """Have a source that is not stopped polled at the next look."""
    if source.stopped_at is None:
        source.next_poll_at = now
        session.flush()


def free_name(session: Session, name: str, *, but: int | None = None) -> str:
    """A name for a source, trimmed. Raises Invalid if it is empty, too long, or another source's."""
    name = line(name, "name", "name", most=80)
    if not name:
        raise Invalid("Give the source a name of one to eighty letters.", field="name")
    taken = session.scalar(select(Source).where(Source.name == name))
    if taken is not None and taken.id != but:
        if taken.removed_at is not None:
            raise Invalid(
                "There was a source called %(name)s, which was removed: read that one again, or give this one another "
                "name.",
                field="name",
                name=name,
            )
        raise Invalid("There is a source called %(name)s already.", field="name", name=name)
    return name


# polling


def claim_due(session: Session, now: datetime, limit: int, lease: timedelta, token: str) -> list[Claim]:
    """Take up to `limit` sources that are due, the longest due first; what others hold is passed over."""
    at = db_now(session)
    due = (
        select(Source)
        .where(_due(now), _free(at))
        .order_by(Source.next_poll_at, Source.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [_claim(source, at + lease, token) for source in session.scalars(due)]


def claim_one(session: Session, public_id: str, lease: timedelta, token: str) -> Claim | None:
    """Take this source whether it is due or not; None if it is stopped, unknown, or in somebody else's hands."""
    at = db_now(session)
    one = (
        select(Source)
        .where(Source.public_id == public_id, Source.stopped_at.is_(None), _free(at))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    source = session.scalar(one)
    return None if source is None else _claim(source, at + lease, token)


def is_due(session: Session, now: datetime) -> bool:
    """Whether any source waits to be polled and nobody has it: a look that costs no write."""
    return session.scalar(select(Source.id).where(_due(now), _free(db_now(session))).limit(1)) is not None


def store_intake(
    session: Session,
    claim: Claim,
    data: bytes,
    *,
    name: str = "",
    looked: str | None = None,
    content_type: str | None = None,
    charset: str | None = None,
    lease: timedelta,
    now: datetime,
) -> Stored | None:
    """Keep bytes before they are read, and renew the lease; None if the source is somebody else's by now.

    The same bytes of the same name are kept once and not read again, except by a feed that has shown other bytes
    since: it has gone back to these. What came back came now.
    """
    source = _held(session, claim)
    if source is None:
        return None
    source.lease_until = db_now(session) + lease
    sha256 = hashlib.sha256(data).hexdigest()
    same = select(Intake).where(Intake.source_id == source.id, Intake.sha256 == sha256, Intake.name == name)
    intake = session.scalar(same)
    if intake is None:
        intake = Intake(
            public_id=chance.public_id(),
            source_id=source.id,
            sha256=sha256,
            name=name,
            content_type=content_type,
            charset=charset,
            data=data,
            at=now,
            looked=looked,
        )
        session.add(intake)
    elif source.kind == "folder" or _latest(session, source.id) != intake.id:  # they came back
        intake.at = now
        if source.kind == "feed" and intake.read_at is not None:
            intake.read_at = None
            if not session.scalar(select(func.length(Intake.data)).where(Intake.id == intake.id)):
                intake.data = data  # they were pruned since
    intake.looked = looked
    session.flush()
    fresh = intake.read_at is None and intake.error is None
    return Stored(intake.id, fresh, intake.error)


def unread(session: Session, claim: Claim, limit: int = 20) -> list[Unread]:
    """What was stored of a source and neither read nor found unreadable, in the order in which it came."""
    rows = session.execute(
        select(Intake.id, Intake.name, Intake.charset, Intake.data)
        .where(Intake.source_id == claim.source_id, Intake.read_at.is_(None), Intake.error.is_(None))
        .order_by(Intake.at, Intake.id)
        .limit(limit)
    )
    return [Unread(*row) for row in rows]


def looked_at(session: Session, claim: Claim, files: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    """Which of these files of a watched folder, each a name and how it looks, were read before as they are; with what
    was wrong with it, or None."""
    wanted = select(Intake.name, Intake.looked, Intake.error).where(
        Intake.source_id == claim.source_id, or_(Intake.read_at.is_not(None), Intake.error.is_not(None))
    )
    found: dict[tuple[str, str], str | None] = {}
    for start in range(0, len(files), 500):
        names, looks = zip(*files[start : start + 500], strict=True)
        for row in session.execute(wanted.where(Intake.name.in_(names), Intake.looked.in_(looks))):
            found[row.name, row.looked] = row.error
    return found


def mark_read(session: Session, intake_id: int, now: datetime) -> None:
    """Note that all that stands in these bytes has been taken in. They go if no item came of them."""
    intake = session.get_one(Intake, intake_id)
    intake.read_at = now
    session.flush()
    if session.scalar(select(Item.id).where(Item.intake_id == intake_id).limit(1)) is None:
        intake.data = b""
        session.flush()


def mark_unreadable(session: Session, intake_id: int, error: str | None) -> None:
    """Note why these bytes can't be read; they are kept, and not tried again. None takes that back."""
    intake = session.get_one(Intake, intake_id)
    if intake.read_at is None:
        intake.error = error
        session.flush()


def settle_poll(session: Session, claim: Claim, ended: Ended, *, new: bool, now: datetime, jitter: Jitter) -> bool:
    """Note how a poll ended and when the next one is; False, and nothing noted, if the source is somebody else's.

    `new` is whether anything came that we did not have.
    """
    source = _held(session, claim)
    if source is None:
        return False
    if source.url != claim.url:  # changed meanwhile, and due at once: this poll says nothing of it
        source.lease_until, source.lease_token = None, None
        return False
    before = (source.failures, source.said, source.stopped_at)
    after = rules.next_poll(ended, every=source.every, failures=source.failures, now=now, jitter=jitter)
    source.lease_until, source.lease_token = None, None
    source.last_poll_at, source.failures, source.said = now, after.failures, ended.said
    source.last_new_at = now if new else source.last_new_at
    if ended.outcome == "taken":
        source.etag, source.modified = ended.etag, ended.modified
    if ended.moved_to and ended.moved_to != source.url and len(ended.moved_to) <= rules.LONGEST_LINK:
        record(session, SYSTEM, "source_moved", ("source", source.id), now=now, old=claim.url, new=ended.moved_to)
        source.url = ended.moved_to
    if source.stopped_at is None:
        source.next_poll_at = after.at
    if ended.outcome == "gone" and source.stopped_at is None:
        source.stopped_at, source.stopped_why = now, ended.said
        record(session, SYSTEM, "source_stopped", ("source", source.id), now=now, why=ended.said)
    session.flush()
    if new or before != (source.failures, source.said, source.stopped_at):
        revisions.touch(session, "wire")
    return True


# items


def add_item(
    session: Session, source_id: int, intake_id: int, item: WireItem, *, before: Item | None, now: datetime
) -> Item:
    """Add an item, or its next revision: `before`, the last of this guid, is superseded by it."""
    if before is not None:
        before.superseded_at = now
    headline, body = rules.headline(item), item.body_html or ""
    row = Item(
        public_id=chance.public_id(),
        source_id=source_id,
        intake_id=intake_id,
        guid=rules.guid_of(item),
        revision=before.revision + 1 if before else 1,
        digest=rules.digest(item),
        at=now,
        headline=headline,
        byline=item.byline,
        places=list(item.places),
        body_html=body,
        language=item.language,
        urgency=item.urgency,
        pubstatus=item.pubstatus,
        published_at=rules.published_at(item),
        embargo_at=rules.embargo_that_holds(item, before.embargo_at if before else None),
        link=rules.page_of(item),
        fields={**item.to_json(), "body_html": None},
        search_text=f" {' '.join(tokens(' '.join([headline, item.byline or '', *item.places, plain_text(body)])))} ",
    )
    session.add(row)
    return row


def use(session: Session, item: Item, story_id: int, *, by: int, now: datetime) -> bool:
    """Note that a story stands on an item; False if that was noted before."""
    if session.get(Use, (item.id, story_id)) is not None:
        return False
    session.add(Use(item_id=item.id, story_id=story_id, by_id=by, at=now))
    session.flush()
    revisions.touch(session, "wire")
    return True


def _claim(source: Source, until: datetime, token: str) -> Claim:
    source.lease_until, source.lease_token = until, token
    return Claim(
        source.id, source.public_id, token, source.name, source.kind, source.url, source.zone, source.etag,
        source.modified,
    )  # fmt: skip


def _held(session: Session, claim: Claim) -> Source | None:
    """The source, locked, if this claim still holds it."""
    (source,) = lock(session, Source, claim.source_id)
    return source if source.lease_token == claim.token else None


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(Source.stopped_at.is_(None), Source.next_poll_at <= now)


def _free(at: datetime) -> ColumnElement[bool]:
    return or_(Source.lease_until.is_(None), Source.lease_until <= at)


def _latest(session: Session, source_id: int) -> int | None:
    latest = select(Intake.id).where(Intake.source_id == source_id).order_by(Intake.at.desc(), Intake.id.desc())
    return session.scalar(latest.limit(1))
