"""Everybody who works here: their roles, where they are, and what they have open. Reads only, joined over features."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk import clock
from desk.actor import Actor
from desk.assignments.models import Assignment, Offer
from desk.assignments.workflow import UNFILED
from desk.newsroom import reading
from desk.outbox import queries as outbox
from desk.people import queries
from desk.people.models import Desk, Membership, Person, SignIn
from desk.stories.models import Story


@dataclass(frozen=True, slots=True)
class Work:
    """Something a person has accepted and not filed; `slug` and `story` are empty for who may not read the story."""

    slug: str
    story: str
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """One person with their roles and their open work, the earliest deadline first; `offers` wait for their answer.

    `been_in` is whether they ever set a password, are signed in, or have read what they were told.
    """

    person: Person
    roles: Sequence[tuple[Desk, str]]
    work: Sequence[Work]
    offers: int
    been_in: bool

    def writes_for(self, desk_id: int) -> bool:
        """Whether they are a correspondent of that desk."""
        return any(desk.id == desk_id and role == "correspondent" for desk, role in self.roles)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who can be asked: the desk's own correspondents, and all others."""

    ours: Sequence[Member]
    others: Sequence[Member]


QUARTER = timedelta(minutes=15)
QUARTERS = 96  # in a day
WAKING = range(6, 22)
OFFICE = range(9, 18)


@dataclass(frozen=True)
class Day:
    """The reader's day of 24 hours from their midnight, on which everybody's night and office hours are laid out."""

    zone: str
    now: datetime

    @cached_property
    def quarter(self) -> int:
        """In which quarter of an hour of the day it is now."""
        wall = clock.moment_at(self.now, self.zone).wall
        return wall.hour * 4 + wall.minute // 15

    def spans(self, zone: str) -> list[tuple[str, int, int]]:
        """What the hours are in `zone` during this day: (`night` or `office`, from quarter, to quarter)."""
        begins = clock.minute_floor(self.now) - self.quarter * QUARTER
        begins -= timedelta(minutes=clock.moment_at(self.now, self.zone).wall.minute % 15)
        kinds = [hours(clock.moment_at(begins + n * QUARTER, zone).wall.hour) for n in range(QUARTERS)]
        found, start = [], 0
        for kind, run in groupby(kinds):
            end = start + len(list(run))
            found += [(kind, start, end)] if kind else []
            start = end
        return found


def crew(session: Session, actor: Actor, *, disabled: bool = False) -> list[Member]:
    """Everybody by name, as this actor may know them; those who are disabled only if wanted."""
    roles, work, offers = _roles(session), _work(session, actor), _offers(session)
    everybody = queries.everybody(session, disabled=disabled)
    been_in = _been_in(session, everybody)
    return [Member(one, roles[one.id], work[one.id], offers.get(one.id, 0), one.id in been_in) for one in everybody]


def candidates(session: Session, actor: Actor, desk_id: int | None, *, but: int | None = None) -> Candidates:
    """Who can be asked for a story of that desk, those with least to do first. Nobody is asked without a role."""
    able = [one for one in crew(session, actor) if one.roles and one.person.id != but]
    found = sorted(able, key=lambda one: len(one.work))
    ours = [one for one in found if desk_id is not None and one.writes_for(desk_id)]
    return Candidates(ours, [one for one in found if one not in ours])


def left_by(session: Session, person: Person) -> Sequence[str]:
    """The slugs of the stories for which somebody has something that is not filed, the earliest deadline first."""
    has = select(Story.slug).join(Assignment, Assignment.story_id == Story.id)
    has = has.where(Assignment.assignee_id == person.id, Assignment.state.in_(UNFILED))
    return list(dict.fromkeys(session.scalars(has.order_by(Assignment.deadline_at))))


def by_desk(members: Sequence[Member], desks: Sequence[Desk]) -> list[tuple[Desk | None, list[Member]]]:
    """Each member once, under a desk of theirs, one in their own zone if there is one; without any under None, last."""
    found: dict[int, list[Member]] = {desk.id: [] for desk in desks}
    rest: list[Member] = []
    for one in members:
        theirs = [desk for desk in desks if any(held.id == desk.id for held, _ in one.roles)]
        home = [desk for desk in theirs if desk.zone == one.person.home_zone] or theirs
        (found[home[0].id] if home else rest).append(one)
    groups: list[tuple[Desk | None, list[Member]]] = [(desk, found[desk.id]) for desk in desks if found[desk.id]]
    return [*groups, (None, rest)] if rest else groups


def hours(hour: int) -> str:
    """What an hour is where somebody is: `night`, `office`, or neither."""
    return "night" if hour not in WAKING else "office" if hour in OFFICE else ""


def _been_in(session: Session, everybody: Sequence[Person]) -> set[int]:
    found = {one.id for one in everybody if one.password} | set(session.scalars(select(SignIn.person_id).distinct()))
    return found | outbox.readers(session, [one.id for one in everybody if one.id not in found])


def _roles(session: Session) -> dict[int, list[tuple[Desk, str]]]:
    found: dict[int, list[tuple[Desk, str]]] = defaultdict(list)
    held = select(Membership.person_id, Membership.role, Desk).join(Desk, Desk.id == Membership.desk_id)
    for person_id, role, desk in session.execute(
        held.where(Desk.closed_at.is_(None)).order_by(Desk.name, Membership.role)
    ):
        found[person_id].append((desk, role))
    return found


def _work(session: Session, actor: Actor) -> dict[int, list[Work]]:
    found: dict[int, list[Work]] = defaultdict(list)
    readable = reading.readable(session, actor)
    wanted = select(Assignment, Story.slug, Story.public_id).join(Story, Story.id == Assignment.story_id)
    for row, slug, story in session.execute(
        wanted.where(Assignment.state.in_(UNFILED), Assignment.assignee_id.is_not(None)).order_by(
            Assignment.deadline_at
        )
    ):
        known = readable is None or row.story_id in readable
        found[row.assignee_id or 0].append(Work(slug if known else "", story if known else "", row.deadline_at))
    return found


def _offers(session: Session) -> dict[int, int]:
    made = select(Offer.person_id, func.count()).where(Offer.state == "made").group_by(Offer.person_id)
    return {row[0]: row[1] for row in session.execute(made)}
