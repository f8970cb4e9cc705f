"""Steps that change people, their roles and desks; the verbs that call them are in `newsroom/`."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from desk import chance, clock
from desk.actor import Role
from desk.errors import Invalid, NotNow
from desk.mail import mail_address
from desk.people import queries, rules
from desk.people.models import Desk, Membership, Newsroom, Person
from desk.text import LONGEST_NAME, line

ROLES: tuple[Role, ...] = ("editor", "approver", "correspondent")
Held = frozenset[tuple[str, str]]


def add_person(
    session: Session, *, name: str, email: str, title: str = "", zone: str, is_admin: bool = False, now: datetime
) -> Person:
    """A new person, who lives and is in `zone`. Raises Invalid, naming the field."""
    found = clock.find_zone(zone)
    person = Person(
        public_id=chance.public_id(),
        name=person_name(name),
        title=person_title(title),
        email=free_address(session, email, None),
        home_zone=found,
        present_zone=found,
        is_admin=is_admin,
        joined_at=now,
    )
    session.add(person)
    session.flush()
    return person


def person_name(name: str) -> str:
    """A name, on one line. Raises Invalid for none, or one that is too long."""
    name = line(name, "name", "name", most=LONGEST_NAME)
    if not name:
        raise Invalid("Say who it is: a name as it stands in a byline.", field="name")
    return name


def person_title(title: str) -> str:
    """A title, on one line; it may be empty. Raises Invalid for one that is too long."""
    return line(title, "title", "title", most=LONGEST_NAME)


def free_address(session: Session, email: str, mine: int | None) -> str:
    """The address as accounts go by it. Raises Invalid for what is none, or is somebody else's here."""
    if not email.strip():
        raise Invalid("A mail address is needed: the link to come in goes there.", field="email")
    email = mail_address(rules.account_of(email))
    if "." not in email.rpartition("@")[2]:
        raise Invalid("%(email)s is not a mail address.", field="email", email=email)
    whose = session.scalar(select(Person).where(Person.email == email, Person.id != (mine or 0)))
    if whose is not None and whose.disabled_at is not None:
        raise Invalid(
            "%(email)s is already the address of %(name)s, who is disabled: let them in again on their page.",
            field="email", email=email, name=whose.name,
        )  # fmt: skip
    if whose is not None:
        raise Invalid(
            "%(email)s is already the address of %(name)s: their page mails them a new link.",
            field="email", email=email, name=whose.name,
        )  # fmt: skip
    return email


def set_roles(session: Session, person: Person, roles: Collection[tuple[str, Role]]) -> tuple[Held, Held]:
    """Give a person these (desk public id, role) pairs on the open desks, and no others there.

    Roles on closed desks stay, for the day on which those open again. Gives what was given and what was taken,
    as (desk name, role).
    """
    wanted = {(queries.desk(session, desk_id).id, role) for desk_id, role in roles if role in ROLES}
    before = held(session, person)
    shown = select(Desk.id).where(Desk.closed_at.is_(None))
    session.execute(delete(Membership).where(Membership.person_id == person.id, Membership.desk_id.in_(shown)))
    kept = set(session.execute(select(Membership.desk_id, Membership.role).where(Membership.person_id == person.id)))
    session.add_all(
        Membership(person_id=person.id, desk_id=desk_id, role=role) for desk_id, role in sorted(wanted - kept)
    )
    session.flush()
    after = held(session, person)
    return after - before, before - after


def held(session: Session, person: Person) -> Held:
    """A person's roles as (desk name, role), on closed desks too."""
    rows = select(Desk.name, Membership.role).join(Desk, Desk.id == Membership.desk_id)
    return frozenset(session.execute(rows.where(Membership.person_id == person.id)))


def another_administrator(session: Session, person: Person) -> None:
    """Raise NotNow if nobody but `person` could let people in."""
    others = select(Person.id).where(Person.is_admin, Person.disabled_at.is_(None), Person.id != person.id)
    # an update that changes nothing, so that two administrators who drop each other wait for one another
    session.execute(update(Newsroom).where(Newsroom.id == 1).values(zone=Newsroom.zone))
    if session.scalar(others.limit(1)) is None:
        raise NotNow("%(name)s is the only administrator. Make somebody else one first.", name=person.name)


def add_newsroom(session: Session, *, agency: str, zone: str, is_demo: bool, now: datetime) -> Newsroom:
    """The newsroom's one row, with plain defaults that an administrator changes later."""
    row = Newsroom(
        id=1,
        agency=agency,
        first_year=now.year,
        permission_sentence=f"This article was originally published on {agency} and was reproduced with permission.",
        zone=clock.find_zone(zone),
        language="en",
        is_demo=is_demo,
    )
    session.add(row)
    session.flush()
    return row


def describe_newsroom(
    session: Session,
    row: Newsroom,
    *,
    agency: str,
    first_year: int,
    permission_sentence: str,
    ask_mail: str | None,
    ask_phone: str | None,
) -> dict[str, str | int | None]:
    """Change what stands under republished copy, and whom licensees are to ask; gives what stood there before."""
    new = {
        "agency": agency, "first_year": first_year, "permission_sentence": permission_sentence,
        "ask_mail": ask_mail, "ask_phone": ask_phone,
    }  # fmt: skip
    old = {name: getattr(row, name) for name in new}
    for name, value in new.items():
        setattr(row, name, value)
    session.flush()
    return old


def add_desk(session: Session, *, name: str, zone: str, editor: int | None) -> Desk:
    """A desk, edited by the person of that id. Raises Invalid, naming the field."""
    row = Desk(public_id=chance.public_id(), name=_desk_name(session, name, None), zone=clock.find_zone(zone))
    session.add(row)
    session.flush()
    if editor is not None:
        session.add(Membership(person_id=editor, desk_id=row.id, role="editor"))
        session.flush()
    return row


def describe_desk(session: Session, row: Desk, *, name: str, zone: str) -> tuple[str, str]:
    """Rename a desk, move its clock; gives its name and zone of before. Raises Invalid, naming the field."""
    before = row.name, row.zone
    row.name, row.zone = _desk_name(session, name, row.id), clock.find_zone(zone)
    session.flush()
    return before


def close_desk(session: Session, row: Desk, at: datetime | None) -> bool:
    """Close a desk, or open it again (None); gives whether that changed anything."""
    if (row.closed_at is None) == (at is None):
        return False
    row.closed_at = at
    session.flush()
    return True


def _desk_name(session: Session, name: str, mine: int | None) -> str:
    """A desk's name with single blanks. Raises Invalid for none, or one that another desk has."""
    name = line(name, "name", "name", most=LONGEST_NAME)
    if not name:
        raise Invalid("A desk needs a name.", field="name")
    other = session.scalar(select(Desk).where(Desk.name == name, Desk.id != (mine or 0)))
    if other is not None and other.closed_at is not None:
        raise Invalid(
            "There was a desk called %(name)s, which is closed. Open it again, or take another name.",
            field="name", name=name,
        )  # fmt: skip
    if other is not None:
        raise Invalid("There is a desk called %(name)s already.", field="name", name=name)
    return name
