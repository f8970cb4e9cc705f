"""A desk that commissions, for the tests of commissioning and of what becomes of a commission."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import clock
from desk.actor import Actor
from desk.assignments.models import Assignment, Offer
from desk.audit import queries as audit
from desk.newsroom import commissioning as c
from desk.outbox.models import Message
from desk.people.models import Desk, Person
from desk.reminders.models import Rung
from desk.stories.models import Story
from tests import factories


@dataclass
class Newsroom:
    """A desk with two editors, three correspondents, and a story that nobody has yet."""

    session: Session
    now: datetime
    desk: Desk
    ruth: Person
    tom: Person
    olena: Person
    nino: Person
    ivo: Person
    story: Story

    def as_(self, person: Person) -> Actor:
        return factories.actor(self.session, person)

    def at(self, hours: float, zone: str = "Europe/Kyiv") -> clock.Moment:
        return clock.moment_at(self.now + timedelta(hours=hours), zone)

    def assign(
        self,
        *people: Person,
        by: Person | None = None,
        hours: float = 30,
        medium: str = "text",
        brief: str = "Who pays",
    ) -> Assignment:
        return c.assign(
            self.session, self.as_(by or self.ruth), self.story.public_id, medium=medium, brief=brief,
            moment=self.at(hours), people=[person.public_id for person in people], now=self.now,
        )  # fmt: skip

    def offer_to(self, person: Person, of: Assignment) -> Offer:
        return self.session.scalars(
            select(Offer).where(Offer.assignment_id == of.id, Offer.person_id == person.id).order_by(Offer.id.desc())
        ).first() or pytest.fail("no such offer")

    def accept(self, person: Person, of: Assignment) -> c.Accepted | c.Lost:
        return c.accept(self.session, self.as_(person), self.offer_to(person, of).public_id, now=self.now)

    def told(self, person: Person, kind: str | None = None) -> list[Message]:
        rows = select(Message).where(Message.recipient_id == person.id).order_by(Message.id)
        return [row for row in self.session.scalars(rows) if kind in (None, row.kind)]

    def kinds(self, person: Person) -> list[str]:
        return [message.kind for message in self.told(person)]

    def rungs(self, of: Assignment, state: str = "planned") -> list[tuple[str, str, int]]:
        rows = select(Rung).where(Rung.thing_id == of.id, Rung.state == state).order_by(Rung.due_at, Rung.id)
        return [(row.rung, row.whom, row.deadline_no) for row in self.session.scalars(rows)]

    def ladder(self, person: Person, number: int = 1) -> list[tuple[str, str, int]]:
        return [(rung, f"person:{person.id}", number) for rung in ("24h", "2h", "15min", "late15")]

    def history(self) -> list[str]:
        return [entry.verb for entry in audit.of_story(self.session, self.story.id)]


def open_newsroom(session: Session, now: datetime) -> Newsroom:
    """The desk, its people and the story."""
    desk = factories.desk(session)
    far = factories.desk(session, "Caucasus desk", "Asia/Tbilisi")
    return Newsroom(
        session,
        now,
        desk,
        ruth=factories.person(session, "Ruth Adler", roles=((desk, "editor"),)),
        tom=factories.person(session, "Tom Baker", roles=((desk, "editor"),)),
        olena=factories.person(session, "Olena Demchuk", roles=((desk, "correspondent"),)),
        nino=factories.person(session, "Nino Beridze", zone="Asia/Tbilisi", roles=((far, "correspondent"),)),
        ivo=factories.person(session, "Ivo Marin", roles=((desk, "correspondent"),)),
        story=factories.story(session, desk),
    )
