"""Corrections and kills that a licensee has not answered: they may still run what was wrong, or what must be down.

Whoever answers an edition has answered those before it, and of a story that was killed only the kill is left to be
answered. What is waited for is an answer of those whom anything of it has reached: nobody else can have run it.
"""

from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from desk.outbox.models import Delivery
from desk.republication import rules
from desk.republication.models import Notice
from desk.stories.models import Edition


def open_notices(session: Session, licensee_id: int, *, limit: int) -> Sequence[Notice]:
    """The notices that a licensee has not answered, up to `limit`: kills first, then corrections, each newest first."""
    found = _open().where(Notice.licensee_id == licensee_id)
    kills_first = Edition.cause == "kill"
    return session.scalars(found.order_by(kills_first.desc(), Notice.id.desc()).limit(limit)).all()


def counted(session: Session, licensee_id: int | None = None) -> dict[int, dict[str, int]]:
    """How many each licensee, or only that one, has not answered, by licensee and cause; who has answered all is not
    there."""
    found = _open() if licensee_id is None else _open().where(Notice.licensee_id == licensee_id)
    rows = session.execute(
        found.with_only_columns(Notice.licensee_id, Edition.cause, func.count()).group_by(
            Notice.licensee_id, Edition.cause
        )
    )
    by: dict[int, dict[str, int]] = {}
    for whose, cause, count in rows:
        by.setdefault(whose, {})[cause] = count
    return by


def corrections_before(session: Session, licensee_id: int, story_id: int, number: int) -> Sequence[Edition]:
    """The corrections among the editions of a story before that number of which a licensee is to hear again, in their
    order: what is new since does not say that something was wrong."""
    found = _open().where(Notice.licensee_id == licensee_id, Edition.story_id == story_id)
    wanted = found.where(Edition.cause == "correction", Edition.number < number).order_by(Edition.number)
    return session.scalars(wanted.with_only_columns(Edition)).all()


def _open() -> Select[Notice]:
    other, of = aliased(Notice), aliased(Edition)
    same = select(other.id).join(of, of.id == other.edition_id)
    same = same.where(other.licensee_id == Notice.licensee_id, of.story_id == Edition.story_id)
    answered = same.where(of.number >= Edition.number, other.acknowledged_at.is_not(None))
    killed = same.where(of.number > Edition.number, of.cause == "kill")
    handed = same.join(Delivery, Delivery.message_id == other.message_id).where(of.number <= Edition.number)
    tried = or_(Delivery.last_at.is_not(None), Delivery.state.not_in(rules.ENDED_UNTRIED))
    reached = handed.where(or_(tried, other.acknowledged_at.is_not(None)))
    return (
        select(Notice)
        .join(Edition, Edition.id == Notice.edition_id)
        .where(Edition.cause.in_(rules.REACHES_ALL), Notice.acknowledged_at.is_(None))
        .where(~answered.exists(), ~killed.exists(), reached.exists())
    )
