"""Who works here: invitations, roles, who is where, people who leave and come back."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from desk import clock, revisions
from desk.actor import Actor, Role
from desk.audit.service import record
from desk.errors import Invalid, NotNow
from desk.newsroom import commissioning, entering
from desk.outbox import service as outbox
from desk.people import queries, service, signing
from desk.people.models import Person
from desk.people.service import Held
from desk.permissions import require


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
    person = service.add_person(session, name=name, email=email, title=title, zone=zone, is_admin=is_admin, now=now)
    given, _ = service.set_roles(session, person, roles)
    record(session, actor, "person_invited", ("person", person.id), now=now, name=person.name, email=person.email)
    _record_rights(session, actor, person, given=given, was_admin=False, now=now)
    revisions.touch(session, "newsroom")
    return person, entering.mail_link(session, person, now)


def invite_again(session: Session, actor: Actor, public_id: str, now: datetime) -> str:
    """Mail a fresh invitation, or to somebody who has a password a link to set a new one; the old link ends."""
    require(actor, "people.manage")
    person = queries.person(session, public_id)
    if person.disabled_at is not None:
        raise NotNow("%(name)s is disabled. Enable them first.", name=person.name)
    record(session, actor, "link_mailed", ("person", person.id), now=now, name=person.name, email=person.email)
    return entering.mail_link(session, person, now)


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
    """Change a person and their roles; what was before is recorded. The last administrator can't stop being one.

    With a new address the links that went to the old one end, and the old one is told.
    """
    require(actor, "people.manage")
    person = queries.person(session, public_id)
    if person.is_admin and not is_admin:
        service.another_administrator(session, person)
    was_admin, old_address = person.is_admin, person.email
    _describe(session, actor, person, name=name, title=title, home_zone=clock.find_zone(zone), now=now)
    person.email, person.is_admin = service.free_address(session, email, person.id), is_admin
    session.flush()
    given, taken = service.set_roles(session, person, roles)
    _record_rights(session, actor, person, given=given, taken=taken, was_admin=was_admin, now=now)
    if person.email != old_address:
        _move_mail(session, actor, person, old_address, now)
    revisions.touch(session, "person", person.id)
    revisions.touch(session, "newsroom")
    return person


def change_self(
    session: Session, actor: Actor, *, name: str, title: str, present_zone: str, home_zone: str, now: datetime
) -> None:
    """A person's own name, title and where they are: all times are shown there from now on. Nowhere else is at home."""
    require(actor, "self")
    person = session.get_one(Person, actor.id)
    home = _zone(home_zone, "home_zone")
    _describe(session, actor, person, name=name, title=title, home_zone=home, now=now)
    was = person.present_zone
    person.present_zone = _zone(present_zone, "present_zone") if present_zone.strip() else home
    session.flush()
    if person.present_zone != was:
        record(session, actor, "moved", ("person", person.id), now=now, zone=person.present_zone, old=was)
    revisions.touch(session, "person", person.id)
    revisions.touch(session, "newsroom")


def disable(session: Session, actor: Actor, public_id: str, now: datetime) -> Person:
    """Shut a person out: sessions and links end, undelivered messages are cancelled. Their copy stays."""
    require(actor, "people.manage")
    person = queries.person_to_disable(session, public_id)
    if person.id == actor.person_id:
        raise NotNow("You can't disable yourself. Another administrator can.")
    if person.disabled_at is not None:
        return person
    if person.is_admin:
        service.another_administrator(session, person)
    person.disabled_at = now
    session.flush()
    signing.end_all(session, person.id)
    signing.end_links(session, person.id)
    commissioning.person_left(session, actor, person, now=now)
    outbox.cancel_for(session, ("person", person.id), why=f"{person.name} was disabled", now=now)
    record(session, actor, "person_disabled", ("person", person.id), now=now, name=person.name)
    revisions.touch(session, "newsroom")
    return person


def enable(session: Session, actor: Actor, public_id: str, now: datetime) -> Person:
    """Let a disabled person in again, by their old password; who never had one is mailed a new invitation."""
    require(actor, "people.manage")
    person = queries.person(session, public_id)
    if person.disabled_at is None:
        return person
    person.disabled_at = None
    session.flush()
    record(session, actor, "person_enabled", ("person", person.id), now=now, name=person.name)
    if person.password is None:
        entering.mail_link(session, person, now)
    revisions.touch(session, "newsroom")
    return person


def _zone(typed: str, field: str) -> str:
    """The zone that was typed. Raises Invalid for this field."""
    try:
        return clock.find_zone(typed)
    except Invalid as error:
        error.field = field
        raise


def _describe(
    session: Session, actor: Actor, person: Person, *, name: str, title: str, home_zone: str, now: datetime
) -> None:
    """Name, title and home, each recorded with what it was before."""
    after = {"name": service.person_name(name), "title": service.person_title(title), "home_zone": home_zone}
    for what, new in after.items():
        old = getattr(person, what)
        if old != new:
            setattr(person, what, new)
            record(
                session, actor, "detail_changed", ("person", person.id), now=now, name=person.name,
                what=what.replace("_", " "), old=old or "–", new=new or "–",
            )  # fmt: skip
    session.flush()


def _record_rights(
    session: Session,
    actor: Actor,
    person: Person,
    *,
    given: Held,
    taken: Held = frozenset(),
    was_admin: bool,
    now: datetime,
) -> None:
    """Who gave or took which right: an entry for each kind, so that it can be read who let whom do what."""
    of = ("person", person.id)
    if person.is_admin and not was_admin:
        record(session, actor, "administrator_made", of, now=now, after="administrator", name=person.name)
    if was_admin and not person.is_admin:
        record(session, actor, "administrator_unmade", of, now=now, before="administrator", name=person.name)
    if given:
        record(session, actor, "roles_given", of, now=now, name=person.name, roles=_listed(given))
    if taken:
        record(session, actor, "roles_taken", of, now=now, name=person.name, roles=_listed(taken))


def _listed(roles: Held) -> list[str]:
    return [f"{role} ({desk})" for desk, role in sorted(roles)]


def _move_mail(session: Session, actor: Actor, person: Person, old: str, now: datetime) -> None:
    """The links that went to the old address end, it is told, and who has not come in yet is invited anew."""
    entering.end_links(session, person, why="The mail address was changed.", now=now)
    entry = record(
        session, actor, "address_changed", ("person", person.id), now=now, name=person.name, old=old, new=person.email
    )
    session.flush()
    facts = {"address": old, "name": person.name, "by": actor.name, "agency": queries.newsroom(session).agency}
    outbox.put(session, "address_changed", f"address_changed:{entry.id}", ("address", None), now=now, facts=facts)
    if person.password is None and person.disabled_at is None:
        entering.mail_link(session, person, now)
