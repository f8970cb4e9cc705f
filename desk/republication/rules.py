"""What a licensee is told of an edition, who is told, and the notice machine. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from desk.errors import NotNow

Cause = Literal["first", "update", "correction", "clarification", "retransmission", "kill"]
# how a notice stands: the first five are read from its deliveries, the others are reached by a step
Standing = Literal["due", "sent", "captured", "failed", "cancelled", "chased", "escalated", "acknowledged"]
# what is to be done about one that waits for an answer: a step, or look again at that instant, or nothing more
Chase = Literal["chase", "escalate"] | datetime | None
Step = Literal["chase", "escalate", "acknowledge"]

# (from, step) -> to. Whoever has the link of the receipt has received the notice, whatever we know of its delivery:
# what a server answered may be lost, and what was cancelled may have been on its way.
STEPS: dict[tuple[Standing, Step], Standing] = {
    ("sent", "chase"): "chased",
    ("chased", "escalate"): "escalated",
    ("due", "acknowledge"): "acknowledged",
    ("sent", "acknowledge"): "acknowledged",
    ("captured", "acknowledge"): "acknowledged",
    ("failed", "acknowledge"): "acknowledged",
    ("cancelled", "acknowledge"): "acknowledged",
    ("chased", "acknowledge"): "acknowledged",
    ("escalated", "acknowledge"): "acknowledged",
}

# causes of which everyone hears who was told of an earlier edition, whatever they are granted now
REACHES_ALL = frozenset({"correction", "kill"})

# states of a delivery that reaches nobody, unless it was tried before
ENDED_UNTRIED = frozenset({"dead", "cancelled"})

# an answer is waited for: unanswered so long after it was handed over it is chased once, by mail; unanswered as long
# again, the desk's editors are told
CHASED_AFTER = {"correction": timedelta(minutes=60), "kill": timedelta(minutes=30)}
LOOK_AGAIN = timedelta(minutes=15)
WAIT_FOR_HANDOVER = timedelta(days=4)  # longer than the last try of a mail or a webhook

# a webhook that has taken nothing for so long is told of, once until it takes something again; after so long it is
# switched off, as Standard Webhooks 1.0.0 proposes
FAILING_TOLD_AFTER = timedelta(hours=1)
FAILING_OFF_AFTER = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Telling:
    """How one cause is told: the payload's event type, a word for subjects, and what must be done (gettext ids)."""

    event: str
    word: str
    must: str


def _(msgid: str) -> str:
    """Marks a sentence for the catalogue; it is translated where it is read."""
    return msgid


TELLINGS: dict[str, Telling] = {
    "first": Telling(
        "story.published",
        _("NEW"),
        _("You may run this story as it stands, with its byline and its copyright line."),
    ),
    "update": Telling(
        "story.updated",
        _("UPDATE"),
        _("If you ran this story, put this text in place of yours."),
    ),
    "correction": Telling(
        "story.corrected",
        _("CORRECTION"),
        _("Put this text in place of yours now, wherever it stands, and tell your readers what was corrected."),
    ),
    "clarification": Telling(
        "story.clarified",
        _("CLARIFICATION"),
        _("Put this text in place of yours, and tell your readers what was made clearer."),
    ),
    "retransmission": Telling(
        "story.retransmitted",
        _("RETRANSMISSION"),
        _("The text came to you damaged or incomplete: use this one in its place."),
    ),
    "kill": Telling(
        "story.killed",
        _("KILL"),
        _("Take this story down everywhere now, and do not run it again in any form."),
    ),
    "test": Telling(
        "notice.test",
        _("TEST"),
        _("Nothing needs to be done: this only shows that notices reach you."),
    ),
}


def step(state: Standing, name: Step) -> Standing:
    """The state after a step. Raises NotNow if it is not possible from here."""
    after = STEPS.get((state, name))
    if after is None:
        raise NotNow("This notice is %(state)s: it can't be changed so now.", state=state)
    return after


def state_of(*, acknowledged: bool, handed: Iterable[str], chased: bool = False, escalated: bool = False) -> Standing:
    """How a notice stands, read from its receipt and the states of its deliveries."""
    states = set(handed)
    if acknowledged:
        return "acknowledged"
    if "done" in states:
        return "escalated" if escalated else "chased" if chased else "sent"
    if states & {"due", "handing"} or not states:
        return "due"
    return "captured" if "captured" in states else "failed" if states & {"dead", "parked"} else "cancelled"


def chase(
    cause: str,
    state: Standing,
    *,
    made_at: datetime,
    sent_at: datetime | None,
    chased_at: datetime | None,
    now: datetime,
) -> Chase:
    """What is to be done now about a notice that waits for an answer.

    `sent_at` is when it was first taken. One that is not handed over yet is the delivery's matter: it is waited for.
    """
    wait = CHASED_AFTER.get(cause)
    if wait is None or state in ("acknowledged", "escalated", "captured", "cancelled"):
        return None
    if state in ("due", "failed"):
        return now + LOOK_AGAIN if now < made_at + WAIT_FOR_HANDOVER else None
    due = (chased_at or sent_at or made_at) + wait
    if now < due:
        return due
    return "escalate" if state == "chased" else "chase"


def has_failed(since: datetime | None, now: datetime) -> bool:
    """Whether a webhook that has taken nothing since then, and fails again now, is to be switched off."""
    return since is not None and now - since >= FAILING_OFF_AFTER


def has_reached(state: str, last_at: datetime | None) -> bool:
    """Whether a delivery was handed over, or perhaps was, or waits its turn yet: not what ended before any attempt."""
    return last_at is not None or state not in ENDED_UNTRIED


def offers_text(cause: str) -> bool:
    """Whether a notice offers something to run: only to who may run it now, and only as long as it is the last."""
    return cause not in REACHES_ALL


def told(cause: str, *, granted: Iterable[int], told_before: Iterable[int]) -> list[int]:
    """The licensees who are told of an edition: those with a grant, and for some causes all whom one before reached."""
    also = set(told_before) if cause in REACHES_ALL else set()
    return sorted(set(granted) | also)
