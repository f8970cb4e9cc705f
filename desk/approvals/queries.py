"""Reads of what was decided about versions."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.approvals.models import Decision


def of_versions(session: Session, version_ids: Sequence[int]) -> Sequence[Decision]:
    """All that was decided about these versions, oldest first."""
    return session.scalars(select(Decision).where(Decision.version_id.in_(version_ids)).order_by(Decision.id)).all()


def last_by(session: Session, person_id: int, version_ids: Sequence[int]) -> Decision | None:
    """What this person decided last about any of these versions."""
    return session.scalar(
        select(Decision)
        .where(Decision.version_id.in_(version_ids), Decision.person_id == person_id)
        .order_by(Decision.id.desc())
        .limit(1)
    )


def in_force(session: Session, version_id: int) -> Decision | None:
    """The approval that stands for a version: its last decision, if that is an approval nothing has voided."""
    last = session.scalar(
        select(Decision).where(Decision.version_id == version_id).order_by(Decision.id.desc()).limit(1)
    )
    return last if last is not None and last.kind == "approve" and last.voided_at is None else None
