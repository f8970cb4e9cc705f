"""Who works here: the first administrator, invitations, desks and roles, people who leave."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from desk import chance, clock, revisions
from desk.actor import SYSTEM, Actor, Role
from desk.audit.service import record
from desk.errors import Invalid, NotNow
from desk.mail import mail_address
from desk.newsroom import commissioning
from desk.outbox import service as outbox
from desk.people import queries, signing
from desk.people.models import Desk, Link, Membership, Newsroom, Person
from desk.permissions import require

ROLES: tuple[Role, ...] = ("editor", "approver", "correspondent")


def found_newsroom(session: Session, *, agency: str, zone: str, now: datetime, is_demo: bool = False) -> Newsroom:
    """Make the newsroom's one row, with plain defaults that an administrator changes later."""
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
    revisions.touch(session, "newsroom")
    return row


def change_newsroom(
    session: Session, actor: Actor, *, agency: str, first_year: int | None, permission_sentence: str, now: datetime
) -> None:
    """Change what stands under republished copy. Raises Invalid, naming the field."""
    require(actor, "newsroom.manage")
    if not agency.strip():
        raise Invalid("The agency needs a name: it stands in every dateline.", field="agency")
    if first_year is None or not 1800 <= first_year <= now.year:
        raise Invalid("The first year is a year of four figures, not after this one.", field="first_year")
    row = queries.newsroom(session)
    row.agency, row.first_year, row.permission_sentence = agency.strip(), first_year, permission_sentence.strip()
    session.flush()
    revisions.touch(session, "newsroom")
    record(session, actor, "newsroom_changed", ("newsroom", 1), now=now, agency=row.agency)


def add_desk(session: Session, actor: Actor, *, name: str, zone: str, now: datetime) -> Desk:
    """Make a desk. Whoever makes the first ones edits them too, until people are given their roles."""
    require(actor, "newsroom.manage")
    row = Desk(public_id=chance.public_id(), name=_desk_name(session, name, None), zone=clock.find_zone(zone))
    session.add(row)
    session.flush()
    if actor.person_id is not None:
        session.add(Membership(person_id=actor.person_id, desk_id=row.id, role="editor"))
        session.flush()
    record(session, actor, "desk_made", ("desk", row.id), now=now, desk_id=row.id, name=row.name)
    revisions.touch(session, "newsroom")
    return row


def change_desk(session: Session, actor: Actor, public_id: str, *, name: str, zone: str, now: datetime) -> Desk:
    """Rename a desk or move its clock. Deadlines keep their instant."""
    require(actor, "newsroom.manage")
    row = queries.desk(session, public_id)
    row.name, row.zone = _desk_name(session, name, row.id), clock.find_zone(zone)
    session.flush()
    record(session, actor, "desk_changed", ("desk", row.id), now=now, desk_id=row.id, name=row.name, zone=row.zone)
    revisions.touch(session, "newsroom")
    return row


def invite(
    session: Session,
    actor: Actor,
    *,
    name: str,
    email: str,
    title: str = "",
    zone: str,
    is_admin: bool = False,
    roles: Collection[tuple[str, Role]] = (),
    now: datetime,
) -> tuple[Person, str]:
    """Add a person with (desk public id, role) pairs, and mail them a link that works once; gives the link's secret."""
    require(actor, "people.manage")
    if not name.strip():
        raise Invalid("Say who it is: a name as it stands in a byline.", field="name")
    person = Person(
        public_id=chance.public_id(),
        name=name.strip(),
        title=title.strip(),
        email=_email(session, email, None),
        home_zone=clock.find_zone(zone),
        present_zone=clock.find_zone(zone),
        is_admin=is_admin,
        joined_at=now,
    )
    session.add(person)
    session.flush()
    _set_roles(session, person, roles)
    record(session, actor, "person_invited", ("person", person.id), now=now, name=person.name)
    revisions.touch(session, "newsroom")
    return person, _mail_link(session, "invite", person, now)


def invite_again(session: Session, actor: Actor, public_id: str, now: datetime) -> str:
    """Mail a fresh invitation, or to somebody who has a password a link to set a new one; the old link ends."""
    require(actor, "people.manage")
    person = queries.person(session, public_id)
    if person.disabled_at is not None:
        raise NotNow("%(name)s is disabled. Enable them first.", name=person.name)
    return _mail_link(session, "reset" if person.password else "invite", person, now)


def change_person(
    session: Session,
    actor: Actor,
    public_id: str,
    *,
    name: str,
    title: str,
    email: str,
    zone: str,
    is_admin: bool,
    roles: Collection[tuple[str, Role]],
    now: datetime,
) -> Person:
    """Change a person and their roles. The last administrator can't stop being one."""
    require(actor, "people.manage")
    person = queries.person(session, public_id)
    if not name.strip():
        raise Invalid("Say who it is: a name as it stands in a byline.", field="name")
    if person.is_admin and not is_admin:
        _another_administrator(session, person)
    person.name, person.title, person.email = name.strip(), title.strip(), _email(session, email, person.id)
    person.home_zone, person.is_admin = clock.find_zone(zone), is_admin
    session.flush()
    _set_roles(session, person, roles)
    record(session, actor, "person_changed", ("person", person.id), now=now, name=person.name)
    revisions.touch(session, "person", person.id)
    revisions.touch(session, "newsroom")
    return person


def change_self(
    session: Session, actor: Actor, *, name: str, title: str, present_zone: str, home_zone: str, now: datetime
) -> None:
    """A person's own name, title and where they are: all times are shown there from now on."""
    require(actor, "self")
    person = session.get_one(Person, actor.id)
    if not name.strip():
        raise Invalid("A byline needs a name.", field="name")
    person.name, person.title = name.strip(), title.strip()
    person.present_zone, person.home_zone = clock.find_zone(present_zone), clock.find_zone(home_zone)
    session.flush()
    record(session, actor, "moved", ("person", person.id), now=now, zone=person.present_zone)
    revisions.touch(session, "person", person.id)
    revisions.touch(session, "newsroom")


def disable(session: Session, actor: Actor, public_id: str, now: datetime) -> Person:
    """Shut a person out: sessions and links end, undelivered messages are cancelled. Their copy stays."""
    require(actor, "people.manage")
    person = queries.person(session, public_id)
    if person.id == actor.person_id:
        raise NotNow("You can't disable yourself. Another administrator can.")
    if person.disabled_at is not None:
        return person
    if person.is_admin:
        _another_administrator(session, person)
    person.disabled_at = now
    session.flush()
    signing.end_all(session, person.id)
    session.execute(delete(Link).where(Link.person_id == person.id, Link.used_at.is_(None)))
    commissioning.person_left(session, actor, person, now=now)
    outbox.cancel_for(session, ("person", person.id), why=f"{person.name} was disabled", now=now)
    record(session, actor, "person_disabled", ("person", person.id), now=now, name=person.name)
    revisions.touch(session, "newsroom")
    return person


def enable(session: Session, actor: Actor, public_id: str, now: datetime) -> Person:
    """Let a disabled person in again, by their old password or a new link."""
    require(actor, "people.manage")
    person = queries.person(session, public_id)
    if person.disabled_at is None:
        return person
    person.disabled_at = None
    session.flush()
    record(session, actor, "person_enabled", ("person", person.id), now=now, name=person.name)
    revisions.touch(session, "newsroom")
    return person


def mail_reset_link(session: Session, email: str, now: datetime) -> None:
    """Mail a link to set a new password, if that address is known and enabled; else do nothing, just as silently."""
    person = queries.by_email(session, email)
    if person is not None and person.disabled_at is None:
        _mail_link(session, "reset" if person.password else "invite", person, now)


def sign_in_link(session: Session, email: str, now: datetime) -> str:
    """A one-time sign-in link's secret, for the command line. Raises Invalid if there is no such enabled person."""
    person = queries.by_email(session, email)
    if person is None or person.disabled_at is not None:
        raise Invalid("Nobody enabled here has the address %(email)s.", email=email)
    record(session, SYSTEM, "link_made", ("person", person.id), now=now, name=person.name)
    return signing.make_link(session, "signin", person.id, now)


def use_link(
    session: Session, secret: str, *, hashed: str | None, name: str, email: str, zone: str, now: datetime
) -> int:
    """Use a one-time link up; gives the person to sign in. An invitation and a reset set the password `hashed`.

    The first administrator's link makes that person from `name`, `email` and `zone`.
    """
    link = signing.use(session, secret, now)
    if link.purpose == "first":
        if session.scalar(select(Person.id).limit(1)) is not None:
            raise NotNow("This newsroom has its people already. Sign in, or ask an administrator.")
        person, _ = invite(session, SYSTEM, name=name, email=email, zone=zone, is_admin=True, now=now)
    else:
        person = session.get_one(Person, link.person_id)
    if person.disabled_at is not None:
        raise NotNow("This account is disabled. Ask an administrator.")
    if link.purpose != "signin":
        if hashed is None:
            raise Invalid("Choose a password to go on.", field="password")
        signing.set_password(session, person, hashed)
    return person.id


def _mail_link(session: Session, purpose: str, person: Person, now: datetime) -> str:
    secret = signing.make_link(session, purpose, person.id, now)
    key = f"{purpose}:{signing.digest(secret)[:24]}"
    facts = {"secret": secret, "agency": queries.newsroom(session).agency}
    outbox.put(session, purpose, key, ("person", person.id), now=now, facts=facts)
    return secret


def _set_roles(session: Session, person: Person, roles: Collection[tuple[str, Role]]) -> None:
    wanted = {(queries.desk(session, desk_id).id, role) for desk_id, role in roles if role in ROLES}
    session.execute(delete(Membership).where(Membership.person_id == person.id))
    session.add_all(Membership(person_id=person.id, desk_id=desk_id, role=role) for desk_id, role in sorted(wanted))
    session.flush()


def _another_administrator(session: Session, person: Person) -> None:
    others = select(Person.id).where(Person.is_admin, Person.disabled_at.is_(None), Person.id != person.id)
    # an update that changes nothing, so that two administrators who drop each other wait for one another
    session.execute(update(Newsroom).where(Newsroom.id == 1).values(zone=Newsroom.zone))
    if session.scalar(others.limit(1)) is None:
        raise NotNow("%(name)s is the only administrator. Make somebody else one first.", name=person.name)


def _desk_name(session: Session, name: str, mine: int | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid("A desk needs a name.", field="name")
    if session.scalar(select(Desk.id).where(Desk.name == name, Desk.id != (mine or 0))) is not None:
        raise Invalid("There is a desk called %(name)s already.", field="name", name=name)
    return name


def _email(session: Session, email: str, mine: int | None) -> str:
    if not email.strip():
        raise Invalid("A mail address is needed: the link to come in goes there.", field="email")
    email = mail_address(email.lower())
    if "." not in email.rpartition("@")[2]:
        raise Invalid("%(email)s is not a mail address.", field="email", email=email)
    if session.scalar(select(Person.id).where(Person.email == email, Person.id != (mine or 0))) is not None:
        raise Invalid("%(email)s is somebody's address here already.", field="email", email=email)
    return email
