"""Corrections and kills that nobody answers: a licensee is asked once more, then the desk's editors are told."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import SYSTEM
from desk.aside import Aside
from desk.audit.service import record
from desk.newsroom import reading, telling
from desk.outbox import queries as outboxes
from desk.outbox import service as outbox
from desk.outbox.models import Message
from desk.outbox.queries import Handover
from desk.people import queries as people
from desk.republication import queries, rules, service
from desk.republication.models import Licensee, Notice
from desk.stories.models import Edition, Story


def chase_due(session: Session, now: datetime, limit: int, aside: Aside | None = None) -> int:
    """Look at up to `limit` notices that wait for an answer, and do what is due; gives how many. For the tick.

    Who does not answer is asked once more by mail; who does not answer that either is named to the desk's editors,
    all of one edition in one message. An edition that fails is put aside, and the others are seen to.
    """
    aside = Aside() if aside is None else aside
    of_edition: dict[int, list[Notice]] = {}
    for notice in queries.to_chase(session, now, limit, but=aside.ids("edition")):
        of_edition.setdefault(notice.edition_id or 0, []).append(notice)
    seen_to = 0
    for edition_id, notices in of_edition.items():
        with aside.apart(session, "edition", edition_id):
            _see_to(session, session.get_one(Edition, edition_id), notices, now)
            seen_to += len(notices)
    return seen_to


def give_up(session: Session, notices: Iterable[Notice], *, why: str, now: datetime) -> None:
    """Wait for no answer to these any more; a mail that asks for it and is not out yet is cancelled. A step."""
    for notice in notices:
        if notice.chase_at is not None:
            service.look_at(session, notice, None)
        if notice.chased_at is not None and notice.acknowledged_at is None:
            asked = session.scalars(select(Message.id).where(Message.key == _key(notice))).all()
            outbox.cancel(session, asked, why=why, now=now)


def _see_to(session: Session, edition: Edition, notices: Sequence[Notice], now: datetime) -> None:
    handed = outboxes.handovers(session, [notice.message_id for notice in notices])
    silent = []
    for notice in notices:
        by = handed.get(notice.message_id, ())
        standing = queries.standing_of(notice, by)
        step = _step(notice, edition, standing, by, now)
        if step == "chase":
            _chase(session, notice, edition, standing, now)
        elif step == "escalate":
            service.mark_escalated(session, notice, standing, now=now)
            silent.append(notice)
        else:
            service.look_at(session, notice, step)
    if silent:
        _escalate(session, edition, silent, now)


def _step(
    notice: Notice, edition: Edition, standing: rules.Standing, handed: Sequence[Handover], now: datetime
) -> rules.Chase:
    sent_at = min((one.last_at for one in handed if one.state == "done" and one.last_at), default=None)
    return rules.chase(
        edition.cause, standing, made_at=notice.made_at, sent_at=sent_at, chased_at=notice.chased_at, now=now
    )


def _chase(session: Session, notice: Notice, edition: Edition, standing: rules.Standing, now: datetime) -> None:
    """Ask once more, by mail, with the facts of the notice: the receipt's link is the same."""
    first = session.get_one(Message, notice.message_id)
    outbox.put(
        session, "notice_chase", _key(notice), ("licensee", notice.licensee_id), now=now,
        facts={**first.facts, "told_at": telling.iso(notice.made_at)}, story_id=first.story_id, desk_id=first.desk_id,
    )  # fmt: skip
    service.mark_chased(session, notice, standing, look_at=now + rules.CHASED_AFTER[edition.cause], now=now)
    _record(session, "notice_chased", notice, edition, session.get_one(Story, edition.story_id), now)


def _escalate(session: Session, edition: Edition, notices: Sequence[Notice], now: datetime) -> None:
    story = session.get_one(Story, edition.story_id)
    licensees = queries.by_id(session, [notice.licensee_id for notice in notices])
    named = [licensees[notice.licensee_id] for notice in notices]
    for notice in notices:
        _record(session, "notice_escalated", notice, edition, story, now)
    telling.tell(
        session, "notice_silent", people.holders(session, story.desk_id, "editor"), but=SYSTEM,
        key=f"notice_silent:{edition.public_id}:{notices[0].id}",
        facts=reading.about(
            session, story, number=edition.number, cause=edition.cause, told_at=telling.iso(notices[0].made_at),
            licensees=[
                {"id": one.public_id, "name": one.name, "contact": one.contact, "mail": one.mail} for one in named
            ],
        ),
        story=story, now=now,
    )  # fmt: skip


def _record(session: Session, verb: str, notice: Notice, edition: Edition, story: Story, now: datetime) -> None:
    name = session.get_one(Licensee, notice.licensee_id).name
    record(
        session, SYSTEM, verb, ("notice", notice.id), now=now, story_id=story.id, desk_id=story.desk_id,
        number=edition.number, name=name,
    )  # fmt: skip


def _key(notice: Notice) -> str:
    return f"notice_chase:{notice.public_id}"
