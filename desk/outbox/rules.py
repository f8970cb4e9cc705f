"""What follows from one attempt to hand something over: done, again later, or never. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from desk.outbox.kinds import Policy

Outcome = Literal["taken", "later", "refused", "gone", "unknown"]
State = Literal["due", "done", "parked", "dead"]

# the gaps between ten tries of one webhook, in seconds: 75 h 35 min in all, as Standard Webhooks 1.0.0 proposes
WEBHOOK_GAPS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
WEBHOOK_TRIES = len(WEBHOOK_GAPS) + 1
MAIL_FIRST_GAP = 30
MAIL_LONGEST_GAP = 3600
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
    attempts: int,
    since_first: timedelta,
    said: str = "",
    retry_after: int | None = None,
    base: float = MAIL_FIRST_GAP,
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
    if channel == "webhook":
        return _webhook(attempts, said, retry_after, base)
    return _mail(attempts, since_first, said, retry_after, base)


def gap(channel: str, attempts: int, base: float = MAIL_FIRST_GAP) -> float:
    """Seconds to wait after attempt number `attempts` failed, before jitter."""
    if channel == "webhook":
        return WEBHOOK_GAPS[min(attempts, len(WEBHOOK_GAPS)) - 1] * base / MAIL_FIRST_GAP
    longest = MAIL_LONGEST_GAP * base / MAIL_FIRST_GAP
    return min(base * 2.0 ** min(attempts - 1, 30), longest)


def forgotten(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a message without what lets their bearer in: tokens and links."""
    return {name: value for name, value in facts.items() if name not in ("secret", "token", "link", "receipt")}


def _webhook(attempts: int, said: str, retry_after: int | None, base: float) -> Decision:
    if attempts >= WEBHOOK_TRIES:
        return Decision("dead", f"{said} ({attempts} tries)".strip())
    return Decision("due", said, gap("webhook", attempts, base), retry_after or 0)


def _mail(attempts: int, since_first: timedelta, said: str, retry_after: int | None, base: float) -> Decision:
    if since_first >= MAIL_GIVES_UP_AFTER * (base / MAIL_FIRST_GAP):
        return Decision("dead", f"{said} ({attempts} tries)".strip())
    return Decision("due", said, gap("mail", attempts, base), retry_after or 0)
