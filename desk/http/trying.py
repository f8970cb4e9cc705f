"""Tries at the door, counted before they are made: of many at once no more get through than of many in a row."""

from dataclasses import dataclass

from flask import request

from desk.errors import Throttled
from desk.http.context import db, now
from desk.http.transactions import beforehand
from desk.people import signing


@dataclass(frozen=True, slots=True)
class Tried:
    """A password that was tried: whose it is, if anybody's, and the attempt under which it counts."""

    person_id: int | None
    attempt: int


def counted(account: str, *, door: signing.Door) -> int:
    """Only in `prepare`: count a try; gives its id. Raises Throttled, and counts nothing, where there were too many.

    Each is committed before the others are counted, so that those who come together see one another.
    """
    at, address = now(), address_of()
    signing.check_throttle(db(), account, address, at, door=door)  # without a write for whom the door is shut already
    attempt = beforehand(lambda session: signing.note_attempt(session, account, address, at, door=door))
    try:
        signing.check_throttle(db(), account, address, at, door=door, but=attempt)
    except Throttled:
        beforehand(lambda session: signing.take_back(session, attempt))
        raise
    return attempt


def try_password(email: str, password: str) -> Tried:
    """Only in `prepare`: count a try, then look whose password it is. Raises Throttled."""
    attempt = counted(email, door="password")
    return Tried(signing.verify(db(), email, password), attempt)


def address_of() -> str:
    """The network address that the request comes from."""
    return request.remote_addr or "unknown"
