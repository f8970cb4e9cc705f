"""Reads of people, desks and the newsroom."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor, Role
from desk.errors import NotFound
from desk.people.models import Desk, Membership, Newsroom, Person


def newsroom(session: Session) -> Newsroom:
    """The newsroom's one row. Raises NotFound before `desk init`."""
    row = session.get(Newsroom, 1)
    if row is None:
        raise NotFound("This database has no newsroom yet: run `desk init`.")
    return row


def actor_of(session: Session, person: Person) -> Actor:
    """The actor that acts for a person, with the roles they have now."""
    rows = session.execute(select(Membership.desk_id, Membership.role).where(Membership.person_id == person.id))
    roles = frozenset((desk_id, _role(role)) for desk_id, role in rows)
    return Actor(kind="person", person_id=person.id, name=person.name, is_admin=person.is_admin, roles=roles)


def desk(session: Session, public_id: str) -> Desk:
    """The desk of that public id. Raises NotFound."""
    found = session.scalar(select(Desk).where(Desk.public_id == public_id))
    if found is None:
        raise NotFound("There is no such desk.")
    return found


def desks(session: Session) -> Sequence[Desk]:
    """All open desks by name."""
    return session.scalars(select(Desk).where(Desk.closed_at.is_(None)).order_by(Desk.name)).all()


def person(session: Session, public_id: str) -> Person:
    """The person of that public id, disabled or not. Raises NotFound."""
    found = session.scalar(select(Person).where(Person.public_id == public_id))
    if found is None:
        raise NotFound("There is no such person here.")
    return found


def by_email(session: Session, email: str) -> Person | None:
    """The person of that address, in whatever case it was typed."""
    return session.scalar(select(Person).where(Person.email == email.strip().lower()))


def people(session: Session, ids: Sequence[int]) -> dict[int, Person]:
    """The people of these ids, by id."""
    return {p.id: p for p in session.scalars(select(Person).where(Person.id.in_(ids)))} if ids else {}


def everybody(session: Session, *, disabled: bool = False) -> Sequence[Person]:
    """All people by name; those who were disabled last, and only if wanted."""
    wanted = select(Person).order_by(Person.disabled_at.is_not(None), Person.name)
    return session.scalars(wanted if disabled else wanted.where(Person.disabled_at.is_(None))).all()


def holders(session: Session, desk_id: int, *roles: Role) -> Sequence[Person]:
    """Those who hold one of `roles` on that desk and are not disabled, by name."""
    return session.scalars(
        select(Person)
        .where(
            Person.disabled_at.is_(None),
            Person.id.in_(
                select(Membership.person_id).where(Membership.desk_id == desk_id, Membership.role.in_(roles))
            ),
        )
        .order_by(Person.name)
    ).all()


def _role(word: str) -> Role:
    for role in ("editor", "approver", "correspondent"):
        if role == word:
            return role
    raise ValueError(f"no such role: {word}")
