"""Reads of licensees, grants and notices."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from desk.errors import NotFound, NotNow
from desk.outbox import queries as outbox
from desk.outbox.queries import Handover
from desk.republication import rules
from desk.republication.models import Grant, Licensee, Notice


def licensees(session: Session) -> Sequence[Licensee]:
    """All licensees by name, those whose licence has ended last."""
    return session.scalars(select(Licensee).order_by(Licensee.ended_at.is_not(None), Licensee.name)).all()


def licensee(session: Session, public_id: str) -> Licensee:
    """The licensee of that public id, ended or not. Raises NotFound."""
    found = session.scalar(select(Licensee).where(Licensee.public_id == public_id))
    if found is None:
        raise NotFound("There is no such licensee.")
    return found


def standing(session: Session, public_id: str) -> Licensee:
    """The licensee of that public id, whose licence stands. Raises NotFound, and NotNow for one whose licence ended."""
    row = licensee(session, public_id)
    if row.ended_at is not None:
        raise NotNow("The licence of %(name)s has ended: take them on again first, on their page.", name=row.name)
    return row


def has_licensees(session: Session) -> bool:
    """Whether anybody republishes, or has: corrections and kills reach them still."""
    return session.scalar(select(Licensee.id).limit(1)) is not None


def by_id(session: Session, ids: Sequence[int]) -> dict[int, Licensee]:
    """The licensees of these ids, by id."""
    return {one.id: one for one in session.scalars(select(Licensee).where(Licensee.id.in_(ids)))} if ids else {}


def failing(session: Session, since: datetime, limit: int, *, but: Collection[int] = ()) -> Sequence[Licensee]:
    """Up to `limit` licensees whose webhook has taken nothing since then at the latest and of whom nobody was told,
    locked; others' are passed over, and those of the ids `but`."""
    untold = select(Licensee).where(Licensee.failing_since <= since, Licensee.failing_told_at.is_(None))
    return session.scalars(
        untold.where(Licensee.id.not_in(but))
        .order_by(Licensee.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()


def granted(session: Session, desk_id: int) -> Sequence[int]:
    """The ids of those who hold a standing grant for what that desk publishes, and whose licence stands."""
    return session.scalars(
        select(Grant.licensee_id)
        .join(Licensee, Licensee.id == Grant.licensee_id)
        .where(Grant.desk_id == desk_id, Licensee.ended_at.is_(None))
    ).all()


def desks_of(session: Session, licensee_ids: Sequence[int]) -> dict[int, set[int]]:
    """The desks for which each of these licensees holds a grant."""
    found: dict[int, set[int]] = {licensee_id: set() for licensee_id in licensee_ids}
    for grant in session.scalars(select(Grant).where(Grant.licensee_id.in_(licensee_ids))):
        found[grant.licensee_id].add(grant.desk_id)
    return found


def notices_of(
    session: Session,
    licensee_id: int,
    *,
    before: str = "",
    silent: bool = False,
    but: Collection[int] = (),
    limit: int = 50,
) -> Sequence[Notice]:
    """What a licensee was told, newest first, tests included; with `silent` only editions that they did not answer.

    `before` is the public id of the last notice of the page before, `but` the ids of notices that are shown elsewhere.
    Raises NotFound for one that is not theirs.
    """
    found = select(Notice).where(Notice.licensee_id == licensee_id).order_by(Notice.id.desc()).limit(limit)
    if before:
        last = session.scalar(select(Notice.id).where(Notice.licensee_id == licensee_id, Notice.public_id == before))
        if last is None:
            raise NotFound("There is no such notice to this licensee.")
        found = found.where(Notice.id < last)
    if but:
        found = found.where(Notice.id.not_in(but))
    if silent:
        found = found.where(Notice.kind == "edition", Notice.acknowledged_at.is_(None))
    return session.scalars(found).all()


def tests_of(session: Session, licensee_id: int, *, since: datetime) -> Sequence[Notice]:
    """The last test notices sent to a licensee since then, newest first."""
    tests = select(Notice).where(Notice.licensee_id == licensee_id, Notice.kind == "test", Notice.made_at >= since)
    return session.scalars(tests.order_by(Notice.id.desc()).limit(20)).all()


def silent(session: Session, licensee_id: int) -> int:
    """Of how many editions a licensee has not acknowledged the notice."""
    unanswered = select(func.count()).where(Notice.licensee_id == licensee_id, Notice.kind == "edition")
    return session.scalar(unanswered.where(Notice.acknowledged_at.is_(None))) or 0


def to_chase(session: Session, now: datetime, limit: int, *, but: Collection[int] = ()) -> Sequence[Notice]:
    """The notices at which it is time to look whether they were answered, locked; those in other hands are left, and
    those of the editions `but`."""
    return session.scalars(
        select(Notice)
        .where(Notice.chase_at <= now, Notice.edition_id.not_in(but))
        .order_by(Notice.chase_at, Notice.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()


def counted(session: Session) -> dict[int, tuple[datetime, int]]:
    """By licensee: when they were told of an edition last, and of how many they have not acknowledged the notice."""
    unanswered = func.count().filter(Notice.acknowledged_at.is_(None))
    rows = session.execute(
        select(Notice.licensee_id, func.max(Notice.made_at), unanswered)
        .where(Notice.kind == "edition")
        .group_by(Notice.licensee_id)
    )
    return {licensee_id: (last_at, silent) for licensee_id, last_at, silent in rows}


def notices_of_editions(session: Session, edition_ids: Sequence[int]) -> Sequence[Notice]:
    """The notices of these editions, in the order they were made."""
    if not edition_ids:
        return []
    return session.scalars(select(Notice).where(Notice.edition_id.in_(edition_ids)).order_by(Notice.id)).all()


def standing_of(notice: Notice, handed: Iterable[Handover]) -> rules.Standing:
    """How a notice stands, by its receipt and how it was handed over."""
    return rules.state_of(
        acknowledged=notice.acknowledged_at is not None,
        handed=[one.state for one in handed],
        chased=notice.chased_at is not None,
        escalated=notice.escalated_at is not None,
    )


def reached(session: Session, notices: Collection[Notice]) -> set[int]:
    """The licensees whom any of these notices has reached, or reaches yet."""
    handed = outbox.handovers(session, [one.message_id for one in notices])
    return {
        notice.licensee_id
        for notice in notices
        if notice.acknowledged_at is not None
        or any(rules.has_reached(one.state, one.last_at) for one in handed.get(notice.message_id, ()))
    }


def by_receipt(session: Session, token: str) -> Notice:
    """The notice whose receipt link bears this secret. Raises NotFound."""
    found = session.scalar(select(Notice).where(Notice.receipt_sha256 == digest(token)))
    if found is None:
        raise NotFound("This link is not one of ours, or it is not complete. Copy it whole from the notice.")
    return found


def held_with(session: Session, notice: Notice, edition_ids: Collection[int]) -> Sequence[Notice]:
    """This notice, and what its licensee was told of these editions, locked in one order and as they are now."""
    others = and_(Notice.licensee_id == notice.licensee_id, Notice.edition_id.in_(edition_ids))
    return session.scalars(
        select(Notice)
        .where(or_(Notice.id == notice.id, others))
        .order_by(Notice.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def digest(token: str) -> str:
    """What is stored of a receipt's secret."""
    return hashlib.sha256(token.encode()).hexdigest()
