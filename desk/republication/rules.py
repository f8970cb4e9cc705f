"""What a licensee is told of an edition, who is told, and the notice machine. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from desk.errors import NotNow

Cause = Literal["first", "update", "correction", "clarification", "retransmission", "kill"]
NoticeState = Literal["due", "sent", "chased", "escalated", "acknowledged"]
Step = Literal["send", "chase", "escalate", "acknowledge"]

# (from, step) -> to; `sent` is read from the deliveries, never stored
STEPS: dict[tuple[NoticeState, Step], NoticeState] = {
    ("due", "send"): "sent",
    ("sent", "chase"): "chased",
    ("chased", "escalate"): "escalated",
    ("sent", "acknowledge"): "acknowledged",
    ("chased", "acknowledge"): "acknowledged",
    ("escalated", "acknowledge"): "acknowledged",
}

# causes of which everyone hears who was told of an earlier edition, whatever they are granted now
REACHES_ALL = frozenset({"correction", "kill"})


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


def step(state: NoticeState, name: Step) -> NoticeState:
    """The state after a step. Raises NotNow if it is not possible from here."""
    after = STEPS.get((state, name))
    if after is None:
        raise NotNow("This notice is %(state)s: it can't be changed so now.", state=state)
    return after


def state_of(
    *, acknowledged: bool, handed: Iterable[str], chased: bool = False, escalated: bool = False
) -> NoticeState:
    """The state of a notice, read from its receipt and the states of its deliveries."""
    if acknowledged:
        return "acknowledged"
    if "done" not in set(handed):
        return "due"
    return "escalated" if escalated else "chased" if chased else "sent"


def told(cause: str, *, granted: Iterable[int], told_before: Iterable[int]) -> list[int]:
    """The licensees who are told of an edition: those with a grant, and for some causes all who were told before."""
    also = set(told_before) if cause in REACHES_ALL else set()
    return sorted(set(granted) | also)
