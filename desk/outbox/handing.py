"""Handing over what is due, in three steps that a worker commits one by one and a simulation can step through.

`claim` leases rows of the queue; `prepare` looks once more, freezes the bytes and marks what must never go twice;
then, outside any transaction, the worker hands over; `settle` notes the outcome, if the lease is still its own.
A worker that dies anywhere in between loses nothing: its lease runs out, and the next claim takes the row again,
or parks it where a second hand-over would be worse than a person's look.
"""

import zlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session

from desk import chance, revisions
from desk.db import UtcDateTime, db_now
from desk.net import Handed
from desk.outbox import rules
from desk.outbox.handover import Claimed, Envelope, NotYet, Outgoing, Ready, Render, Settled, Stopped, Tried
from desk.outbox.handover import Result as Result
from desk.outbox.kinds import KINDS
from desk.outbox.models import Delivery, Due, Message

PRIORITIES = (1, 2, 3)
DIED = "A worker died while handing this over: it was perhaps received. Ask, or send it again."

Waiting = Row[int, datetime, str, str, str]
Held = Row[Due, Delivery, Message]


def is_due(session: Session, lane: str) -> bool:
    """Whether anything in this lane can be claimed now: a read, so that an idle tick takes no lock."""
    now = db_now(session)
    return any(_claimable(session, lane, priority, now, None, [], 1, lock=False) for priority in PRIORITIES)


def claim(
    session: Session,
    lane: str,
    *,
    limit: int,
    lease: timedelta,
    token: str,
    per_endpoint: int | None = None,
    but: Collection[int] = (),
) -> list[Claimed]:
    """Lease up to `limit` due deliveries of a lane, urgent ones first, and park what died in somebody's hands.

    With `per_endpoint` no endpoint has more than that many in flight, so that one hanging receiver delays nobody.
    The deliveries `but` are left alone, lease or no lease: the caller itself is handing them over just now.
    Kinds that this release does not know stay as they are, for a newer one. The lease goes by the database's clock.
    """
    now = db_now(session)
    busy = _in_flight(session, lane, now) if per_endpoint is not None else {}
    taken: list[int] = []
    for priority in PRIORITIES:
        after: tuple[datetime, int] | None = None
        while len(taken) < limit:
            full = [endpoint for endpoint, n in busy.items() if per_endpoint is not None and n >= per_endpoint]
            page = _claimable(session, lane, priority, now, after, full, limit - len(taken), but=but)
            if not page:
                break
            after = page[-1].due_at, page[-1].delivery_id
            _park(session, [row for row in page if _is_parked(row)], now)
            for row in page:
                count = busy.get(row.endpoint, 0)
                if _is_parked(row) or (per_endpoint is not None and count >= per_endpoint):
                    continue
                busy[row.endpoint] = count + 1
                taken.append(row.delivery_id)
    if taken:
        mine = {"lease_until": now + lease, "lease_token": token}
        session.execute(update(Due).where(Due.delivery_id.in_(taken)).values(mine))
    return [Claimed(delivery_id, token) for delivery_id in taken]


def prepare(session: Session, claimed: Sequence[Claimed], render: Render, *, now: datetime) -> list[Ready]:
    """Look once more at what was claimed, and make it ready: to be committed before anything is handed over.

    What was cancelled, or whose recipient is gone, ends here with its cause; what is not to go yet is due again later.
    At the first attempt the bytes are frozen. `park` kinds are marked `handing`, so that a death from now on parks
    them.
    """
    going = []
    for row in _held(session, claimed, alive_at=db_now(session)):
        if row.Message.cancelled_at is not None:
            _end(session, row, "cancelled", row.Message.cancelled_why or "", now)
        else:
            going.append(row)
    answers = render(session, [_outgoing(row.Delivery, row.Message) for row in going]) if going else {}
    ready = []
    for row in going:
        answer = answers[row.Delivery.id]
        if isinstance(answer, Stopped):
            _end(session, row, answer.state, answer.why, now)
        elif isinstance(answer, NotYet):
            row.Delivery.said = answer.why
            _due_again(session, row.Due, answer.wait)
        else:
            ready.append(_freeze(row, answer, now))
    session.flush()
    return ready


def settle(session: Session, results: Sequence[Result], *, now: datetime, base: float = 30) -> Settled:
    """Note how hand-overs ended, each only if its lease is still ours; what failed for now is due again later.

    `base` is the first gap between two tries of a mail in seconds (the setting DESK_BACKOFF).
    """
    settled = Settled()
    tokens = [Claimed(result.delivery_id, result.token) for result in results]
    rows = {row.Delivery.id: row for row in _held(session, tokens)}
    for result in results:
        row = rows.get(result.delivery_id)
        if row is None:
            settled.lost.append(result.delivery_id)
            _own_up(session, result, now)
        elif result.handed is None:
            _end(session, row, "captured", "No mail server is set: captured, not sent.", now)
            settled.states[result.delivery_id] = "captured"
        else:
            settled.states[result.delivery_id] = _apply(session, row, result.handed, settled, now, base)
    session.flush()
    return settled


def _in_flight(session: Session, lane: str, now: datetime) -> dict[str, int]:
    if session.get_bind().dialect.name == "postgresql":
        # two claims of a capped lane one after the other, or both would find room for the same endpoint
        session.execute(select(func.pg_advisory_xact_lock(zlib.crc32(b"due:" + lane.encode()))))
    counted = select(Due.endpoint, func.count()).where(Due.lane == lane, Due.lease_until > now).group_by(Due.endpoint)
    return {row[0]: row[1] for row in session.execute(counted)}


def _claimable(
    session: Session,
    lane: str,
    priority: int,
    now: datetime,
    after: tuple[datetime, int] | None,
    full: list[str],
    limit: int,
    *,
    lock: bool = True,
    but: Collection[int] = (),
) -> Sequence[Waiting]:
    query = (
        select(Due.delivery_id, Due.due_at, Due.endpoint, Delivery.state, Message.kind)
        .join(Delivery, Delivery.id == Due.delivery_id)
        .join(Message, Message.id == Delivery.message_id)
        .where(Due.lane == lane, Due.priority == priority, Due.due_at <= now)
        .where(or_(Due.lease_until.is_(None), Due.lease_until <= now), Message.kind.in_(list(KINDS)))
        .order_by(Due.due_at, Due.delivery_id)
        .limit(limit)
    )
    if lock:
        query = query.with_for_update(skip_locked=True, of=Due)
    if after is not None:
        last = tuple_(literal(after[0], UtcDateTime), literal(after[1]))
        query = query.where(tuple_(Due.due_at, Due.delivery_id) > last)
    if full:
        query = query.where(Due.endpoint.not_in(full))
    if but:
        query = query.where(Due.delivery_id.not_in(but))
    return session.execute(query).all()


def _is_parked(row: Waiting) -> bool:
    return row.state == "handing" and KINDS[row.kind].policy == "park"


def _park(session: Session, rows: Sequence[Waiting], now: datetime) -> None:
    ids = [row.delivery_id for row in rows]
    if ids:
        session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(state="parked", said=DIED, last_at=now))
        session.execute(delete(Due).where(Due.delivery_id.in_(ids)))
        revisions.touch(session, "newsroom")


def _held(session: Session, claimed: Sequence[Claimed], alive_at: datetime | None = None) -> Sequence[Held]:
    """The rows that are still ours, locked: the queue first, then the deliveries, in the order that `cancel` has.

    A lease that has run out is still ours until another claims; with `alive_at` it counts as lost.
    """
    tokens = {one.delivery_id: one.token for one in claimed}
    fresh = {"populate_existing": True}
    locked = select(Due).where(Due.delivery_id.in_(tokens)).order_by(Due.delivery_id).with_for_update()
    dues = {due.delivery_id: due for due in session.scalars(locked, execution_options=fresh)}
    mine = [one for one, due in dues.items() if due.lease_token == tokens[one] and _alive(due, alive_at)]
    if not mine:
        return []
    return session.execute(
        select(Due, Delivery, Message)
        .join(Delivery, Delivery.id == Due.delivery_id)
        .join(Message, Message.id == Delivery.message_id)
        .where(Due.delivery_id.in_(mine))
        .order_by(Due.priority, Due.due_at, Due.delivery_id)
        .with_for_update(of=Delivery),
        execution_options=fresh,
    ).all()


def _alive(due: Due, at: datetime | None) -> bool:
    return at is None or (due.lease_until is not None and due.lease_until > at)


def _outgoing(delivery: Delivery, message: Message) -> Outgoing:
    return Outgoing(
        delivery_id=delivery.id,
        channel=delivery.channel,
        wire_id=delivery.wire_id,
        message_id=message.id,
        public_id=message.public_id,
        kind=message.kind,
        recipient_kind=message.recipient_kind,
        recipient_id=message.recipient_id,
        story_id=message.story_id,
        desk_id=message.desk_id,
        facts=message.facts,
        put_at=message.put_at,
        frozen=delivery.wire is not None,
        address=delivery.address,
    )


def _freeze(row: Held, envelope: Envelope, now: datetime) -> Ready:
    delivery: Delivery = row.Delivery
    address = envelope.address[:500]  # a mended address is used at once; a mail's stands in its bytes
    if delivery.wire is None or (delivery.channel == "mail" and delivery.address not in (None, address)):
        delivery.wire, delivery.subject = envelope.wire, envelope.subject[:500]
    delivery.address = address
    policy = KINDS[row.Message.kind].policy
    if policy == "park":
        delivery.state = "handing"
    delivery.attempts += 1
    delivery.first_at = delivery.first_at or now
    delivery.last_at = now
    return Ready(
        delivery_id=delivery.id,
        token=row.Due.lease_token,
        channel=delivery.channel,
        kind=row.Message.kind,
        policy=policy,
        wire_id=delivery.wire_id,
        address=envelope.address,
        wire=delivery.wire,
        secret=envelope.secret,
    )


def _apply(session: Session, row: Held, handed: Handed, settled: Settled, now: datetime, base: float) -> str:
    delivery: Delivery = row.Delivery
    message: Message = row.Message
    decision = rules.decide(
        delivery.channel,
        KINDS[message.kind].policy,
        handed.outcome,
        urgency=message.urgency,
        attempts=delivery.attempts,
        since_first=now - (delivery.first_at or now),
        said=handed.said,
        retry_after=handed.retry_after,
        base=base,
    )
    if delivery.channel == "webhook":
        taken, gone = handed.outcome == "taken", handed.outcome == "gone"
        whose = message.recipient_kind, message.recipient_id
        settled.tried.append(Tried(*whose, delivery.address or "", decision.why, taken=taken, gone=gone))
    if decision.state != "due":
        _end(session, row, decision.state, decision.why, now)
        return decision.state
    wait = timedelta(seconds=max(chance.jitter(decision.wait), decision.at_least))
    delivery.state, delivery.said, delivery.last_at = "due", decision.why, now
    if KINDS[message.kind].policy == "park":  # nobody has these bytes, and their words would be untrue by then
        delivery.wire = None
    _due_again(session, row.Due, wait)
    if message.recipient_kind == "licensee" and message.desk_id is None:  # somebody waits for what comes of a test
        revisions.touch(session, "newsroom")
    return "due"


def _due_again(session: Session, place: Due, wait: timedelta) -> None:
    place.due_at, place.lease_until, place.lease_token = db_now(session) + wait, None, None


def _end(session: Session, row: Held, state: str, why: str, now: datetime) -> None:
    delivery: Delivery = row.Delivery
    message: Message = row.Message
    delivery.state, delivery.said = state, why
    if delivery.attempts:
        delivery.last_at = now
    if state in ("done", "dead", "cancelled") and message.kind in rules.BEARERS:
        delivery.wire, message.facts = None, rules.forgotten(message.facts)
    session.delete(row.Due)
    if message.recipient_kind == "licensee" and message.desk_id is not None:
        revisions.touch(session, "desk", message.desk_id)
    if state in ("dead", "parked", "captured") or message.desk_id is None:
        revisions.touch(session, "newsroom")


def _own_up(session: Session, result: Result, now: datetime) -> None:
    """What was cancelled while it was being handed over, and was taken all the same, did go out: say so."""
    if result.handed is not None and result.handed.outcome == "taken":
        session.execute(
            update(Delivery)
            .where(Delivery.id == result.delivery_id, Delivery.state == "cancelled")
            .values(state="done", last_at=now, said=f"Taken while it was being cancelled. {result.handed.said}".strip())
        )
