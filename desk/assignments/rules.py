"""What must hold of commissions and of the answers to them. Pure."""

from datetime import datetime, timedelta
from typing import Literal

from desk.assignments.models import MEDIA
from desk.assignments.workflow import offer_after
from desk.errors import Invalid, Past
from desk.text import LONGEST_REASON, passage

SAID = 280
WHERE = 1000  # links to pictures are long
TWICE = timedelta(minutes=1)  # within which the same commission again is a button pressed twice

Standing = Literal["take", "mine", "lost"]
Became = Literal["declined", "lapsed", "withdrawn", "reassigned", "cancelled", "done"]


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


def ahead(deadline: datetime, now: datetime, *, past_ok: bool = False) -> datetime:
    """The deadline, in UTC. Raises Past if it is not ahead of `now`, unless it was said that this is meant."""
    if deadline <= now and not past_ok:
        raise Past(
            "This deadline is past already. Choose a later one, or tick that it is meant.",
            field="deadline",
            at=deadline,
        )
    return deadline


def moved(deadline: datetime, before: datetime, now: datetime, *, past_ok: bool = False) -> datetime:
    """The new deadline. Raises Past as `ahead` does, Invalid for the same instant as the one there was."""
    if deadline == before:
        raise Invalid("That is the deadline already. Choose another, or leave it.", field="deadline")
    return ahead(deadline, now, past_ok=past_ok)


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


def where(words: str) -> str:
    """Where it is that was handed in: a link or a note, on one line. Raises Invalid if it is empty or too long."""
    words = " ".join(words.split())
    if not words:
        raise Invalid("Say in a line where it is: a link, or what the desk must know to find it.", field="where")
    if len(words) > WHERE:
        raise Invalid(
            "That is %(long)s characters; at most %(most)s are kept here. A shorter link, or a note?",
            field="where",
            long=len(words),
            most=WHERE,
        )
    return words


def reason(words: str, *, field: str = "reason") -> str:
    """A reason, which must be given. Raises Invalid if it is empty or too long."""
    words = passage(words, field, "reason", most=LONGEST_REASON)
    if not words:
        raise Invalid("Give a reason, so that the others know.", field=field)
    return words


def note(words: str) -> str:
    """What is to be done to something that goes back. Raises Invalid if it is empty or too long."""
    words = passage(words, "note", "note")
    if not words:
        raise Invalid("Say what is to be done: the note goes back with it.", field="note")
    return words


def why(words: str) -> str:
    """A reason that may be left out. Raises Invalid if it is too long."""
    return reason(words, field="why") if words.strip() else ""


def became(state: str, *, has_it: bool, offer: str | None, had_it: bool) -> Became | None:
    """What became of an assignment for one person, or None while something is asked of them (or never was).

    `state` is the assignment's, `offer` the state of the last offer to them, if any. `has_it`: they are its assignee;
    `had_it`: they once had accepted the last offer.
    """
    if has_it:
        return "done" if state == "done" else "cancelled" if state == "cancelled" else None
    if offer == "withdrawn":
        return "reassigned" if had_it else "cancelled" if state == "cancelled" else "withdrawn"
    return "declined" if offer == "declined" else "lapsed" if offer == "lapsed" else None


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
