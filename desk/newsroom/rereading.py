"""Since which version somebody wants to see what changed: what they know of the copy, as far as the desk can tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.approvals import queries as approvals
from desk.drafts.models import Version
from desk.stories.models import Edition

Why = Literal["asked", "approve", "return", "authority", "filed", "edition"]


@dataclass(frozen=True, slots=True)
class Since:
    """The version to compare with, and why that one: it was asked for, one decided on it, it was filed, it is out."""

    version: Version
    why: Why


def since(
    session: Session, actor: Actor, versions: Sequence[Version], editions: Sequence[Edition], asked: str | None
) -> Since | None:
    """What to mark the last of `versions` against, none if there is nothing before it that is worth it.

    That is the version `asked` for by its public id; else the last one on which this actor decided, if nothing came
    out after it; else the one filed before it for the same edition; else what is out.
    """
    earlier = versions[:-1]
    if asked and (found := next((one for one in earlier if one.public_id == asked), None)):
        return Since(found, "asked")
    out = next((one for one in versions if editions and one.id == editions[-1].version_id), None)
    since_out = [one for one in earlier if out is None or one.n >= out.n]
    by_id = {one.id: one for one in since_out}
    decided = approvals.last_by(session, actor.person_id, list(by_id)) if actor.person_id is not None else None
    if decided is not None:
        return Since(by_id[decided.version_id], decided.kind)  # type: ignore[arg-type]  # the kinds of a decision
    filed = [one for one in since_out if one.filed_at and one is not out]
    if filed:
        return Since(filed[-1], "filed")
    return Since(out, "edition") if out is not None and out in earlier else None
