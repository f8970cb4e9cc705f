"""The machines of the assignment and of the offer: two tables of legal moves. Buttons, verbs, tests and docs read
them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from desk.errors import NotNow

UNFILED = ("open", "accepted", "reporting")
UNFINISHED = (*UNFILED, "filed")


@dataclass(frozen=True, slots=True)
class Move:
    """`name` takes an assignment or offer from any of `before` to `after`; `verb` is the public function that does.

    `after` is None where the state stays as it is.
    """

    name: str
    before: tuple[str, ...]
    after: str | None
    permission: str
    verb: str


MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move("offer", ("open",), None, "assignment.give", "commissioning.offer"),
        Move("accept", ("open",), "accepted", "assignment.answer", "commissioning.accept"),
        Move("say", ("accepted", "reporting"), "reporting", "assignment.answer", "commissioning.say"),
        Move("write", ("accepted", "reporting"), "reporting", "copy.write", "copydesk.save"),
        Move("file", ("accepted", "reporting", "filed"), "filed", "copy.write", "copydesk.file"),
        Move("hand_in", ("accepted", "reporting", "filed"), "filed", "assignment.answer", "commissioning.hand_in"),
        Move("return", ("filed",), "reporting", "copy.approve", "approving.send_back"),
        Move("send_back", ("filed",), "reporting", "assignment.give", "commissioning.send_back"),
        Move("move_deadline", UNFILED, None, "assignment.give", "commissioning.move_deadline"),
        Move("reassign", ("accepted", "reporting"), "open", "assignment.give", "commissioning.reassign"),
        Move("cancel", UNFILED, "cancelled", "assignment.give", "commissioning.cancel"),
        Move("finish", ("accepted", "reporting", "filed"), "done", "assignment.give", "commissioning.finish"),
        Move("publish", UNFINISHED, "done", "story.publish", "publishing.publish"),
        Move("kill", UNFINISHED, "cancelled", "story.publish", "publishing.kill"),
        Move("spike", UNFINISHED, "cancelled", "story.edit", "publishing.spike"),
    )
}

OFFER_MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move("accept", ("made",), "accepted", "assignment.answer", "commissioning.accept"),
        Move("decline", ("made",), "declined", "assignment.answer", "commissioning.decline"),
        Move("withdraw", ("made",), "withdrawn", "assignment.give", "commissioning.withdraw_offer"),
        Move("lapse", ("made",), "lapsed", "assignment.answer", "commissioning.accept"),
        Move("take_back", ("accepted",), "withdrawn", "assignment.give", "commissioning.reassign"),
    )
}


def after(state: str, name: str) -> str:
    """The state of an assignment after the move `name`. Raises NotNow if it is not legal from `state`."""
    move = MOVES[name]
    if state not in move.before:
        raise NotNow(
            "This assignment is %(state)s: %(move)s is not possible now.", state=state, move=name.replace("_", " ")
        )
    return move.after or state


def offer_after(state: str, name: str) -> str:
    """The state of an offer after the move `name`. Raises NotNow, saying what became of it, if it is not legal."""
    move = OFFER_MOVES[name]
    if state not in move.before:
        raise NotNow(_GONE[state])
    return move.after or state


def open_moves(state: str) -> Iterable[Move]:
    """The moves of an assignment that are legal from `state`, in the table's order."""
    return (move for move in MOVES.values() if state in move.before)


_GONE = {
    "made": "This offer has not been accepted: withdraw it, or wait for the answer.",
    "accepted": "This offer has been accepted already.",
    "declined": "This offer has been declined. Ask the desk to make it again.",
    "withdrawn": "This offer has been withdrawn. Ask the desk if you still want it.",
    "lapsed": "This offer has lapsed: somebody else was first to accept.",
}
