"""Finding what the queue should hold and does not, and what it has held for too long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, defer

from desk.outbox import service
from desk.outbox.handing import DIED
from desk.outbox.kinds import KINDS
from desk.outbox.models import Delivery, Due, Message

A_ROUND = 500  # the rest is found a minute later


@dataclass(frozen=True, slots=True)
class Swept:
    """What was put right: deliveries queued again, parked, queue rows without a delivery removed; and how many
    have waited for over an hour without one attempt."""

    queued: int = 0
    parked: int = 0
    removed: int = 0
    waiting: int = 0


def sweep(session: Session, now: datetime) -> Swept:
    """Mend the queue: every open delivery has its row there, and no other has. One that vanished in somebody's
    hands is parked if its kind must never go twice."""
    stray = session.execute(
        select(Delivery, Message)
        .join(Message)
        .outerjoin(Due, Due.delivery_id == Delivery.id)
        .where(Delivery.state.in_(("due", "handing")), Due.delivery_id.is_(None))
        .order_by(Delivery.id)
        .limit(A_ROUND)
        .options(defer(Delivery.wire, raiseload=True))
        .with_for_update(of=Delivery, skip_locked=True)
    ).all()
    queued = parked = 0
    for delivery, message in stray:
        kind = KINDS.get(message.kind)
        if delivery.state == "handing" and kind is not None and kind.policy == "park":
            delivery.state, delivery.said = "parked", DIED
            parked += 1
        else:
            delivery.state = "due"
            service.enqueue(session, delivery, message, now)
            queued += 1
    session.flush()
    over = select(Delivery.id).where(Delivery.state.not_in(("due", "handing")))
    removed = session.execute(delete(Due).where(Due.delivery_id.in_(over)).returning(Due.delivery_id)).all()
    return Swept(queued, parked, len(removed), _waiting(session, now))


def _waiting(session: Session, now: datetime) -> int:
    long_due = select(func.count()).select_from(Due).join(Delivery, Delivery.id == Due.delivery_id)
    return session.scalar(long_due.where(Due.due_at < now - timedelta(hours=1), Delivery.attempts == 0)) or 0
