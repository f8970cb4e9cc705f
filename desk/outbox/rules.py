"""What follows from one attempt to hand something over: done, again later, or never. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from desk.outbox.kinds import Policy

Outcome = Literal["taken", "later", "refused", "gone", "unknown"]
State = Literal["due", "done", "parked", "dead"]

# Seconds between the tries of one hand-over. A webhook is given up after its last gap, 75 to 76 hours in all, as
# Standard Webhooks 1.0.0 proposes; of mail the last gap repeats until it has been tried for three days.
WEBHOOK = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
MAIL = (30, 60, 120, 240, 480, 960, 1920, 3600)
EVERY_HALF_MINUTE = (30,) * 20  # for ten minutes: what is urgent, such as a kill, waits for no receiver's long pause
GAPS: dict[tuple[str, int], tuple[int, ...]] = {  # by channel and urgency
    ("webhook", 1): (WEBHOOK[0], *EVERY_HALF_MINUTE, *WEBHOOK[1:]),
    ("webhook", 2): WEBHOOK,
    ("webhook", 3): WEBHOOK,
    ("mail", 1): (*EVERY_HALF_MINUTE, *MAIL[1:]),
    ("mail", 2): MAIL,
    ("mail", 3): MAIL,
}
FIRST_GAP = 30  # of mail: DESK_BACKOFF sets it, and all other gaps keep their proportion to it
MAIL_GIVES_UP_AFTER = timedelta(days=3)

# kinds whose facts and bytes let their bearer in: forgotten once they are out, and never listed for a colleague
BEARERS = frozenset({"invite", "reset"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a delivery, and when it is due again: after `wait` seconds give or take jitter, but never
    sooner than the `at_least` that the receiver asked for."""

    state: State
    why: str
    wait: float = 0
    at_least: float = 0


def decide(
    channel: str,
    policy: Policy,
    outcome: Outcome,
    *,
    urgency: int,
    attempts: int,
    since_first: timedelta,
    said: str = "",
    retry_after: int | None = None,
    base: float = FIRST_GAP,
) -> Decision:
    """What follows from the outcome of attempt number `attempts`, made `since_first` after the first one.

    An `unknown` outcome may have been taken: a `park` kind is parked for a person to look at, a `repeat` kind goes
    again under its first id. `base` is the first gap of mail in seconds; all other gaps keep their proportion to it.
    """
    if outcome == "taken":
        return Decision("done", said)
    if outcome == "unknown" and policy == "park":
        return Decision("parked", said or "Handed over, but nothing answered.")
    if outcome == "refused":
        return Decision("dead", said or "Refused.")
    if outcome == "gone":
        return Decision("dead", said or "The address is gone.")
    if _given_up(channel, urgency, attempts, since_first, base):
        return Decision("dead", f"{said} ({attempts} tries)".strip())
    return Decision("due", said, gap(channel, urgency, attempts, base), retry_after or 0)


def gap(channel: str, urgency: int, attempts: int, base: float = FIRST_GAP) -> float:
    """Seconds to wait after attempt number `attempts` failed, before jitter."""
    gaps = GAPS[channel, urgency]
    return gaps[min(attempts, len(gaps)) - 1] * base / FIRST_GAP


def forgotten(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a message without what lets their bearer in: tokens and links."""
    return {name: value for name, value in facts.items() if name not in ("secret", "token", "link", "receipt")}


def _given_up(channel: str, urgency: int, attempts: int, since_first: timedelta, base: float) -> bool:
    if channel == "webhook":
        return attempts > len(GAPS[channel, urgency])
    return since_first >= MAIL_GIVES_UP_AFTER * (base / FIRST_GAP)
