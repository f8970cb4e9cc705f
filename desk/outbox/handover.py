"""What passes between the steps of a hand-over: see `handing.py`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from desk.net import Handed
from desk.outbox.kinds import Policy


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours until the lease of `token` runs out."""

    delivery_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a renderer is asked: who gets this now and its bytes, unless it is `frozen` from an earlier attempt for the
    same mail `address`."""

    delivery_id: int
    channel: str
    wire_id: str
    message_id: int
    public_id: str
    kind: str
    recipient_kind: str
    recipient_id: int | None
    story_id: int | None
    desk_id: int | None
    facts: dict[str, Any]
    put_at: datetime
    frozen: bool
    address: str | None = None  # where its frozen bytes are for


@dataclass(frozen=True, slots=True)
class Envelope:
    """A renderer's answer: where it goes, and the bytes to freeze (unused when they are frozen already)."""

    address: str
    wire: bytes = b""
    subject: str = ""
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A renderer's other answer: this goes nowhere, and why. `dead` needs a person; `cancelled` does not."""

    state: Literal["cancelled", "dead"]
    why: str


@dataclass(frozen=True, slots=True)
class NotYet:
    """A renderer's third answer: this stays in the queue, untried, and is asked about again after `wait`."""

    why: str
    wait: timedelta


Answer = Envelope | Stopped | NotYet
Render = Callable[[Session, Sequence[Outgoing]], Mapping[int, Answer]]


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery that may be handed over now, with the same `wire_id` on every attempt."""

    delivery_id: int
    token: str
    channel: str
    kind: str
    policy: Policy
    wire_id: str
    address: str
    wire: bytes
    secret: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """How the hand-over of one delivery ended; without `handed` it was captured, as there is no mail server."""

    delivery_id: int
    token: str
    handed: Handed | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one post to a recipient's webhook: where it went, whether it was taken or the endpoint is `gone`,
    and what that said."""

    recipient_kind: str
    recipient_id: int | None
    address: str
    said: str
    taken: bool = False
    gone: bool = False


@dataclass(slots=True)
class Settled:
    """What `settle` did: the new state by delivery, those whose lease was lost, what webhooks answered."""

    states: dict[int, str] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
