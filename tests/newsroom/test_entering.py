"""How people come in: by links that work once, and by passwords whose change is told and recorded."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from desk.audit.models import Entry
from desk.errors import DeskError, Invalid, NotFound, NotNow
from desk.newsroom import desks, entering, history, staffing
from desk.outbox.models import Message
from desk.people import signing
from desk.people.models import Link, Person, SignIn
from tests import factories

HASHED = "$argon2id$not-checked-here"


@pytest.fixture
def ada(session: Session) -> Person:
    """The only administrator."""
    factories.newsroom(session)
    return factories.person(session, "Ada Novak", zone="Europe/Prague", is_admin=True)


def wording(session: Session, who: Person) -> list[str]:
    """What a person's page says happened, newest first."""
    return [one.sentence % one.params for one in history.of_person(session, who)]


# passwords


def test_a_changed_password_is_told_and_recorded_and_neither_holds_it(
    session: Session, ada: Person, now: datetime
) -> None:
    ada.password = HASHED
    for _ in range(2):
        signing.begin(session, ada.id, agent="", address="", now=now)
    entering.mail_reset_link(session, ada.email, now)
    entering.change_password(session, factories.actor(session, ada), "$argon2id$another", now)
    assert ada.password == "$argon2id$another"
    assert session.scalars(select(SignIn)).all() == []
    told = session.scalars(select(Message).order_by(Message.id)).all()
    assert [(one.kind, one.cancelled_why) for one in told] == [
        ("reset", "A password was set."),
        ("password_changed", None),
    ]
    assert wording(session, ada) == ["Ada Novak changed their password"]
    entry = session.scalars(select(Entry)).one()
    assert "argon2id" not in str(told[1].facts) + str(entry.details)


def test_a_first_password_is_recorded_and_a_new_one_by_a_link_is_told(
    session: Session, ada: Person, now: datetime
) -> None:
    by = factories.actor(session, ada)
    olena, secret = staffing.invite(session, by, name="Olena", email="o@meridian.example", zone="UTC", now=now)
    entering.use_link(session, secret, hashed=HASHED, name="", email="", zone="", now=now)
    assert wording(session, olena)[0] == "Olena chose a password"
    assert "password_changed" not in session.scalars(select(Message.kind)).all()
    again = staffing.invite_again(session, by, olena.public_id, now)
    entering.use_link(session, again, hashed=HASHED, name="", email="", zone="", now=now)
    assert wording(session, olena)[:2] == [
        "Olena changed their password",
        "Ada Novak had a new link mailed to Olena (o@meridian.example)",
    ]
    assert session.scalars(select(Message.kind).order_by(Message.id.desc())).first() == "password_changed"


# coming in by a link


def test_the_first_administrator_is_made_by_a_link_and_by_no_second_one(session: Session, now: datetime) -> None:
    desks.found_newsroom(session, agency="Meridian News", zone="Europe/Brussels", now=now)
    who = {"name": "Ada Novak", "email": "ada@meridian.example", "zone": "Europe/Prague"}
    first, second = (signing.make_link(session, "first", None, now) for _ in range(2))
    with pytest.raises(NotFound):
        entering.use_link(session, first, hashed=HASHED, **who, now=now)
    ada = session.get_one(Person, entering.use_link(session, second, hashed=HASHED, **who, now=now))
    assert (ada.is_admin, ada.password) == (True, HASHED)
    assert session.scalars(select(Message)).all() == []  # who is in needs no invitation
    third = signing.make_link(session, "first", None, now)
    with pytest.raises(NotNow, match="has an administrator already"):
        entering.use_link(session, third, hashed=HASHED, **who | {"email": "eve@meridian.example"}, now=now)


def test_a_locked_out_administrator_has_a_link_from_the_command_line(
    session: Session, ada: Person, now: datetime
) -> None:
    secret = entering.sign_in_link(session, ada.email.upper(), now)
    assert entering.use_link(session, secret, hashed=None, name="", email="", zone="", now=now) == ada.id
    assert session.scalars(select(Entry.verb)).all() == ["link_made"]
    for email in ("nobody@meridian.example", ""):
        with pytest.raises(Invalid):
            entering.sign_in_link(session, email, now)


@pytest.mark.parametrize("purpose", ["invite", "reset"])
def test_a_link_that_sets_a_password_wants_one(session: Session, ada: Person, now: datetime, purpose: str) -> None:
    secret = signing.make_link(session, purpose, ada.id, now)
    with pytest.raises(Invalid) as refused:
        entering.use_link(session, secret, hashed=None, name="", email="", zone="", now=now)
    assert refused.value.field == "password"


def test_a_link_that_was_mailed_before_somebody_was_shut_out_lets_nobody_in(
    session: Session, ada: Person, now: datetime
) -> None:
    olena = factories.person(session)
    olena.disabled_at = now
    for purpose in ("invite", "reset", "signin"):
        secret = signing.make_link(session, purpose, olena.id, now)
        with pytest.raises(DeskError, match="disabled"):
            entering.use_link(session, secret, hashed=HASHED, name="", email="", zone="", now=now)


def test_a_forgotten_password_is_mailed_a_link_only_to_those_who_can_come_in(
    session: Session, ada: Person, now: datetime
) -> None:
    ada.password = HASHED
    invited = factories.person(session, "Olena Demchuk")
    left = factories.person(session, "Nino Kapanadze")
    left.disabled_at = now
    for email in (ada.email.upper(), invited.email, left.email, "nobody@meridian.example", ""):
        entering.mail_reset_link(session, email, now)
    told = session.execute(select(Message.kind, Message.recipient_id).order_by(Message.id))
    assert [tuple(row) for row in told] == [("reset", ada.id), ("invite", invited.id)]
    lasts = session.scalars(select(Link.expires_at).order_by(Link.expires_at)).all()
    assert lasts == [now + timedelta(hours=2), now + timedelta(days=7)]


def test_asking_for_a_link_costs_the_database_the_same_whether_or_not_the_address_is_known(
    session: Session, ada: Person, now: datetime
) -> None:
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        word = statement.split()[0]
        if word in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            counted.append(word)

    def cost(email: str) -> list[str]:
        counted.clear()
        entering.mail_reset_link(session, email, now)
        session.flush()
        return sorted(counted)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", count)
    unknown, known = cost("nobody@meridian.example"), cost(ada.email)
    assert len(known) <= len(unknown) <= len(known) + 4
    assert [word for word in known if word != "SELECT"] == [word for word in unknown if word != "SELECT"]
    assert len(session.scalars(select(Message)).all()) == len(session.scalars(select(Link)).all()) == 1


def test_a_newsroom_without_an_administrator_still_takes_its_first(session: Session, now: datetime) -> None:
    """People can be added from the command line before anybody has come in."""
    desks.found_newsroom(session, agency="Meridian News", zone="Europe/Brussels", now=now)
    factories.person(session)
    first = signing.make_link(session, "first", None, now)
    who = {"name": "Ada Novak", "email": "ada@meridian.example", "zone": "Europe/Prague"}
    ada = session.get_one(Person, entering.use_link(session, first, hashed=HASHED, **who, now=now))
    assert ada.is_admin
