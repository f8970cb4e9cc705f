"""Reads of people, desks and the newsroom."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from desk.actor import Actor, Role
from desk.errors import Invalid, NotFound
from desk.people import rules
from desk.people.models import Desk, Link, Membership, Newsroom, Person


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
    return _desk(session, select(Desk).where(Desk.public_id == public_id))


def open_desk(session: Session, public_id: str) -> Desk:
    """A desk that takes new work, and is not closed until this transaction ends. Raises NotFound, Invalid if closed."""
    wanted = select(Desk).where(Desk.public_id == public_id).with_for_update(read=True, key_share=True)
    found = _desk(session, wanted.execution_options(populate_existing=True))
    if found.closed_at is not None:
        raise Invalid("The %(desk)s is closed. Choose another desk.", field="desk", desk=found.name)
    return found


def _desk(session: Session, wanted: Select[Desk]) -> Desk:
    found = session.scalar(wanted)
    if found is None:
        raise NotFound("There is no such desk.")
    return found


def desks(session: Session, *, closed: bool = False) -> Sequence[Desk]:
    """All open desks by name; those that are closed last, and only if wanted."""
    wanted = select(Desk).order_by(Desk.closed_at.is_not(None), Desk.name)
    return session.scalars(wanted if closed else wanted.where(Desk.closed_at.is_(None))).all()


def shut_out() -> Select[int]:
    """The ids of the people who are disabled, for a condition of another query."""
    return select(Person.id).where(Person.disabled_at.is_not(None))


def person(session: Session, public_id: str) -> Person:
    """The person of that public id, disabled or not. Raises NotFound."""
    return _person(session, select(Person).where(Person.public_id == public_id))


def person_to_disable(session: Session, public_id: str) -> Person:
    """As `person`; whoever is just asking them for something ends first, and whoever would waits and sees it.

    To be read, as `kept` is, before any story is locked.
    """
    wanted = select(Person).where(Person.public_id == public_id).with_for_update(key_share=True)
    return _person(session, wanted.execution_options(populate_existing=True))


def kept(session: Session, public_ids: Collection[str]) -> dict[str, Person]:
    """The people of these public ids, by it; nobody disables them before this transaction ends.

    To be read before any story is locked: people first, then stories, or two could wait for one another.
    """
    wanted = select(Person).where(Person.public_id.in_(public_ids)).order_by(Person.id).with_for_update(read=True)
    rows = session.scalars(wanted.execution_options(populate_existing=True)) if public_ids else ()
    return {one.public_id: one for one in rows}


def _person(session: Session, wanted: Select[Person]) -> Person:
    found = session.scalar(wanted)
    if found is None:
        raise NotFound("There is no such person here.")
    return found


def by_email(session: Session, email: str) -> Person | None:
    """The person of that address, in whatever case and script it was typed."""
    return session.scalar(select(Person).where(Person.email == rules.account_of(email)))


def people(session: Session, ids: Sequence[int]) -> dict[int, Person]:
    """The people of these ids, by id."""
    return {p.id: p for p in session.scalars(select(Person).where(Person.id.in_(ids)))} if ids else {}


def everybody(session: Session, *, disabled: bool = False) -> Sequence[Person]:
    """All people by name; those who were disabled last, and only if wanted."""
    wanted = select(Person).order_by(Person.disabled_at.is_not(None), Person.name)
    return session.scalars(wanted if disabled else wanted.where(Person.disabled_at.is_(None))).all()


def roles_of(session: Session, person_id: int) -> Sequence[tuple[Desk, str]]:
    """A person's roles on the open desks, by desk and role."""
    held = select(Desk, Membership.role).join(Membership, Membership.desk_id == Desk.id)
    mine = held.where(Membership.person_id == person_id, Desk.closed_at.is_(None))
    return session.execute(mine.order_by(Desk.name, Membership.role)).all()


def open_link(session: Session, person_id: int) -> Link | None:
    """The newest link that was made for a person and not used, in time or not."""
    unused = select(Link).where(Link.person_id == person_id, Link.used_at.is_(None))
    return session.scalars(unused.order_by(Link.expires_at.desc())).first()


def has_administrator(session: Session) -> bool:
    """Whether anybody could ever let people in: until then the link of the command line makes the first one."""
    return session.scalar(select(Person.id).where(Person.is_admin).limit(1)) is not None


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


def on_open_desks(session: Session, ids: Collection[int]) -> frozenset[int]:
    """Which of these people have a role on a desk that is open."""
    held = select(Membership.person_id).join(Desk, Desk.id == Membership.desk_id)
    return frozenset(session.scalars(held.where(Membership.person_id.in_(ids), Desk.closed_at.is_(None))))


def editors(session: Session, desk_ids: Collection[int]) -> dict[int, list[Person]]:
    """By desk, those who edit it and are not disabled, by name."""
    rows = session.execute(
        select(Membership.desk_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.desk_id.in_(desk_ids), Membership.role == "editor", Person.disabled_at.is_(None))
        .order_by(Person.name)
    )
    found: dict[int, list[Person]] = {desk_id: [] for desk_id in desk_ids}
    for desk_id, editor in rows:
        found[desk_id].append(editor)
    return found


def _role(word: str) -> Role:
    for role in ("editor", "approver", "correspondent"):
        if role == word:
            return role
    raise ValueError(f"no such role: {word}")
