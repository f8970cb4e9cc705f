"""What must hold of commissions and of the answers to them. Pure."""

from datetime import datetime, timedelta
from typing import Literal

from desk.assignments.models import MEDIA
from desk.assignments.workflow import offer_after
from desk.errors import Invalid

SAID = 280
REASON = 1000
TWICE = timedelta(minutes=1)  # within which the same commission again is a button pressed twice

Standing = Literal["take", "mine", "lost"]


def medium(word: str) -> str:
    """One of the media an assignment can be for. Raises Invalid for any other."""
    if word not in MEDIA:
        raise Invalid("Say what is wanted: %(media)s.", field="medium", media=", ".join(MEDIA))
    return word


def length(words: int | None) -> int | None:
    """A length in words (seconds for video and audio), or none. Raises Invalid for one that can't be meant."""
    if words is not None and not 1 <= words <= 100_000:
        raise Invalid("A length is a number from 1 to 100,000, or left empty.", field="length")
    return words


def ahead(deadline: datetime, now: datetime) -> datetime:
    """The deadline, in UTC. Raises Invalid if it is not ahead of `now`."""
    if deadline <= now:
        raise Invalid("This deadline is past already. Choose a later one.", field="deadline")
    return deadline


def moved(deadline: datetime, before: datetime, now: datetime) -> datetime:
    """The new deadline. Raises Invalid if it is past, or the same instant as the one there was."""
    if deadline == before:
        raise Invalid("That is the deadline already. Choose another, or leave it.", field="deadline")
    return ahead(deadline, now)


def said(words: str) -> str:
    """How it goes, in a line. Raises Invalid if it is empty or longer than 280 characters."""
    words = " ".join(words.split())
    if not words:
        raise Invalid("Say in a few words how it goes.", field="words")
    if len(words) > SAID:
        raise Invalid(
            "That is %(long)s characters; the desk reads up to %(most)s here. Put the rest into the copy.",
            field="words",
            long=len(words),
            most=SAID,
        )
    return words


def reason(words: str, *, field: str = "reason") -> str:
    """A reason, which must be given. Raises Invalid if it is empty or too long."""
    words = words.strip()
    if not words:
        raise Invalid("Give a reason, so that the others know.", field=field)
    if len(words) > REASON:
        raise Invalid("That is too long for a reason: %(most)s characters at most.", field=field, most=REASON)
    return words


def why(words: str) -> str:
    """A reason that may be left out. Raises Invalid if it is too long."""
    return reason(words, field="why") if words.strip() else ""


def answer(offer_state: str, *, winner: int | None, person: int) -> Standing:
    """How accepting stands for `person`: the offer is theirs to take, they have it already, or `winner` was first.

    Raises NotNow, with what became of the offer, where it can't be accepted and nobody has the assignment.
    """
    if winner == person and offer_state in ("accepted", "lapsed"):
        return "mine"  # the button pressed twice
    if winner is not None and offer_state == "lapsed":
        return "lost"
    offer_after(offer_state, "accept")
    return "take"
