"""Signing in and out: sessions, one-time links, the throttle. Steps and one person's own verbs.

Secrets are shown once and stored as their SHA-256. Whether an address is known here can't be told from any answer.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from desk import chance, revisions
from desk.errors import Invalid, NotFound, NotNow, Throttled
from desk.people import rules
from desk.people.models import Attempt, Link, Person, SignIn

SESSION_LASTS = timedelta(days=14)
LINK_LASTS = {
    "invite": timedelta(days=7),
    "reset": timedelta(hours=2),
    "signin": timedelta(hours=24),
    "first": timedelta(days=7),
}
WINDOW = timedelta(minutes=15)
SHORTEST = 10

Door = Literal["password", "link", "secret"]
PER_ACCOUNT: dict[Door, int] = {"password": 10, "link": 5, "secret": 20}
PER_ADDRESS: dict[Door, int] = {"password": 60, "link": 20, "secret": 20}
_TOO_MANY: dict[Door, str] = {
    "password": "Too many tries. Wait %(minutes)s min and try again, or ask for a link by mail.",
    "link": "Too many links were asked for. Wait %(minutes)s min; the last one that was mailed still works.",
    "secret": "Too many links that are not ours were tried from here. Wait %(minutes)s min; one of ours still works.",
}

_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has begun: the cookie's value, shown only here, and until when it lasts."""

    cookie: str
    expires_at: datetime


def digest(secret: str) -> str:
    """What is stored of a cookie or a link."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hash_password(password: str) -> str:
    """An argon2id hash. Slow by intent: call it before the write transaction. Raises Invalid if it is too short."""
    if len(password) < SHORTEST:
        raise Invalid("A password has at least %(n)s characters; a sentence is fine.", field="password", n=SHORTEST)
    return _hasher.hash(password)


def verify(session: Session, email: str, password: str) -> int | None:
    """The id of the enabled person whose address and password these are. Takes as long for nobody as for somebody."""
    nobody = _nobody()  # for everybody, as the first time it takes a moment
    row = session.execute(
        select(Person.id, Person.password, Person.disabled_at).where(Person.email == rules.account_of(email))
    ).first()
    try:
        _hasher.verify((row.password if row else None) or nobody, password)
    except (VerificationError, InvalidHashError):
        return None
    return row.id if row and row.password and row.disabled_at is None else None


def check_throttle(
    session: Session, account: str, address: str, now: datetime, *, door: Door = "password", but: int | None = None
) -> None:
    """Raise Throttled if this account or this network address has tried that door too often of late.

    Each door counts for itself: asking for links never shuts the way in by password, nor the other way round.
    The attempt of the id `but`, one's own that was noted already, does not count.
    """
    since = now - WINDOW
    recent = select(func.count(), func.min(Attempt.at)).where(Attempt.at > since)
    if but is not None:
        recent = recent.where(Attempt.id != but)
    at_account, at_address = _marks(door, account, address)
    for limit, mine in (
        (PER_ACCOUNT[door], Attempt.account == at_account),
        (PER_ADDRESS[door], Attempt.address == at_address),
    ):
        count, first = session.execute(recent.where(mine)).one()
        if count >= limit:
            seconds = int((first + WINDOW - now).total_seconds()) + 1
            raise Throttled(_TOO_MANY[door], minutes=-(-seconds // 60), seconds=seconds)


def note_attempt(session: Session, account: str, address: str, now: datetime, *, door: Door = "password") -> int:
    """Count a try at a door against the account and the address; gives its id, to take it back if it was no guess."""
    at_account, at_address = _marks(door, account, address)
    row = Attempt(account=at_account, address=at_address, at=now)
    session.add(row)
    session.execute(delete(Attempt).where(Attempt.at < now - 4 * WINDOW))
    session.flush()
    return row.id


def take_back(session: Session, attempt_id: int) -> None:
    """Count a try no longer: it was right, or was not let happen."""
    session.execute(delete(Attempt).where(Attempt.id == attempt_id))


def begin(session: Session, person_id: int, *, agent: str, address: str, now: datetime) -> Begun:
    """Begin a session. The caller ends the one that the browser had, so that no session outlives a sign-in."""
    cookie = chance.token()
    expires_at = now + SESSION_LASTS
    session.add(
        SignIn(
            sha256=digest(cookie),
            public_id=chance.public_id(),
            person_id=person_id,
            began_at=now,
            expires_at=expires_at,
            agent=agent[:500],
            address=address[:500],
        )
    )
    session.execute(delete(SignIn).where(SignIn.expires_at < now))
    session.flush()
    revisions.touch(session, "person", person_id)
    return Begun(cookie, expires_at)


def end(session: Session, sha256: str) -> None:
    """End one session; ending it twice is fine."""
    session.execute(delete(SignIn).where(SignIn.sha256 == sha256))


def end_one(session: Session, person_id: int, public_id: str) -> None:
    """End one of a person's own sessions; another person's is as absent."""
    session.execute(delete(SignIn).where(SignIn.person_id == person_id, SignIn.public_id == public_id))


def end_all(session: Session, person_id: int, *, but: str | None = None) -> None:
    """End all of a person's sessions, except the one of digest `but`."""
    ended = delete(SignIn).where(SignIn.person_id == person_id)
    session.execute(ended if but is None else ended.where(SignIn.sha256 != but))
    revisions.touch(session, "person", person_id)


def sessions_of(session: Session, person_id: int, now: datetime) -> Sequence[SignIn]:
    """A person's sessions that have not expired, newest first."""
    mine = select(SignIn).where(SignIn.person_id == person_id, SignIn.expires_at > now)
    return session.scalars(mine.order_by(SignIn.began_at.desc())).all()


def make_link(session: Session, purpose: str, person_id: int | None, now: datetime) -> str:
    """A new one-time link's secret. Earlier unused ones of the same purpose and person end."""
    earlier = delete(Link).where(Link.purpose == purpose, Link.used_at.is_(None))
    session.execute(earlier.where(Link.person_id.is_(None) if person_id is None else Link.person_id == person_id))
    secret = chance.token()
    session.add(Link(sha256=digest(secret), purpose=purpose, person_id=person_id, expires_at=now + LINK_LASTS[purpose]))
    session.flush()
    return secret


def look_at(session: Session, secret: str, now: datetime) -> Link:
    """The link, unused and in time; looking does not use it up. Raises NotFound or NotNow with the way out."""
    link = session.get(Link, digest(secret))
    if link is None:
        raise NotFound(
            "This link is not one of ours, or a newer one took its place. Look for the newest mail, or ask for another."
        )
    if link.used_at is not None:
        raise NotNow("This link has been used. Sign in with your password, or ask for a new link.")
    if link.expires_at <= now and link.purpose == "first":
        raise NotNow("This link has expired. `desk init` prints a new one.")
    if link.expires_at <= now:
        raise NotNow("This link has expired. Ask for a new one: it takes a minute.")
    return link


def still_works(session: Session, secret: str, now: datetime) -> bool:
    """Whether the link is unused, in time, and not replaced."""
    link = session.get(Link, digest(secret))
    return link is not None and link.used_at is None and link.expires_at > now


def use(session: Session, secret: str, now: datetime) -> Link:
    """Use the link up: of two who press at once one gets it, the other NotNow."""
    link = look_at(session, secret, now)
    taken = session.execute(
        update(Link)
        .where(Link.sha256 == link.sha256, Link.used_at.is_(None))
        .values(used_at=now)
        .returning(Link.sha256)
    ).all()
    if not taken:
        raise NotNow("This link has been used. Sign in with your password, or ask for a new link.")
    return link


def set_password(session: Session, person: Person, hashed: str) -> None:
    """Set a password; every session and every unused link of that person ends."""
    person.password = hashed
    end_all(session, person.id)
    end_links(session, person.id)
    session.flush()


def end_links(session: Session, person_id: int) -> None:
    """End every unused link of a person, whatever it was for."""
    session.execute(delete(Link).where(Link.person_id == person_id, Link.used_at.is_(None)))


@cache
def _nobody() -> str:
    """What stands for the password of somebody who has none. Made when first wanted: few processes ever do."""
    return _hasher.hash("a password that nobody has")


def _marks(door: Door, account: str, address: str) -> tuple[str, str]:
    """Under what a try at one door is counted: a digest of the account, and the network address."""
    return digest(f"{door}:{rules.account_of(account)}"), f"{door} {address}"
