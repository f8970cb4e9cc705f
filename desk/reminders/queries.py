"""Reads of rungs."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.reminders.models import Rung


def of_things(session: Session, kind: str, ids: Collection[int]) -> dict[int, list[Rung]]:
    """All rungs of these things of one kind, by thing, in the order in which they fall due."""
    found: dict[int, list[Rung]] = {id_: [] for id_ in ids}
    if found:
        rows = select(Rung).where(Rung.thing_kind == kind, Rung.thing_id.in_(found))
        for rung in session.scalars(rows.order_by(Rung.due_at, Rung.id)):
            found[rung.thing_id].append(rung)
    return found


def overdue(session: Session, before: datetime) -> int:
    """How many rungs should have fired before that instant and have not: what a sweep and a health page ask."""
    rows = select(func.count()).select_from(Rung).where(Rung.state == "planned", Rung.due_at < before)
    return session.scalar(rows) or 0
