"""Steps of the decisions' table; the newsroom's verbs call them and record what happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.approvals.models import Decision
from desk.text import passage

Kind = Literal["approve", "return", "authority"]


def decide(session: Session, *, version_id: int, person_id: int, kind: Kind, note: str = "", now: datetime) -> Decision:
    """Add what a person decided about a version. A return and an own authority need a note."""
    note = passage(note, "note", "note")
    decision = Decision(version_id=version_id, person_id=person_id, kind=kind, note=note, at=now)
    session.add(decision)
    session.flush()
    return decision


def void(session: Session, version_ids: Sequence[int], *, by_version: int, now: datetime) -> Sequence[Decision]:
    """Void the approvals of these versions, as `by_version` came after them; gives those that stood until now.

    An approval that is withdrawn is voided by the version it was of.
    """
    standing = session.scalars(
        select(Decision)
        .where(Decision.version_id.in_(version_ids), Decision.kind == "approve", Decision.voided_at.is_(None))
        .order_by(Decision.id)
    ).all()
    for decision in standing:
        decision.voided_at, decision.voided_by = now, by_version
    session.flush()
    return standing
