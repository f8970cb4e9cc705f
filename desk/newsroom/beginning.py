"""A newsroom in which nothing has happened yet: how far its administrator is with the four things to do first."""

from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from desk.people.models import Desk, Person
from desk.stories.models import Story
from desk.wires.models import Source


@dataclass(frozen=True, slots=True)
class Beginning:
    """What there is already, before the first story."""

    desks: int
    people: int
    sources: int

    @property
    def step(self) -> int:
        """Which of the four is next: make a desk, ask people in, let the wire in, assign a story."""
        return 1 if not self.desks else 2 if self.people < 2 else 3 if not self.sources else 4


def beginning(session: Session) -> Beginning | None:
    """How far it is; None once there is a story."""
    if session.scalar(select(exists(select(Story.id)))):
        return None
    counts = [session.scalar(select(func.count(model.id))) or 0 for model in (Desk, Person, Source)]
    return Beginning(*counts)
