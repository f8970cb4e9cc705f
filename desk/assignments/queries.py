"""Reads of assignments and offers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.assignments.models import Assignment, Offer
from desk.assignments.workflow import UNFILED
from desk.errors import NotFound


@dataclass(frozen=True, slots=True)
class Mine:
    """What one person has to answer, and what they have to do; each by deadline."""

    offers: Sequence[tuple[Offer, Assignment]]
    assignments: Sequence[Assignment]


def assignment(session: Session, public_id: str) -> Assignment:
    """The assignment of that public id. Raises NotFound."""
    found = session.scalar(select(Assignment).where(Assignment.public_id == public_id))
    if found is None:
        raise NotFound("There is no such assignment here.")
    return found


def offer(session: Session, public_id: str) -> tuple[Offer, Assignment]:
    """The offer of that public id, and what it offers. Raises NotFound."""
    found = session.execute(
        select(Offer, Assignment)
        .join(Assignment, Assignment.id == Offer.assignment_id)
        .where(Offer.public_id == public_id)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such offer here.")
    return found[0], found[1]


def of_story(session: Session, story_id: int) -> Sequence[tuple[Assignment, Sequence[Offer]]]:
    """A story's assignments by deadline, each with all its offers in the order they were made."""
    rows = session.scalars(
        select(Assignment).where(Assignment.story_id == story_id).order_by(Assignment.deadline_at, Assignment.id)
    ).all()
    offers = offers_of(session, [row.id for row in rows])
    return [(row, offers[row.id]) for row in rows]


def offers_of(session: Session, assignment_ids: Collection[int]) -> dict[int, list[Offer]]:
    """All offers of these assignments, by assignment, in the order they were made."""
    found: dict[int, list[Offer]] = {id_: [] for id_ in assignment_ids}
    if found:
        rows = select(Offer).where(Offer.assignment_id.in_(found)).order_by(Offer.id)
        for row in session.scalars(rows):
            found[row.assignment_id].append(row)
    return found


def mine(session: Session, person_id: int) -> Mine:
    """The offers made to a person and not yet answered, and their assignments that are not over; by deadline."""
    offers = session.execute(
        select(Offer, Assignment)
        .join(Assignment, Assignment.id == Offer.assignment_id)
        .where(Offer.person_id == person_id, Offer.state == "made")
        .order_by(Assignment.deadline_at, Assignment.id)
    )
    assignments = session.scalars(
        select(Assignment)
        .where(Assignment.assignee_id == person_id, Assignment.state.in_(("accepted", "reporting", "filed")))
        .order_by(Assignment.deadline_at, Assignment.id)
    )
    return Mine([(row[0], row[1]) for row in offers], assignments.all())


def next_deadline(session: Session, story_id: int) -> datetime | None:
    """The earliest deadline by which something of this story is still to be filed, if any is."""
    return session.scalar(
        select(func.min(Assignment.deadline_at)).where(Assignment.story_id == story_id, Assignment.state.in_(UNFILED))
    )


def cancelled(session: Session, story_id: int) -> Sequence[int]:
    """The ids of a story's assignments that were cancelled."""
    return session.scalars(
        select(Assignment.id).where(Assignment.story_id == story_id, Assignment.state == "cancelled")
    ).all()
