"""The numbers in the menu and the clocks over the page: asked on every page, so never by reading through a table."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments.models import Assignment, Offer
from desk.assignments.workflow import UNFINISHED
from desk.drafts.models import Byline, Draft, Version
from desk.newsroom import authorship
from desk.newsroom.bands import TO_APPROVE
from desk.outbox import queries as outbox
from desk.people import queries as people
from desk.people.models import Person
from desk.stories.models import ON_BOARD, Story


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers in the menu."""

    desk: int
    mine: int
    waiting: int
    dead: int
    unread: int


def counts(session: Session, actor: Actor) -> Counts:
    """The numbers in the menu, in a few small queries."""
    mine = select(func.count()).where(Assignment.assignee_id == actor.person_id, Assignment.state.in_(UNFINISHED))
    offered = select(func.count()).where(Offer.person_id == actor.person_id, Offer.state == "made")
    return Counts(
        desk=session.scalar(select(func.count()).select_from(Story).where(ON_BOARD)) or 0,
        mine=(session.scalar(mine) or 0) + (session.scalar(offered) or 0),
        waiting=_to_approve(session, actor) + _to_publish(session, actor),
        dead=outbox.dead_count(session, but_to=people.shut_out()),
        unread=outbox.unseen(session, actor.person_id) if actor.person_id is not None else 0,
    )


def clocks(session: Session, person: Person) -> list[str]:
    """The zones of the clocks over the page: the reader's, then the desks', each once, at most five."""
    return list(dict.fromkeys([person.present_zone, *(desk.zone for desk in people.desks(session))]))[:5]


def _to_publish(session: Session, actor: Actor) -> int:
    approved = select(func.count()).where(Story.state == "approved", Story.desk_id.in_(actor.desks("editor")))
    return (session.scalar(approved) or 0) if actor.desks("editor") else 0


def _to_approve(session: Session, actor: Actor) -> int:
    """Copy at one's desks that is not one's own: whose it is is asked only of what one has had a hand in."""
    if not (desks := actor.desks("editor", "approver")):
        return 0
    written = and_(Draft.story_id == Story.id, Draft.is_main, Draft.last_n > 0)
    waits = select(Story).join(Draft, written).where(Story.state.in_(TO_APPROVE), Story.desk_id.in_(desks))
    own = authorship.own_copies(session, actor, session.scalars(waits.where(_had_a_hand_in(actor))).all())
    return (session.scalar(waits.with_only_columns(func.count())) or 0) - len(own)


def _had_a_hand_in(actor: Actor) -> ColumnElement[bool]:
    """More than what is one's own by the rule: any version, any byline that may be theirs, the next edition."""
    wrote = select(Version.id).where(Version.author_id == actor.person_id, Version.draft_id == Draft.id)
    theirs = or_(
        Byline.person_id == actor.person_id,
        Byline.person_id.is_(None),
        func.lower(Byline.name) == func.lower(actor.name),
    )
    over = select(Byline.version_id).join(Version, Version.id == Byline.version_id)
    return or_(
        Story.next_by_id == actor.person_id, wrote.exists(), over.where(Version.draft_id == Draft.id, theirs).exists()
    )
