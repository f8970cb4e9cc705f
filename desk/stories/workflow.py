"""The story machine: one table of legal moves. Buttons, verbs, tests and docs read it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from desk.errors import NotNow

UNFINISHED = ("pitched", "commissioned", "reporting", "filed", "editing", "approved", "scheduled")
OVER = ("spiked", "killed")
UNDER_EMBARGO = (*UNFINISHED, "held")  # what an embargo can still hold back


@dataclass(frozen=True, slots=True)
class Move:
    """`name` takes a story from any of `before` to `after`; `verb` is the one public function that makes it.

    `after` is None where the move decides it (a hold that ends goes back to whence it came).
    """

    name: str
    before: tuple[str, ...]
    after: str | None
    permission: str
    verb: str


_NEXT_EDITION = ("reporting", "filed", "editing", "approved", "scheduled")
_EDITION_OUT = ("published", *_NEXT_EDITION, "held")

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move("commission", ("pitched",), "commissioned", "assignment.give", "commissioning.assign"),
        Move("accept", ("commissioned", "reporting"), "reporting", "assignment.answer", "commissioning.accept"),
        Move("reopen", ("reporting", "commissioned"), "commissioned", "assignment.give", "commissioning.reassign"),
        Move("write", ("commissioned", "reporting"), "reporting", "copy.write", "copydesk.save"),
        Move("desk_edit", ("commissioned", "filed", "editing"), "editing", "copy.write", "copydesk.save"),
        Move("file", ("commissioned", "reporting", "filed", "editing"), "filed", "copy.write", "copydesk.file"),
        Move("return", ("filed", "editing", "approved"), "reporting", "copy.approve", "approving.send_back"),
        Move("approve", ("filed", "editing"), "approved", "copy.approve", "approving.approve"),
        Move("withdraw", ("approved", "scheduled"), "editing", "copy.approve", "approving.withdraw"),
        Move("void", ("approved", "scheduled"), "editing", "copy.write", "copydesk.save"),
        Move("schedule", ("approved", "scheduled"), "scheduled", "story.publish", "publishing.schedule"),
        Move("unschedule", ("scheduled",), "approved", "story.publish", "publishing.unschedule"),
        Move("publish", ("approved", "scheduled"), "published", "story.publish", "publishing.publish"),
        Move("on_authority", ("filed", "editing"), "published", "story.publish", "publishing.publish_on_authority"),
        Move("prepare_edition", ("published",), "editing", "story.publish", "publishing.prepare_edition"),
        Move("abandon_edition", _NEXT_EDITION, "published", "story.publish", "publishing.abandon_edition"),
        Move("kill", _EDITION_OUT, "killed", "story.publish", "publishing.kill"),
        Move("hold", UNFINISHED, "held", "story.edit", "publishing.hold"),
        Move("release", ("held",), None, "story.edit", "publishing.release"),
        Move("spike", (*UNFINISHED, "held"), "spiked", "story.edit", "publishing.spike"),
        Move("unspike", ("spiked",), "commissioned", "story.edit", "publishing.unspike"),
    )
}


def after(state: str, name: str) -> str | None:
    """The state that `name` leads to from `state` (None: the move itself decides). Raises NotNow if it is not legal."""
    move = MOVES[name]
    if state not in move.before:
        raise NotNow("This story is %(state)s: %(move)s is not possible now.", state=state, move=name.replace("_", " "))
    return move.after


def open_moves(state: str) -> Iterable[Move]:
    """The moves that are legal from `state`, in the table's order."""
    return (move for move in MOVES.values() if state in move.before)


def saving(state: str, *, by_desk: bool) -> str | None:
    """The move that a new version of the main draft makes, or None where it makes none.

    The desk's first save of filed copy is its edit; whoever writes into a commissioned or returned story reports it;
    any save takes an approval away. Raises NotNow, with the way out, where copy can't be saved.
    """
    if state in _CLOSED:
        raise NotNow(_CLOSED[state])
    if state in MOVES["void"].before:
        return "void"
    name = "desk_edit" if by_desk and state != "reporting" else "write"
    return name if state in MOVES[name].before else None


_CLOSED = {
    "pitched": "This story is only pitched. Commission it, then write.",
    "published": "This story is published. Prepare a correction, a clarification or an update first, then write it.",
    "held": "This story is on hold. Release the hold, then save again.",
    "spiked": "This story was spiked. Bring it back, then save again.",
    "killed": "This story was killed, and that is final. Make a new story for new copy.",
}
