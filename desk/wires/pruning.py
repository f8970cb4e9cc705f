"""Raw wire copy that was understood long ago: its bytes go, its row stays and tells that the same came before.

What was never understood stays whole, for whoever mends the reader.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from desk.prune import Pruner
from desk.wires.models import Intake

KEPT = timedelta(days=90)


def _read_long_ago(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Intake.at < now - KEPT, Intake.read_at.is_not(None), Intake.error.is_(None)


def _find(session: Session, now: datetime, limit: int) -> Sequence[int]:
    kept = select(Intake.id).where(*_read_long_ago(now), func.length(Intake.data) > 0)
    return session.scalars(kept.order_by(Intake.at).limit(limit)).all()


def _drop(session: Session, now: datetime, ids: Sequence[int]) -> None:
    session.execute(update(Intake).where(Intake.id.in_(ids), *_read_long_ago(now)).values(data=b""))


INTAKES = Pruner("raw wire copy", _find, _drop)
