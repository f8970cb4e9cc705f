"""How people come in: links by mail and from the command line, passwords set and changed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import revisions
from desk.actor import SYSTEM, Actor
from desk.audit.service import record
from desk.errors import Invalid, NotNow
from desk.outbox import rules as outbox_rules
from desk.outbox import service as outbox
from desk.outbox.models import Message
from desk.people import queries, service, signing
from desk.people.models import Person
from desk.permissions import require


def mail_reset_link(session: Session, email: str, now: datetime) -> None:
    """Mail a link to set a new password, if that address is known and enabled; else do nothing, just as silently.

    And just as slowly: for nobody the same is done and taken back, as the time would tell what the answer does not.
    """
    person = queries.by_email(session, email)
    if person is not None and person.disabled_at is None:
        mail_link(session, person, now)
        return
    somebody = session.scalar(select(Person).where(Person.disabled_at.is_(None)).order_by(Person.id).limit(1))
    if somebody is not None:
        with session.begin_nested() as rehearsal:
            mail_link(session, somebody, now)
            rehearsal.rollback()


def sign_in_link(session: Session, email: str, now: datetime) -> str:
    """A one-time sign-in link's secret, for the command line. Raises Invalid, with the way out, if there is nobody."""
    person = queries.by_email(session, email)
    if person is None:
        raise Invalid("Nobody here has the address %(email)s. `desk user add` asks somebody in.", email=email)
    if person.disabled_at is not None:
        raise Invalid("%(name)s is disabled. An administrator lets them in again on their page.", name=person.name)
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
        person = _first(session, name=name, email=email, zone=zone, now=now)
    else:
        person = session.get_one(Person, link.person_id)
    if person.disabled_at is not None:
        raise NotNow("This account is disabled. Ask an administrator.")
    if link.purpose != "signin":
        if hashed is None:
            raise Invalid("Choose a password to go on.", field="password")
        _set_password(session, queries.actor_of(session, person), person, hashed, now)
    return person.id


def change_password(session: Session, actor: Actor, hashed: str, now: datetime) -> None:
    """A person's own new password: every session and link of theirs ends, and they are told of it by mail."""
    require(actor, "self")
    _set_password(session, actor, session.get_one(Person, actor.id), hashed, now)


def mail_link(session: Session, person: Person, now: datetime) -> str:
    """A step: mail an invitation, or to somebody who has a password a link to set a new one; gives the secret."""
    purpose = "reset" if person.password else "invite"
    _unsay_links(session, person, "A newer link took its place.", now)
    secret = signing.make_link(session, purpose, person.id, now)
    key = f"{purpose}:{signing.digest(secret)[:24]}"
    facts = {"secret": secret, "agency": queries.newsroom(session).agency}
    outbox.put(session, purpose, key, ("person", person.id), now=now, facts=facts)
    return secret


def end_links(session: Session, person: Person, *, why: str, now: datetime) -> None:
    """A step: no link of a person's works any longer, and mails that would bring one are cancelled."""
    signing.end_links(session, person.id)
    _unsay_links(session, person, why, now)


def _first(session: Session, *, name: str, email: str, zone: str, now: datetime) -> Person:
    if queries.has_administrator(session):
        raise NotNow("This newsroom has an administrator already. Sign in, or ask them to let you in.")
    person = service.add_person(session, name=name, email=email, zone=zone, is_admin=True, now=now)
    record(session, SYSTEM, "first_came", ("person", person.id), now=now, name=person.name)
    revisions.touch(session, "newsroom")
    return person


def _set_password(session: Session, actor: Actor, person: Person, hashed: str, now: datetime) -> None:
    had_one = person.password is not None
    signing.set_password(session, person, hashed)
    _unsay_links(session, person, "A password was set.", now)
    verb = "password_changed" if had_one else "password_set"
    entry = record(session, actor, verb, ("person", person.id), now=now, name=person.name)
    session.flush()
    if had_one:
        facts = {"at": now.isoformat(), "agency": queries.newsroom(session).agency}
        outbox.put(session, "password_changed", f"{verb}:{entry.id}", ("person", person.id), now=now, facts=facts)


def _unsay_links(session: Session, person: Person, why: str, now: datetime) -> None:
    """Cancel the mails that would bring a link; of those that are out or were captured, no link is kept."""
    mails = select(Message.id).where(
        Message.recipient_kind == "person",
        Message.recipient_id == person.id,
        Message.kind.in_(outbox_rules.BEARERS),
        Message.cancelled_at.is_(None),
    )
    ids = session.scalars(mails).all()
    outbox.cancel(session, ids, why=why, now=now)
    outbox.forget(session, ids)
