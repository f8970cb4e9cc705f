"""Putting messages: rows written in the transaction of their cause. Handing them over is `handing.py`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from desk import bells, chance, revisions
from desk.actor import Actor
from desk.audit import service as audit
from desk.errors import NotFound, NotNow
from desk.outbox import rules
from desk.outbox.kinds import KINDS
from desk.outbox.models import Delivery, Due, Message
from desk.permissions import Facts, require
from desk.text import LONGEST_LINE, shorten

RecipientKind = Literal["person", "licensee", "address"]
Lane = Literal["mail", "webhook"]


@dataclass(frozen=True, slots=True)
class Route:
    """How one delivery of a message goes: by which channel, and the endpoint whose cap it counts against."""

    channel: Lane
    endpoint: str = ""


MAIL = (Route("mail"),)
OPEN = ("due", "handing")
FAILED = ("dead", "parked")


def put(
    session: Session,
    kind: str,
    key: str,
    recipient: tuple[RecipientKind, int | None],
    *,
    now: datetime,
    facts: dict[str, Any],
    story_id: int | None = None,
    desk_id: int | None = None,
    routes: Sequence[Route] = MAIL,
    urgency: int | None = None,
) -> Message | None:
    """Put one message for one recipient; gives None, and does nothing, if `key` was put before.

    `facts` are frozen here (JSON; instants as ISO text in UTC); the wording is made at the first attempt, in the
    recipient's language and zone of that moment. With no `routes` it is shown in the page only. `urgency` is its
    kind's unless given.
    """
    if session.scalar(select(Message.id).where(Message.key == key)) is not None:
        return None
    message = Message(
        public_id=chance.public_id(),
        key=key,
        kind=kind,
        recipient_kind=recipient[0],
        recipient_id=recipient[1],
        story_id=story_id,
        desk_id=desk_id,
        facts=facts,
        urgency=KINDS[kind].urgency if urgency is None else urgency,
        put_at=now,
    )
    session.add(message)
    session.flush()
    for route in routes:
        _queue(session, message, route, now)
    if recipient[0] == "person" and recipient[1] is not None:
        revisions.touch(session, "person", recipient[1])
    return message


def cancel(session: Session, message_ids: Sequence[int], *, why: str, now: datetime) -> int:
    """Cancel messages that are not out: their due deliveries become cancelled. Gives the number of deliveries.

    One that a worker is handing over at this moment looks again at its row before it sends; a reminder that is
    past that look is left to it, but is not tried again. What is dead or parked stays so, is listed no longer, and
    can't be sent again.
    """
    if not message_ids:
        return 0
    of = select(Delivery).where(Delivery.message_id.in_(message_ids))
    ids = session.scalars(of.where(Delivery.state.in_(OPEN)).with_only_columns(Delivery.id)).all()
    rows = _held(session, ids)
    failed = session.scalars(of.where(Delivery.state.in_(FAILED)).with_only_columns(Delivery.message_id)).all()
    not_out = {row.message_id for row in rows} | set(failed)
    cancelled = _cancel_due(session, rows, why)
    if failed:
        revisions.touch(session, "newsroom")  # fewer dead letters
    for message in session.scalars(select(Message).where(Message.id.in_(not_out), Message.cancelled_at.is_(None))):
        message.cancelled_at, message.cancelled_why = now, shorten(why, LONGEST_LINE)
        if message.recipient_kind == "person" and message.recipient_id is not None:
            revisions.touch(session, "person", message.recipient_id)
    session.flush()
    return cancelled


def cancel_for(
    session: Session, recipient: tuple[RecipientKind, int], *, why: str, now: datetime, channel: Lane | None = None
) -> int:
    """Cancel what is not out to one recipient (a person was disabled), or only by one channel (a webhook is off)."""
    undelivered = (
        select(Delivery)
        .join(Message)
        .where(Message.recipient_kind == recipient[0], Message.recipient_id == recipient[1])
        .where(Delivery.state.in_(OPEN))
    )
    if channel is None:
        of = session.scalars(undelivered.with_only_columns(Delivery.message_id).distinct()).all()
        return cancel(session, of, why=why, now=now)
    ids = undelivered.where(Delivery.channel == channel).with_only_columns(Delivery.id)
    return _cancel_due(session, _held(session, session.scalars(ids).all()), why)


def forget(session: Session, message_ids: Sequence[int]) -> None:
    """Keep nothing that lets its bearer in of these messages, if that is what they carry and they are not to go out
    any more: their link was used, has expired, or has been replaced."""
    open_ones = select(Delivery.message_id).where(Delivery.state.in_(OPEN))
    carry = (Message.id.in_(message_ids), Message.kind.in_(rules.BEARERS), Message.id.not_in(open_ones))
    for message in session.scalars(select(Message).where(*carry)):
        message.facts = rules.forgotten(message.facts)
        session.execute(update(Delivery).where(Delivery.message_id == message.id).values(wire=None))
    session.flush()


def waiting_for(session: Session, recipient: tuple[RecipientKind, int]) -> Sequence[Message]:
    """The messages to one recipient of which something is not out yet."""
    undelivered = select(Delivery.message_id).where(Delivery.state.in_(OPEN))
    of = (Message.recipient_kind == recipient[0], Message.recipient_id == recipient[1])
    return session.scalars(select(Message).where(*of, Message.id.in_(undelivered)).order_by(Message.id)).all()


def send_again(session: Session, actor: Actor, delivery_public_id: str, *, now: datetime) -> Delivery:
    """Have a dead or parked delivery tried again under its first id: to where its recipient is reached now, with its
    first bytes if that is where it went before. A reminder is worded afresh, so that it says how long is left now.

    Raises NotFound, Forbidden, and NotNow for one that is not dead or parked, whose message was cancelled, or which
    carried a link: that is not kept.
    """
    found = session.execute(
        select(Delivery, Message).join(Message).where(Delivery.public_id == delivery_public_id).with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such delivery.")
    delivery, message = found
    require(actor, "outbox.manage", Facts(desk_id=message.desk_id))
    if message.cancelled_at is not None:
        raise NotNow("This message was cancelled: %(why)s", why=message.cancelled_why or "")
    if delivery.state not in FAILED:
        raise NotNow("This is %(state)s: only what is dead or parked can be sent again.", state=delivery.state)
    if message.kind in rules.BEARERS:
        raise NotNow("The link in this mail is not kept. Send a new one from the person's page, under People.")
    before, delivery.state = delivery.state, "due"
    if KINDS[message.kind].policy == "park":
        delivery.wire = None
    delivery.attempts, delivery.first_at = 0, None
    session.flush()
    enqueue(session, delivery, message, now)
    audit.record(
        session,
        actor,
        "sent_again",
        ("delivery", delivery.id),
        now=now,
        story_id=message.story_id,
        desk_id=message.desk_id,
        before=before,
        after="due",
        kind=message.kind,
        address=delivery.address or "",
    )
    revisions.touch(session, "newsroom")
    return delivery


def seen(session: Session, actor: Actor, public_ids: Sequence[str], *, now: datetime) -> int:
    """Note that a person has seen messages of their own; gives how many were new to them. Others' are passed over."""
    require(actor, "self")
    marked = session.execute(
        update(Message)
        .where(Message.public_id.in_(public_ids), Message.seen_at.is_(None))
        .where(Message.recipient_kind == "person", Message.recipient_id == actor.id)
        .values(seen_at=now)
        .returning(Message.id)
    ).all()
    if marked:
        revisions.touch(session, "person", actor.id)
    return len(marked)


def enqueue(session: Session, delivery: Delivery, message: Message, now: datetime, endpoint: str = "") -> None:
    """Put a delivery that is due into the queue, and have its lane rung."""
    # a mail server is one endpoint for all; a webhook is its own
    name = endpoint or (delivery.channel if delivery.channel == "mail" else delivery.address) or delivery.channel
    session.add(
        Due(
            lane=delivery.channel,
            priority=message.urgency,
            due_at=now,
            delivery_id=delivery.id,
            endpoint=hashlib.sha256(name.encode()).hexdigest(),
        )
    )
    session.flush()
    bells.mark(session, bells.DELIVER, delivery.channel)


def _held(session: Session, ids: Sequence[int]) -> Sequence[Delivery]:
    """These deliveries if they are open, locked: the queue before the deliveries, here and in `handing.py`."""
    if not ids:
        return []
    queue = select(Due.delivery_id).where(Due.delivery_id.in_(ids)).order_by(Due.delivery_id).with_for_update()
    session.scalars(queue).all()
    rows = select(Delivery).where(Delivery.id.in_(ids), Delivery.state.in_(OPEN)).order_by(Delivery.id)
    return session.scalars(rows.with_for_update(), execution_options={"populate_existing": True}).all()


def _cancel_due(session: Session, rows: Sequence[Delivery], why: str) -> int:
    """Cancel those that nobody hands over just now, and take them out of the queue."""
    due = [row for row in rows if row.state == "due"]
    for row in due:
        row.state, row.said = "cancelled", why
    session.flush()
    session.execute(delete(Due).where(Due.delivery_id.in_([row.id for row in due])))
    forget(session, [row.message_id for row in due])
    return len(due)


def _queue(session: Session, message: Message, route: Route, now: datetime) -> None:
    public_id = chance.public_id()
    delivery = Delivery(
        public_id=public_id,
        message_id=message.id,
        channel=route.channel,
        state="due",
        wire_id=f"msg_{public_id}{message.public_id}",
    )
    session.add(delivery)
    session.flush()
    enqueue(session, delivery, message, now, route.endpoint)
