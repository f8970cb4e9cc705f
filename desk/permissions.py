"""Who may do what: one table and one pure question. Routes, verbs, buttons and docs all read it.

A grant is (role, scope). Scopes: `newsroom` wherever one holds the role on any desk; `desk` on the thing's
own desk; `own` where one is among the thing's owners (its assignee, those it was offered to, oneself).
`anyone` needs no role but a sign-in; `public` not even that.
"""

from dataclasses import dataclass
from typing import Literal

from desk.actor import Actor, Role
from desk.errors import Forbidden

Scope = Literal["newsroom", "desk", "own"]
Who = Role | Literal["admin", "anyone"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the question is about: the thing's desk and the people to whom it belongs."""

    desk_id: int | None = None
    owners: frozenset[int] = frozenset()


NOWHERE = Facts()

# permission -> (what it allows, grants)
TABLE: dict[str, tuple[str, tuple[tuple[Who, Scope], ...]]] = {
    "public": ("pages that need no sign-in", ()),
    "self": ("one's own account, messages and sessions", (("anyone", "newsroom"),)),
    "board.read": (
        "the board of all desks",
        (("editor", "newsroom"), ("approver", "newsroom"), ("admin", "newsroom")),
    ),
    "story.find": ("find stories", (("anyone", "newsroom"),)),
    "story.read": (
        "read a story and its history",
        (("editor", "newsroom"), ("approver", "newsroom"), ("admin", "newsroom"), ("anyone", "own")),
    ),
    "story.make": ("make a story on a desk", (("editor", "desk"),)),
    "story.edit": ("change a story's frame, hold, spike", (("editor", "desk"),)),
    "assignment.give": ("assign, offer, move, reassign, cancel, call done", (("editor", "desk"),)),
    "assignment.answer": ("accept, decline, say how it goes, hand in", (("anyone", "own"),)),
    "copy.write": ("save and file copy", (("editor", "desk"), ("anyone", "own"))),
    "copy.approve": ("approve or return copy", (("approver", "desk"), ("editor", "desk"))),
    "story.publish": ("publish, schedule, embargo, correct, kill", (("editor", "desk"),)),
    "wire.read": ("read the wire", (("anyone", "newsroom"),)),
    "wire.use": ("open a story from a wire item", (("editor", "newsroom"),)),
    "wire.manage": ("add, change and stop wire sources", (("editor", "newsroom"), ("admin", "newsroom"))),
    "republication.read": (
        "licensees, notices, receipts",
        (("editor", "newsroom"), ("approver", "newsroom"), ("admin", "newsroom")),
    ),
    "republication.manage": (
        "add and change licensees and grants, send test notices",
        (("editor", "newsroom"), ("admin", "newsroom")),
    ),
    "mail.read": ("captured mail", (("editor", "newsroom"), ("admin", "newsroom"))),
    "outbox.manage": ("dead letters, send again", (("editor", "newsroom"), ("admin", "newsroom"))),
    "people.read": ("who works here, where and when", (("anyone", "newsroom"),)),
    "people.manage": ("invite, change and disable people, their roles", (("admin", "newsroom"),)),
    "newsroom.manage": ("desks, agency, settings", (("admin", "newsroom"),)),
}


def permits(actor: Actor, permission: str, facts: Facts = NOWHERE) -> bool:
    """Whether `actor` may do that to a thing of which `facts` are known. An unknown permission is a KeyError."""
    grants = TABLE[permission][1]
    if actor.kind == "system" or permission == "public":
        return True
    return any(_holds(actor, who, scope, facts) for who, scope in grants)


def could(actor: Actor, permission: str) -> bool:
    """Whether there can be a thing for which `permits` holds: what a route asks before the thing is known."""
    if actor.kind == "system" or permission == "public":
        return True
    return any(_is(actor, who) for who, _ in TABLE[permission][1])


def require(actor: Actor, permission: str, facts: Facts = NOWHERE) -> None:
    """Raise Forbidden, saying what was asked for, unless `actor` may."""
    if not permits(actor, permission, facts):
        raise Forbidden(
            "You may not do this here: %(what)s. Ask an editor of this desk or an administrator.",
            what=TABLE[permission][0],
        )


def _holds(actor: Actor, who: Who, scope: Scope, facts: Facts) -> bool:
    if scope == "own":
        return actor.person_id in facts.owners and _is(actor, who)
    if scope == "desk" and who != "admin" and who != "anyone":
        return facts.desk_id is not None and actor.has(who, facts.desk_id)
    return _is(actor, who)


def _is(actor: Actor, who: Who) -> bool:
    if who == "anyone":
        return actor.person_id is not None
    if who == "admin":
        return actor.is_admin
    return actor.has(who)
