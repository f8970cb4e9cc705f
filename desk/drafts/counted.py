"""The words of versions, counted once: a version never changes, so what was counted is kept, within bounds."""

import sys
from collections import Counter
from collections.abc import Collection, Hashable, Mapping
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.drafts.models import Version
from desk.text import plain_text, tokens

# Different words kept of all versions together, some 700 versions of 700 words; each is about 100 bytes.
MOST_KEPT = 250_000


Of = TypeVar("Of", bound=Hashable)
What = TypeVar("What", bound=Hashable)


class Kept(Generic[Of, What]):
    """Counts `of` something that never changes, at `most` so many in all; those asked for longest ago go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._counts: dict[Of, Counter[What]] = {}
        self._lock = Lock()

    def get(self, wanted: Collection[Of]) -> dict[Of, Counter[What]]:
        """Those that are kept."""
        with self._lock:
            found = {one: self._counts.pop(one) for one in wanted if one in self._counts}
            self._counts |= found  # to the end of the line
        return found

    def keep(self, counts: Mapping[Of, Counter[What]]) -> None:
        """Keep these too, and let others go that there is no more room for."""
        with self._lock:
            for one, count in counts.items():
                self._drop(one)
                self._counts[one] = count
                self._size += 1 + len(count)
            while self._size > self._most:
                self._drop(next(iter(self._counts)))

    def _drop(self, one: Of) -> None:
        if one in self._counts:
            self._size -= 1 + len(self._counts.pop(one))


_kept: Kept[str, str] = Kept(MOST_KEPT)  # by public id, which is never given twice


def words_of(session: Session, public_ids: Collection[str]) -> dict[str, Counter[str]]:
    """How often each word stands in headline, abstract and text of these versions, folded, by their public ids.

    Reads the texts of those alone that this process has not counted before.
    """
    found = _kept.get(public_ids)
    if missing := [id_ for id_ in public_ids if id_ not in found]:
        texts = select(Version.public_id, Version.headline, Version.abstract, Version.body_html)
        rows = session.execute(texts.where(Version.public_id.in_(missing)))
        counted = {row[0]: _count(f"{row[1]} {row[2]} {plain_text(row[3])}") for row in rows}
        _kept.keep(counted)
        found |= counted
    return found


def _count(text: str) -> Counter[str]:
    return Counter(map(sys.intern, tokens(text)))  # versions of one text share their words
