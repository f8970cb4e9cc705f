"""The sweep: what should have gone out and did not. It repairs what it can and reports what it can't."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from desk import bells
from desk.aside import Aside
from desk.audit.models import Entry
from desk.newsroom import notifying
from desk.outbox import sweeping as outbox
from desk.stories.models import Edition, Story
from desk.wires.models import Source

LOOKS_BACK = timedelta(days=7)
SILENT_AFTER = timedelta(minutes=5)
TOLD_A_ROUND = 50  # the rest is told a minute later
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: the outbox mended, editions whose licensees were told only now, sources that nobody polls
    (by name), and scheduled stories that are past their time."""

    outbox: outbox.Swept
    told: int = 0
    unpolled: tuple[str, ...] = ()
    unreleased: int = 0

    @property
    def is_clean(self) -> bool:
        return self == Swept(outbox.Swept())


def sweep(session: Session, now: datetime, aside: Aside | None = None) -> Swept:
    """Mend the outbox's queue, tell licensees of editions that were published without, ring for sources not polled.

    An edition that fails is put aside, and all else is seen to.
    """
    swept = Swept(
        outbox=outbox.sweep(session, now),
        told=_tell_untold(session, now, Aside() if aside is None else aside),
        unpolled=_ring_for_sources(session, now),
        unreleased=_unreleased(session, now),
    )
    if not swept.is_clean:
        log.warning(
            "the sweep found what should have gone out",
            queued=swept.outbox.queued, parked=swept.outbox.parked, removed=swept.outbox.removed,
            waiting=swept.outbox.waiting, told=swept.told, unpolled=swept.unpolled, unreleased=swept.unreleased,
        )  # fmt: skip
    return swept


def _tell_untold(session: Session, now: datetime, aside: Aside) -> int:
    """Tell licensees of the last edition of each story whose telling was not recorded with it."""
    told = 0
    for edition_id in session.scalars(untold(now)).all():
        if told == TOLD_A_ROUND:
            break
        with aside.apart(session, "edition", edition_id):
            edition = session.get_one(Edition, edition_id)
            notifying.edition_out(session, session.get_one(Story, edition.story_id), edition, now)
            told += 1
    return told


def untold(now: datetime) -> Select[int]:
    """The ids of the last editions of their stories, of these days, of which no telling is recorded.

    It reads the editions of these days alone, and the later ones and the telling of each by an index.
    """
    later = aliased(Edition)
    replaced = exists().where(later.story_id == Edition.story_id, later.number > Edition.number)
    told = exists().where(Entry.thing_kind == "edition", Entry.thing_id == Edition.id, Entry.verb == notifying.TOLD)
    recent = select(Edition.id).where(Edition.published_at > now - LOOKS_BACK)
    return recent.where(~replaced, ~told).order_by(Edition.published_at, Edition.id)


def _ring_for_sources(session: Session, now: datetime) -> tuple[str, ...]:
    """Sources that should have been polled a while ago, and that nobody holds."""
    rows = session.scalars(
        select(Source)
        .where(Source.stopped_at.is_(None), Source.next_poll_at < now - SILENT_AFTER)
        .where(Source.lease_until.is_(None) | (Source.lease_until < now))
        .order_by(Source.name)
    ).all()
    for source in rows:
        bells.mark(session, bells.POLL, source.public_id)
    return tuple(source.name for source in rows)


def _unreleased(session: Session, now: datetime) -> int:
    late = select(func.count()).where(Story.state == "scheduled", Story.release_at < now - SILENT_AFTER)
    return session.scalar(late) or 0
