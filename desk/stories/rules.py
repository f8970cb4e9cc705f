"""What must hold before a story goes out, and when it may. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from desk.errors import Invalid, NotNow
from desk.stories import workflow
from desk.text import passage

NEXT_CAUSES = ("update", "correction", "clarification")


@dataclass(frozen=True, slots=True)
class Gates:
    """The facts of a publication: the state, what the copy lacks (a change, if it says what is out already), whether
    its approval stands, every embargo (UTC)."""

    state: str
    lacks: Literal["copy", "headline", "body", "change"] | None
    approved: bool
    embargoes: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Go:
    """Publish now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before `until`: an embargo, or the time asked for."""

    until: datetime


def release_at(publish_at: datetime | None, embargoes: Iterable[datetime | None]) -> datetime | None:
    """The earliest instant at which a story may go out: the latest of publish-at and every embargo; None with none."""
    times = [at for at in (publish_at, *embargoes) if at is not None]
    return max(times, default=None)


def publish(gates: Gates, now: datetime) -> Go | Wait:
    """What asking to publish now comes to; an embargo ahead makes it wait for the lift. Raises NotNow for a shut gate.

    A publish-at time is no gate here: who publishes now has thought better of it.
    """
    if gates.state in _NOT_APPROVED or (gates.state in workflow.MOVES["publish"].before and not gates.approved):
        raise NotNow(
            "The approval is missing: this story is %(state)s. Have its last version approved, or publish it on your "
            "own authority.",
            state=gates.state,
        )
    _open(gates, "publish")
    return _when(None, gates, now)


def on_authority(gates: Gates, now: datetime) -> None:
    """Raise NotNow unless copy that nobody approved may go out now on an editor's own authority."""
    if gates.state in workflow.MOVES["publish"].before:
        raise NotNow("This story is approved: publish it in the ordinary way.")
    _open(gates, "on_authority")
    waits = _when(None, gates, now)
    if isinstance(waits, Wait):
        raise NotNow(
            "The embargo stands until %(until)s. Publish then; or have the copy approved and publish it now, and it "
            "goes out by itself at the lift.",
            until=waits.until,
        )


def schedule(gates: Gates, publish_at: datetime, now: datetime) -> Wait:
    """When a story goes out by itself: at `publish_at`, or when its last embargo lifts, whichever is later.

    Raises NotNow for a shut gate, Invalid for a time that is not ahead.
    """
    if gates.state in _NOT_APPROVED or (gates.state in workflow.MOVES["schedule"].before and not gates.approved):
        raise NotNow(
            "The approval is missing: this story is %(state)s. Have its last version approved, then schedule it.",
            state=gates.state,
        )
    _open(gates, "schedule")
    if publish_at <= now:
        raise Invalid("This time is past already. Choose a later one, or publish now.", field="publish")
    return Wait(max((publish_at, *gates.embargoes)))


def release(gates: Gates, publish_at: datetime | None, now: datetime) -> Go | Wait:
    """What the tick does with a scheduled story. Raises NotNow for a gate that has shut since it was scheduled."""
    if not gates.approved:
        raise NotNow("The approval of this story no longer stands: it was not published. Have it approved again.")
    _open(gates, "publish")
    return _when(publish_at, gates, now)


def next_edition(cause: str, wrong: str, right: str) -> tuple[str, str, str]:
    """The cause of an edition after the first and its two sentences, trimmed. Raises Invalid, naming the field."""
    wrong, right = passage(wrong, "wrong", "sentence"), passage(right, "right", "sentence")
    if cause not in NEXT_CAUSES:
        raise Invalid("Say why there is a new edition: %(causes)s.", field="cause", causes=", ".join(NEXT_CAUSES))
    if cause == "correction" and not wrong:
        raise Invalid("Say what was wrong, in a sentence that every licensee will read.", field="wrong")
    if cause == "correction" and not right:
        raise Invalid("Say what is right, in a sentence that every licensee will read.", field="right")
    return cause, wrong, right


def killable(state: str, *, edition_out: bool) -> None:
    """Raise NotNow unless a story can be killed: only what is out can be."""
    if state != "killed" and not edition_out:
        raise NotNow("Nothing of this story is out: there is nothing to kill. Spike it instead.")
    workflow.after(state, "kill")


def spikable(state: str, *, edition_out: bool) -> None:
    """Raise NotNow unless a story can be spiked: only what was never out can be."""
    if state not in workflow.OVER and edition_out:
        raise NotNow(
            "An edition of this story is out: it can't be spiked. Abandon the next edition, or kill the story."
        )
    workflow.after(state, "spike")


_NOT_APPROVED = ("commissioned", "reporting", "filed", "editing")

_LACKS = {
    "copy": "There is no copy yet: write the story first.",
    "headline": "The headline is missing: write one first.",
    "body": "The text has no words: write it first.",
    "change": "The copy says what the edition that is out says: change it first, or leave it at that edition.",
}

_SHUT = {
    "published": "This story is published already. Prepare a new edition to change it.",
    "held": "This story is on hold. Release the hold first.",
    "spiked": "This story was spiked. Bring it back first.",
    "killed": "This story was killed, and that is final.",
}


def _open(gates: Gates, move: str) -> None:
    if gates.state in _SHUT:
        raise NotNow(_SHUT[gates.state])
    workflow.after(gates.state, move)
    if gates.lacks is not None:
        raise NotNow(_LACKS[gates.lacks])


def _when(publish_at: datetime | None, gates: Gates, now: datetime) -> Go | Wait:
    until = release_at(publish_at, gates.embargoes)
    return Wait(until) if until is not None and until > now else Go()
