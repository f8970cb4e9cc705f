"""Stepping through a hand-over: a clock to turn, messages to put, and a renderer that says where they go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from desk import chance
from desk.net import Handed
from desk.outbox import handing, service
from desk.outbox.handover import Claimed, Envelope, Outgoing, Ready, Result, Settled, Stopped
from desk.outbox.models import Delivery, Message
from desk.outbox.service import MAIL, Route
from tests import factories

TAKEN = Handed("taken", "250 OK")
LATER = Handed("later", "451 try again")
UNKNOWN = Handed("unknown", "no answer")
LEASE = timedelta(seconds=60)


def hook(name: str = "a") -> tuple[Route, ...]:
    return (Route("webhook", f"https://{name}.example/notices"),)


@dataclass
class Hands:
    """One worker, stepped by a test; two of them share a session as two workers share a database."""

    session: Session
    gone: dict[int, Stopped] = field(default_factory=dict)
    rendered: list[int] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        at: datetime = self.session.info.setdefault("now", factories.NOW)
        return at

    def later(self, **span: float) -> datetime:
        self.session.info["now"] = self.now + timedelta(**span)
        return self.now

    def put(
        self,
        kind: str = "notice",
        key: str | None = None,
        routes: Sequence[Route] = MAIL,
        who: int | None = None,
        urgency: int | None = None,
        **facts: str,
    ) -> Message:
        found = service.put(
            self.session,
            kind,
            key or chance.token(8),
            ("person", who) if who else ("licensee", 1),
            now=self.now,
            facts={"slug": "GRAIN/CORRIDOR", **facts},
            routes=routes,
            urgency=urgency,
        )
        assert found is not None
        return found

    def claim(
        self, lane: str = "mail", *, limit: int = 10, per_endpoint: int | None = None, but: Sequence[int] = ()
    ) -> list[Claimed]:
        return handing.claim(
            self.session, lane, limit=limit, lease=LEASE, token=chance.token(16), per_endpoint=per_endpoint, but=but
        )

    def prepare(self, claimed: Sequence[Claimed]) -> list[Ready]:
        return handing.prepare(self.session, claimed, self.render, now=self.now)

    def settle(self, ready: Sequence[Ready], answer: Handed | None = TAKEN) -> Settled:
        results = [Result(one.delivery_id, one.token, answer) for one in ready]
        return handing.settle(self.session, results, now=self.now)

    def hand_over(self, lane: str = "mail", answer: Handed | None = TAKEN) -> Settled:
        return self.settle(self.prepare(self.claim(lane)), answer)

    def render(self, session: Session, batch: Sequence[Outgoing]) -> Mapping[int, Envelope | Stopped]:
        self.rendered += [one.delivery_id for one in batch if not one.frozen]
        return {one.delivery_id: self.gone.get(one.delivery_id) or _envelope(one, session) for one in batch}


def delivery(session: Session, message: Message) -> Delivery:
    """The one delivery of a message."""
    session.flush()
    return session.query(Delivery).filter_by(message_id=message.id).populate_existing().one()


def _envelope(one: Outgoing, session: Session) -> Envelope:
    wire = f"{one.kind} at {session.info['now']:%H:%M:%S}".encode()
    return Envelope("radio@novi-most.example", wire, subject=one.facts.get("slug", ""), secret="whsec_x")


Answer = Callable[[Ready], Handed]
