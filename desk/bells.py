"""The names of the doorbells: Celery tasks that say "look now". Each may be lost, doubled or late without harm."""

from sqlalchemy.orm import Session

DELIVER = "workers.deliver.lane"
POLL = "workers.fetch.poll"

ALL = frozenset({DELIVER, POLL})


def mark(session: Session, bell: str, argument: str) -> None:
    """Have the edge ring `bell` with `argument` (a lane, a source's public id) once this session has committed."""
    session.info.setdefault("bells", set()).add((bell, argument))


def take(session: Session) -> set[tuple[str, str]]:
    """The bells marked in this session, each once; they are forgotten by this call."""
    bells: set[tuple[str, str]] = session.info.pop("bells", set())
    return bells
