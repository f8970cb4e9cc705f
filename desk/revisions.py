"""Revisions: one counter a desk, one a person, one for the wire; every page's ETag hangs on some of them."""

from typing import Literal

from sqlalchemy import String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from desk.db import Base

Kind = Literal["desk", "person", "wire", "newsroom"]


class Revision(Base):
    """How often what `kind` and `key` name has changed."""

    __tablename__ = "revisions"
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    key: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


def touch(session: Session, kind: Kind, key: int = 0) -> None:
    """Note that what a page shows of this desk, person, the wire or the newsroom has changed."""
    session.info.setdefault("touched", set()).add((kind, key))


def bump(session: Session) -> None:
    """Raise the counters that this session touched: called by the edges, last before their commit, in key order."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for kind, key in sorted(session.info.pop("touched", ())):
        session.execute(
            insert(Revision)
            .values(kind=kind, key=key, n=1)
            .on_conflict_do_update(index_elements=["kind", "key"], set_={"n": Revision.n + 1})
        )


def read(session: Session, wanted: set[tuple[Kind, int]]) -> tuple[int, ...]:
    """The counters of `wanted` in key order; one that never changed is 0."""
    rows = session.execute(
        select(Revision.kind, Revision.key, Revision.n).where(Revision.kind.in_({k for k, _ in wanted}))
    )
    known = {(kind, key): n for kind, key, n in rows}
    return tuple(known.get(pair, 0) for pair in sorted(wanted))
