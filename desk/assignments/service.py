"""Steps of the assignments' and offers' own tables; the newsroom's verbs call them and record what happened.

Whoever calls them holds the story's lock: that is what makes the first of several to accept the first.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import chance, db, revisions
from desk.assignments import rules, workflow
from desk.assignments.models import Assignment, Offer
from desk.clock import Moment
from desk.errors import NotNow
from desk.text import passage


def make(
    session: Session,
    *,
    story_id: int,
    editor_id: int | None,
    medium: str,
    brief: str,
    length: int | None,
    moment: Moment,
    people: Sequence[int],
    past_ok: bool,
    now: datetime,
) -> tuple[Assignment, list[Offer]]:
    """Add an open assignment, offered to each of `people` (nobody is allowed).

    Raises Past for a deadline not ahead of `now` unless `past_ok`, Invalid for an unknown medium or an impossible
    length; NotNow if the same was asked of the same people within the last minute.
    """
    assignment = Assignment(
        public_id=chance.public_id(),
        story_id=story_id,
        editor_id=editor_id,
        medium=rules.medium(medium),
        brief=passage(brief, "brief", "brief"),
        length=rules.length(length),
        state="open",
        deadline_at=rules.ahead(moment.at, now, past_ok=past_ok),
        deadline_wall=moment.wall,
        deadline_zone=moment.zone,
        deadline_fold=moment.fold,
        deadline_no=1,
        made_at=now,
    )
    _refuse_twice(session, assignment, people)
    session.add(assignment)
    session.flush()
    return assignment, [offer(session, assignment, person_id, now=now) for person_id in people]


def locked(session: Session, assignment_id: int) -> tuple[Assignment, list[Offer]]:
    """The assignment and its offers as they are now, read for change."""
    (assignment,) = db.lock(session, Assignment, assignment_id)
    rows = select(Offer).where(Offer.assignment_id == assignment_id).order_by(Offer.id).with_for_update()
    return assignment, list(session.scalars(rows.execution_options(populate_existing=True)))


def offer(session: Session, assignment: Assignment, person_id: int, *, now: datetime) -> Offer:
    """Put an open assignment to one person."""
    workflow.after(assignment.state, "offer")
    row = Offer(
        public_id=chance.public_id(), assignment_id=assignment.id, person_id=person_id, state="made", made_at=now
    )
    session.add(row)
    session.flush()
    revisions.touch(session, "person", person_id)
    return row


def move(session: Session, assignment: Assignment, name: str) -> tuple[str, str]:
    """Make the move `name` of the table; gives the states before and after. Raises NotNow if it is not legal.

    A reassignment takes the assignee away; who accepts is set by `take`.
    """
    before = assignment.state
    state = workflow.after(before, name)
    _touch(session, assignment)
    if state == "open":
        assignment.assignee_id = assignment.accepted_at = assignment.said = assignment.said_at = None
    assignment.state = state
    session.flush()
    return before, state


def take(
    session: Session, assignment: Assignment, offers: Sequence[Offer], mine: Offer, *, now: datetime
) -> tuple[tuple[str, str], list[Offer]]:
    """Give the assignment to the one whose offer is `mine`; every other offer still made lapses.

    Gives the states before and after, and the offers that lapsed.
    """
    state = workflow.after(assignment.state, "accept")
    before, assignment.state = assignment.state, state
    assignment.assignee_id, assignment.accepted_at = mine.person_id, now
    answer(session, mine, "accept", now=now)
    lapsed = [other for other in offers if other.state == "made" and other.id != mine.id]
    for other in lapsed:
        answer(session, other, "lapse", now=now)
    return (before, state), lapsed


def answer(session: Session, of: Offer, name: str, *, now: datetime, reason: str = "") -> None:
    """Make the move `name` of the offer's table. Raises NotNow if it is not legal."""
    of.state = workflow.offer_after(of.state, name)
    of.reason = reason
    of.answered_at = now
    session.flush()
    revisions.touch(session, "person", of.person_id)


def withdraw(session: Session, offers: Sequence[Offer], *, now: datetime) -> list[Offer]:
    """Withdraw those of `offers` that are still made; gives them."""
    standing = [of for of in offers if of.state == "made"]
    for of in standing:
        answer(session, of, "withdraw", now=now)
    return standing


def take_back(session: Session, offers: Sequence[Offer], *, now: datetime) -> None:
    """Withdraw the offer that was accepted, as its assignment goes to somebody else."""
    for of in offers:
        if of.state == "accepted":
            answer(session, of, "take_back", now=now)


def say(session: Session, assignment: Assignment, words: str, *, now: datetime) -> tuple[str, str]:
    """Keep the assignee's word on how it goes. `words` must have passed `rules.said`."""
    moved = move(session, assignment, "say")
    assignment.said, assignment.said_at = words, now
    session.flush()
    return moved


def hand_in(session: Session, assignment: Assignment, where: str, *, now: datetime) -> tuple[str, str]:
    """Keep where it is that was handed in. `where` must have passed `rules.where`."""
    moved = move(session, assignment, "hand_in")
    assignment.said, assignment.said_at = where, now
    session.flush()
    return moved


def follow(session: Session, of: Assignment, *, was: tuple[str, int | None], now_is: tuple[str, int | None]) -> None:
    """Have an assignment that asks for what its story asked for (brief and length) ask for what that asks for now."""
    if of.brief == was[0]:
        of.brief = now_is[0]
    if of.medium == "text" and of.length == was[1]:
        of.length = now_is[1]
    _touch(session, of)
    session.flush()


def publish(session: Session, assignment: Assignment, *, by: int | None) -> tuple[str, str]:
    """Make the move `publish`; what nobody had taken is done by the person `by`, who wrote what went out.

    Gives the states before and after. Raises NotNow if it is over.
    """
    state = workflow.after(assignment.state, "publish")
    before, assignment.state = assignment.state, state
    assignment.assignee_id = assignment.assignee_id or by
    _touch(session, assignment)
    session.flush()
    return before, state


def set_deadline(session: Session, assignment: Assignment, moment: Moment, *, past_ok: bool, now: datetime) -> int:
    """Give an unfiled assignment its next deadline; gives the number that deadline has.

    Raises Past for one that is not ahead of `now` unless `past_ok`, Invalid for the same instant as before, NotNow if
    copy was filed.
    """
    workflow.after(assignment.state, "move_deadline")
    assignment.deadline_at = rules.moved(moment.at, assignment.deadline_at, now, past_ok=past_ok)
    assignment.deadline_wall = moment.wall
    assignment.deadline_zone = moment.zone
    assignment.deadline_fold = moment.fold
    assignment.deadline_no += 1
    _touch(session, assignment)
    session.flush()
    return assignment.deadline_no


def _touch(session: Session, assignment: Assignment) -> None:
    if assignment.assignee_id is not None:
        revisions.touch(session, "person", assignment.assignee_id)


def _refuse_twice(session: Session, new: Assignment, people: Sequence[int]) -> None:
    same = session.scalars(
        select(Assignment.id).where(
            Assignment.story_id == new.story_id,
            Assignment.state == "open",
            Assignment.medium == new.medium,
            Assignment.brief == new.brief,
            Assignment.deadline_at == new.deadline_at,
            Assignment.made_at > new.made_at - rules.TWICE,
        )
    )
    for assignment_id in same:
        offered = session.scalars(select(Offer.person_id).where(Offer.assignment_id == assignment_id))
        if set(offered) == set(people):
            raise NotNow("This was assigned a moment ago: once is enough. To ask for the same again, wait a minute.")
