"""A small newsroom for tests of pages: one desk, a person in each role, one story on its way."""

from dataclasses import dataclass

from argon2 import PasswordHasher

from desk.assignments.models import Assignment, Offer
from desk.people.models import Desk, Person
from desk.store import Store
from desk.stories.models import Story
from tests import factories

PASSWORD = "ships sail on friday"
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # quick to check: nobody keeps it


@dataclass(frozen=True)
class Room:
    """Ada runs it, Eva edits, Arthur approves, Olena and Nino write: she has an assignment, he an offer of another."""

    desk: Desk
    ada: Person
    eva: Person
    arthur: Person
    olena: Person
    nino: Person
    story: Story
    assignment: Assignment
    asked: Assignment
    offer: Offer


def open_room(store: Store) -> Room:
    """Make it, committed. Everybody's password is PASSWORD."""
    with store.write() as session:
        desk = factories.desk(session)
        ada = factories.person(session, "Ada Novak", zone="Europe/Brussels", is_admin=True)
        eva = factories.person(session, "Eva Janssens", zone="Europe/Brussels", roles=((desk, "editor"),))
        arthur = factories.person(session, "Arthur Lim", zone="Asia/Singapore", roles=((desk, "approver"),))
        olena = factories.person(session, title="Black Sea Correspondent", roles=((desk, "correspondent"),))
        nino = factories.person(session, "Nino Kapanadze", zone="Asia/Tbilisi", roles=((desk, "correspondent"),))
        for person in (ada, eva, arthur, olena, nino):
            person.password = HASHED
        story = factories.story(session, desk, state="reporting")
        assignment = factories.assignment(session, story, assignee=olena, editor=eva)
        factories.offer(session, assignment, olena, state="accepted")
        asked = factories.assignment(session, story, editor=eva)
        offer = factories.offer(session, asked, nino)
    return Room(desk, ada, eva, arthur, olena, nino, story, assignment, asked, offer)
