"""What a view may ask of its request: the session, who acts, what time it is, what went wrong before."""

from dataclasses import dataclass
from datetime import datetime

from flask import g
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.errors import DeskError
from desk.people.models import Person
from desk.settings import Settings


@dataclass
class Visit:
    """One request's state, made before the view runs. `session_sha` is the digest of the reader's cookie."""

    settings: Settings
    now: datetime
    db: Session | None = None
    person: Person | None = None
    actor: Actor | None = None
    session_sha: str | None = None
    problem: DeskError | None = None
    prepared: object = None
    language: str = "en"
    zone: str = "UTC"


def visit() -> Visit:
    """This request's state."""
    found: Visit = g.visit
    return found


def db() -> Session:
    """The request's session: read-only for GET and HEAD."""
    session = visit().db
    if session is None:
        raise RuntimeError("no database session is open here")
    return session


def actor() -> Actor:
    """Who acts. Only in views that need a sign-in."""
    found = visit().actor
    if found is None:
        raise RuntimeError("nobody is signed in here")
    return found


def me() -> Person:
    """The person who is signed in."""
    found = visit().person
    if found is None:
        raise RuntimeError("nobody is signed in here")
    return found


def now() -> datetime:
    """The instant at which this request began."""
    return visit().now


def problem() -> DeskError | None:
    """What was wrong with the form that is being given back filled, if any."""
    return visit().problem
