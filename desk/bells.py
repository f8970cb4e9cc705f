"""The names of the doorbells: Celery tasks that say "look now". Each may be lost, doubled or late without harm."""

from sqlalchemy.orm import Session

DELIVER = "workers.deliver.lane"
POLL = "workers.fetch.poll"
ALIVE = "workers.desk.alive"

ALL = frozenset({DELIVER, POLL, ALIVE})


def mark(session: Session, bell: str, argument: str) -> None:
    """Have the edge ring `bell` once this session has committed; `argument` is a lane, a source, or who rings."""
    session.info.setdefault("bells", set()).add((bell, argument))


def take(session: Session) -> set[tuple[str, str]]:
    """The bells marked in this session, each once; they are forgotten by this call."""
    bells: set[tuple[str, str]] = session.info.pop("bells", set())
    return bells
