"""Sessions, one-time links and the throttle, as rows: what is stored is never what opens the door."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from argon2 import PasswordHasher, Type
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.db import Database
from desk.errors import Invalid, NotFound, NotNow, Throttled
from desk.people import signing
from desk.people.models import Attempt, Link, Person, SignIn
from desk.store import Store
from tests import factories
from tests.room import HASHED, PASSWORD

SECOND = timedelta(seconds=1)


@pytest.fixture
def olena(session: Session) -> Person:
    row = factories.person(session)
    row.password = HASHED
    session.flush()
    return row


def begin(session: Session, who: Person, now: datetime) -> signing.Begun:
    return signing.begin(session, who.id, agent="a browser", address="192.0.2.7", now=now)


# passwords


def test_a_password_is_kept_as_argon2id_and_never_twice_the_same() -> None:
    one, other = signing.hash_password(PASSWORD), signing.hash_password(PASSWORD)
    assert one.startswith("$argon2id$")
    assert one != other
    assert PASSWORD not in one


def test_in_earnest_a_password_costs_as_much_to_try_as_rfc_9106_recommends(hasher_in_earnest: PasswordHasher) -> None:
    """Its second recommended option: 64 MiB, three passes, four lanes."""
    spent = hasher_in_earnest.type, hasher_in_earnest.memory_cost, hasher_in_earnest.time_cost
    assert (*spent, hasher_in_earnest.parallelism) == (Type.ID, 64 * 1024, 3, 4)
    assert hasher_in_earnest.verify(hasher_in_earnest.hash(PASSWORD), PASSWORD)


@given(st.text(max_size=signing.SHORTEST - 1))
def test_a_password_that_is_too_short_is_refused(password: str) -> None:
    with pytest.raises(Invalid, match="at least 10 characters") as refused:
        signing.hash_password(password)
    assert refused.value.field == "password"


@pytest.mark.parametrize("password", ["пароль 😀 длинный", "ten\x00letters", "x" * 5_000])
def test_anything_long_enough_can_be_a_password_and_opens_the_door_again(
    session: Session, olena: Person, password: str
) -> None:
    olena.password = signing.hash_password(password)
    session.flush()
    assert signing.verify(session, olena.email, password) == olena.id


def test_only_the_right_password_of_somebody_enabled_who_has_one_fits(
    session: Session, olena: Person, now: datetime
) -> None:
    assert signing.verify(session, f" {olena.email.upper()} ", PASSWORD) == olena.id
    for email, password in ((olena.email, PASSWORD.upper()), (olena.email, ""), ("", PASSWORD)):
        assert signing.verify(session, email, password) is None
    for unusable in (None, "not a hash"):
        olena.password = unusable
        session.flush()
        assert signing.verify(session, olena.email, "a password that nobody has") is None
    olena.password, olena.disabled_at = HASHED, now
    session.flush()
    assert signing.verify(session, olena.email, PASSWORD) is None


# sessions


def test_a_session_is_a_row_without_its_cookie(session: Session, olena: Person, now: datetime) -> None:
    begun, other = begin(session, olena, now), begin(session, olena, now)
    assert len(begun.cookie) == 64
    assert begun.cookie != other.cookie
    assert begun.expires_at == now + timedelta(days=14)
    rows = session.scalars(select(SignIn)).all()
    assert {row.sha256 for row in rows} == {signing.digest(begun.cookie), signing.digest(other.cookie)}
    assert all(begun.cookie not in repr(vars(row)) for row in rows)


def test_what_has_expired_is_not_listed_and_is_swept_when_the_next_begins(
    session: Session, olena: Person, now: datetime
) -> None:
    begin(session, olena, now)
    at_the_end = now + signing.SESSION_LASTS
    assert len(signing.sessions_of(session, olena.id, at_the_end - SECOND)) == 1
    assert signing.sessions_of(session, olena.id, at_the_end) == []
    begin(session, olena, at_the_end + SECOND)
    assert session.scalar(select(func.count()).select_from(SignIn)) == 1


def test_ones_sessions_are_ended_one_by_one_all_or_all_but_this(session: Session, olena: Person, now: datetime) -> None:
    nino = factories.person(session, "Nino Kapanadze")
    hers = begin(session, nino, now)
    mine = [begin(session, olena, now + n * SECOND) for n in range(4)]
    newest = signing.sessions_of(session, olena.id, now)
    assert [row.sha256 for row in newest] == [signing.digest(begun.cookie) for begun in reversed(mine)]
    signing.end_one(session, nino.id, newest[0].public_id)
    assert len(signing.sessions_of(session, olena.id, now)) == 4
    signing.end_one(session, olena.id, newest[0].public_id)
    for _ in range(2):
        signing.end(session, newest[1].sha256)
    assert len(signing.sessions_of(session, olena.id, now)) == 2
    signing.end_all(session, olena.id, but=newest[2].sha256)
    assert [row.sha256 for row in signing.sessions_of(session, olena.id, now)] == [newest[2].sha256]
    signing.end_all(session, olena.id)
    assert session.scalars(select(SignIn.sha256)).all() == [signing.digest(hers.cookie)]


def test_a_browser_that_says_a_great_deal_of_itself_can_still_sign_in(
    session: Session, olena: Person, now: datetime
) -> None:
    signing.begin(session, olena.id, agent="x" * 10_000, address="2001:db8::7", now=now)
    assert len(session.scalars(select(SignIn.agent)).one()) == 500


def test_a_new_password_ends_every_session_and_every_link(session: Session, olena: Person, now: datetime) -> None:
    begin(session, olena, now)
    used, unused = (signing.make_link(session, purpose, olena.id, now) for purpose in ("signin", "reset"))
    signing.use(session, used, now)
    signing.set_password(session, olena, "$a new hash")
    assert olena.password == "$a new hash"
    assert signing.sessions_of(session, olena.id, now) == []
    with pytest.raises(NotFound):
        signing.look_at(session, unused, now)
    with pytest.raises(NotNow, match="has been used"):
        signing.look_at(session, used, now)


# links


@pytest.mark.parametrize(("purpose", "hours"), [("invite", 168), ("reset", 2), ("signin", 24), ("first", 168)])
def test_a_link_lasts_as_long_as_is_said_and_works_once(
    session: Session, olena: Person, now: datetime, purpose: str, hours: int
) -> None:
    secret = signing.make_link(session, purpose, None if purpose == "first" else olena.id, now)
    assert secret not in repr(session.execute(select(Link)).all())
    last = now + timedelta(hours=hours) - SECOND
    for _ in range(3):
        assert signing.look_at(session, secret, last).used_at is None
    with pytest.raises(NotNow, match="expired"):
        signing.use(session, secret, last + SECOND)
    assert signing.use(session, secret, last).purpose == purpose
    for again in (signing.use, signing.look_at):
        with pytest.raises(NotNow, match="has been used"):
            again(session, secret, last)


def test_a_newer_link_ends_the_older_of_its_kind_and_no_other(session: Session, olena: Person, now: datetime) -> None:
    nino = factories.person(session, "Nino Kapanadze")
    older = signing.make_link(session, "reset", olena.id, now)
    kept = [
        signing.make_link(session, "invite", olena.id, now),
        signing.make_link(session, "reset", nino.id, now),
        signing.make_link(session, "first", None, now),
        signing.make_link(session, "reset", olena.id, now),
    ]
    with pytest.raises(NotFound, match="a newer one took its place"):
        signing.look_at(session, older, now)
    for secret in kept:
        signing.look_at(session, secret, now)


@given(secret=st.text(max_size=80).filter(lambda text: text.isprintable()))
def test_no_other_secret_is_one(secret: str) -> None:
    assert signing.digest(secret) != signing.digest(f"{secret}0")
    assert len(signing.digest(secret)) == 64


def test_of_many_who_press_a_link_at_once_one_gets_it(clone: Database, now: datetime) -> None:
    store = Store(clone)
    with store.write() as session:
        secret = signing.make_link(session, "reset", factories.person(session).id, now)
    together = Barrier(4)

    def press(_: int) -> bool:
        together.wait()
        try:
            store.run(lambda session: signing.use(session, secret, now))
        except NotNow:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [False, False, False, True]


# the throttle


def test_an_account_is_shut_after_ten_failures_until_the_first_is_a_quarter_of_an_hour_old(
    session: Session, now: datetime
) -> None:
    for n in range(signing.PER_ACCOUNT["password"]):
        signing.check_throttle(session, "olena@meridian.example", "192.0.2.7", now)
        signing.note_attempt(session, " Olena@Meridian.example", f"192.0.2.{n}", now + n * SECOND)
    last = now + 9 * SECOND
    with pytest.raises(Throttled, match="Wait 15 min") as shut:
        signing.check_throttle(session, "OLENA@meridian.example ", "198.51.100.1", last)
    assert shut.value.params["seconds"] == 15 * 60 - 9 + 1
    signing.check_throttle(session, "nino@meridian.example", "198.51.100.1", last)
    signing.check_throttle(session, "olena@meridian.example", "198.51.100.1", now + signing.WINDOW)


def test_whoever_waits_as_long_as_they_are_told_is_let_try(session: Session, now: datetime) -> None:
    for n in range(40):
        signing.note_attempt(session, "olena@meridian.example", "192.0.2.7", now + n * timedelta(seconds=11))
    at = now + 40 * timedelta(seconds=11)
    waits = 0
    while True:
        try:
            signing.check_throttle(session, "olena@meridian.example", "192.0.2.7", at)
            break
        except Throttled as shut:
            waits += 1
            at += timedelta(seconds=int(str(shut.params["seconds"])))
    assert waits <= 40
    recent = session.scalars(select(Attempt.at).where(Attempt.at > at - signing.WINDOW)).all()
    assert len(recent) < signing.PER_ACCOUNT["password"]


def test_each_door_counts_for_itself_however_the_address_is_written(session: Session, now: datetime) -> None:
    for _ in range(signing.PER_ACCOUNT["link"]):
        signing.note_attempt(session, "olena@почта.example", "192.0.2.7", now, door="link")
    signing.check_throttle(session, "olena@почта.example", "192.0.2.7", now)
    for same in ("OLENA@Почта.example", "olena@xn--80a1acny.example"):
        with pytest.raises(Throttled, match="the last one that was mailed still works"):
            signing.check_throttle(session, same, "198.51.100.1", now, door="link")
    for _ in range(signing.PER_ACCOUNT["password"]):
        signing.note_attempt(session, "nino@meridian.example", "192.0.2.8", now)
    signing.check_throttle(session, "nino@meridian.example", "192.0.2.8", now, door="link")
    with pytest.raises(Throttled, match="ask for a link by mail"):
        signing.check_throttle(session, "nino@meridian.example", "192.0.2.8", now)


def test_old_failures_are_swept_and_hold_no_address_of_anybody(session: Session, now: datetime) -> None:
    signing.note_attempt(session, "olena@meridian.example", "192.0.2.7", now)
    signing.note_attempt(session, "nino@meridian.example", "192.0.2.7", now + 4 * signing.WINDOW + SECOND)
    rows = session.execute(select(Attempt.account, Attempt.at)).all()
    assert [row.at for row in rows] == [now + 4 * signing.WINDOW + SECOND]
    assert "nino" not in repr(rows)
