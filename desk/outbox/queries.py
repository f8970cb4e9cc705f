"""Reading the outbox: each person's own messages, captured mail, and what could not be handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from desk.errors import NotFound
from desk.outbox import rules
from desk.outbox.models import Delivery, Due, Message

FAILED = ("dead", "parked")


@dataclass(frozen=True, slots=True)
class Mail:
    """One captured mail, readable: `text` and `html` as a mail client would show them."""

    public_id: str
    kind: str
    at: datetime
    to: str
    subject: str
    text: str
    html: str
    wire_id: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Captured:
    """A page of captured mail, newest first: `total` counts all of it, `older` is the last on this page if there are
    more."""

    mails: Sequence[Mail]
    total: int
    older: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A delivery that is dead or parked: to whom, what, and the cause; `cancelled`: why its message was cancelled."""

    public_id: str
    state: str
    channel: str
    kind: str
    address: str
    subject: str
    why: str
    attempts: int
    first_at: datetime | None
    last_at: datetime | None
    put_at: datetime
    story_id: int | None
    desk_id: int | None
    facts: dict[str, Any]
    recipient_kind: str
    recipient_id: int | None
    cancelled: str | None = None

    @property
    def had_link(self) -> bool:
        """Whether it carried a link that lets its bearer in: that is not kept, so it can't be sent again."""
        return self.kind in rules.BEARERS


@dataclass(frozen=True, slots=True)
class Handover:
    """How one message went, or goes, by one channel: for the licensee's page and a story's history."""

    message_id: int
    public_id: str
    channel: str
    state: str
    address: str
    attempts: int
    first_at: datetime | None
    last_at: datetime | None
    next_at: datetime | None
    said: str


def unseen(session: Session, person_id: int) -> int:
    """How many messages the bell of a person counts: theirs, not cancelled, not seen yet."""
    return session.scalar(_own(person_id).where(Message.seen_at.is_(None)).with_only_columns(func.count())) or 0


def messages_of(session: Session, person_id: int, *, limit: int = 50) -> Sequence[Message]:
    """What a person was told, newest first, without what lets its bearer in."""
    return session.scalars(_own(person_id).order_by(Message.id.desc()).limit(limit)).all()


def readers(session: Session, person_ids: Sequence[int]) -> set[int]:
    """Those of these people who have read anything that they were told."""
    seen = select(Message.recipient_id).where(Message.recipient_kind == "person", Message.seen_at.is_not(None))
    mine = session.scalars(seen.where(Message.recipient_id.in_(person_ids)).distinct()) if person_ids else ()
    return {id_ for id_ in mine if id_ is not None}


def captured(
    session: Session,
    *,
    bearers: bool,
    to: tuple[str, int] | None = None,
    before: str = "",
    limit: int = 50,
) -> Captured:
    """A page of captured mail, newest first: that `to` one recipient (kind, id), or to all; `before` is the public id
    of the last one of the page before. Raises NotFound for one that is not there.

    With `bearers` the invitations and password links are among them: for administrators only, since whoever
    reads such a mail can come in as its recipient.
    """
    kept = select(Delivery, Message).join(Message).where(Delivery.state == "captured")
    if not bearers:
        kept = kept.where(Message.kind.not_in(rules.BEARERS))
    if to is not None:
        kept = kept.where(Message.recipient_kind == to[0], Message.recipient_id == to[1])
    page = kept.order_by(Delivery.id.desc()).limit(limit + 1)
    if before:
        last = session.scalar(kept.where(Delivery.public_id == before).with_only_columns(Delivery.id))
        if last is None:
            raise NotFound("There is no such mail.")
        page = page.where(Delivery.id < last)
    rows = session.execute(page).all()
    mails = [_readable(row[0], row[1]) for row in rows[:limit]]
    total = session.scalar(kept.with_only_columns(func.count())) or 0
    return Captured(mails, total, mails[-1].public_id if len(rows) > limit else None)


def captured_mail(session: Session, public_id: str, *, bearers: bool) -> Mail:
    """One captured mail. Raises NotFound, also for a link that lets its bearer in unless `bearers`."""
    found = session.execute(
        select(Delivery, Message).join(Message).where(Delivery.public_id == public_id, Delivery.state == "captured")
    ).one_or_none()
    if found is None or (found[1].kind in rules.BEARERS and not bearers):
        raise NotFound("There is no such mail.")
    return _readable(found[0], found[1])


def dead(session: Session, *, but_to: Select[int] | None = None, limit: int = 200) -> list[Failed]:
    """Deliveries that are dead or parked, newest first, each with its cause; not of what nobody is to hear any more:
    what was cancelled, and what is for the people `but_to`, whose ids that query gives."""
    rows = session.execute(_dead(but_to).order_by(Delivery.id.desc()).limit(limit))
    return [_failed(row[0], row[1]) for row in rows]


def dead_count(session: Session, *, but_to: Select[int] | None = None) -> int:
    """How many deliveries are dead or parked, as `dead` lists them."""
    return session.scalar(_dead(but_to).with_only_columns(func.count())) or 0


def past_sending(session: Session, *, also_to: Select[int] | None = None, limit: int = 50) -> list[Failed]:
    """The last deliveries that are dead or parked and that nobody is to hear of any more, newest first: those that
    `dead` leaves out."""
    rows = session.execute(_failures().where(_over(also_to)).order_by(Delivery.id.desc()).limit(limit))
    return [_failed(row[0], row[1]) for row in rows]


def handovers(session: Session, message_ids: Sequence[int]) -> dict[int, list[Handover]]:
    """How messages were handed over, by message id."""
    found: dict[int, list[Handover]] = {}
    if not message_ids:
        return found
    rows = session.execute(
        select(Delivery, Due.due_at)
        .outerjoin(Due, Due.delivery_id == Delivery.id)
        .where(Delivery.message_id.in_(message_ids))
        .order_by(Delivery.id)
    )
    for row in rows:
        found.setdefault(row[0].message_id, []).append(_handover(row))
    return found


def _own(person_id: int) -> Select[Message]:
    return select(Message).where(
        Message.recipient_kind == "person",
        Message.recipient_id == person_id,
        Message.cancelled_at.is_(None),
        Message.kind.not_in(rules.BEARERS),
    )


def _dead(but_to: Select[int] | None) -> Select[Delivery, Message]:
    return _failures().where(not_(_over(but_to)))


def _failures() -> Select[Delivery, Message]:
    wanted = select(Delivery, Message).join(Message, Message.id == Delivery.message_id)
    return wanted.where(Delivery.state.in_(FAILED))


def _over(to: Select[int] | None) -> ColumnElement[bool]:
    """Whether nobody is to hear of it any more. True or false, never NULL: a message may be for no row of ours."""
    cancelled = Message.cancelled_at.is_not(None)
    if to is None:
        return cancelled
    whose = func.coalesce(Message.recipient_id, 0).in_(to)
    return or_(cancelled, and_(Message.recipient_kind == "person", whose))


def _readable(delivery: Delivery, message: Message) -> Mail:
    parsed = message_from_bytes(delivery.wire or b"", policy=policy.default)
    return Mail(
        public_id=delivery.public_id,
        kind=message.kind,
        at=delivery.last_at or message.put_at,
        to=str(parsed.get("to", delivery.address or "")),
        subject=delivery.subject or "",
        text=_part(parsed, "plain"),
        html=_part(parsed, "html"),
        wire_id=delivery.wire_id,
        facts=message.facts,
    )


def _part(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body((subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def _failed(delivery: Delivery, message: Message) -> Failed:
    return Failed(
        public_id=delivery.public_id,
        state=delivery.state,
        channel=delivery.channel,
        kind=message.kind,
        address=delivery.address or "",
        subject=delivery.subject or "",
        why=delivery.said or "",
        attempts=delivery.attempts,
        first_at=delivery.first_at,
        last_at=delivery.last_at,
        put_at=message.put_at,
        story_id=message.story_id,
        desk_id=message.desk_id,
        facts=rules.forgotten(message.facts),
        recipient_kind=message.recipient_kind,
        recipient_id=message.recipient_id,
        cancelled=(message.cancelled_why or "") if message.cancelled_at is not None else None,
    )


def _handover(row: Row[Delivery, datetime]) -> Handover:
    delivery = row[0]
    return Handover(
        message_id=delivery.message_id,
        public_id=delivery.public_id,
        channel=delivery.channel,
        state=delivery.state,
        address=delivery.address or "",
        attempts=delivery.attempts,
        first_at=delivery.first_at,
        last_at=delivery.last_at,
        next_at=row[1],
        said=delivery.said or "",
    )
