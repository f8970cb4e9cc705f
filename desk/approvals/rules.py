"""Whose copy it is, and which decision stands. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

# Mending ends where more than a fifth of the words that would go out are one person's, and more than five are.
MENDED_PART = 5
MENDED_WORDS = 5


@dataclass(frozen=True, slots=True)
class Wrote:
    """One version of the main draft: its number, who saved it, whether it was handed to the desk, and its words.

    The words (of headline, abstract and text, folded) are needed from the version that was filed last.
    """

    n: int
    author_id: int | None
    filed: bool
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Byline:
    """A name over copy, with the person if it is one of ours."""

    name: str
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """Why copy is somebody's own; who `rewrote` another's put in `words` of the `of` words that would go out."""

    why: Literal["wrote", "prepared", "byline", "rewrote"]
    words: int = 0
    of: int = 0


def own_copy(
    person_id: int,
    name: str,
    versions: Sequence[Wrote],
    bylines: Iterable[Byline] = (),
    *,
    edition_n: int | None = None,
    prepared_by: int | None = None,
) -> Own | None:
    """Why that person may not approve the last of `versions` (first to last), or None if they may.

    It is their own if they wrote the version that was filed last, or stand in a byline (by link or by the same name).
    To mend another's copy after that bars nobody; to write more than a fifth of it anew does. Copy that was never filed
    belongs to all who saved it. Once an edition is out (its version's number is `edition_n`) the copy is the next
    edition, for which the same holds from there on; it also belongs to whoever prepared it.
    """
    if prepared_by == person_id:
        return Own("prepared")
    since = [version for version in versions if edition_n is None or version.n > edition_n]
    filed = last_filed(since)
    theirs = since if filed is None else since[filed : filed + 1]
    if any(version.author_id == person_id for version in theirs):
        return Own("wrote")
    if any(line.person_id == person_id or _same(line.name, name) for line in bylines):
        return Own("byline")
    return None if filed is None else _rewrote(person_id, since[filed:])


def last_filed(versions: Sequence[Wrote]) -> int | None:
    """Where among `versions` the one is that was filed last, None if none was."""
    return next((at for at in reversed(range(len(versions))) if versions[at].filed), None)


def mends(words: int, of: int) -> bool:
    """Whether somebody who put in `words` of the `of` words of another's copy has only mended it."""
    return words <= max(MENDED_WORDS, of // MENDED_PART)


def _rewrote(person_id: int, versions: Sequence[Wrote]) -> Own | None:
    """Whether they wrote another's copy anew, of which the first of `versions` was filed.

    What was put in and taken out again does not count, nor does moving a paragraph or cutting one.
    """
    put_in = sum(_come(before, after) for before, after in pairwise(versions) if after.author_id == person_id)
    words, of = min(put_in, _come(versions[0], versions[-1])), len(versions[-1].words)
    return None if mends(words, of) else Own("rewrote", words, of)


def _come(before: Wrote, after: Wrote) -> int:
    return (Counter(after.words) - Counter(before.words)).total()


def _same(one: str, other: str) -> bool:
    return bool(one.split()) and one.casefold().split() == other.casefold().split()
