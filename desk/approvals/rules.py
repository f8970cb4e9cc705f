"""Whose copy it is, and which decision stands. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wrote:
    """One version of the main draft: its number, who saved it, and whether it was handed to the desk."""

    n: int
    author_id: int | None
    filed: bool


@dataclass(frozen=True, slots=True)
class Byline:
    """A name over copy, with the person if it is one of ours."""

    name: str
    person_id: int | None = None


def writers(versions: Sequence[Wrote], *, edition_n: int | None = None, prepared_by: int | None = None) -> set[int]:
    """The people who may not approve the last of `versions` (first to last) because they wrote it.

    That is whoever wrote the version that was filed last: to mend another's copy after that bars nobody. Copy that
    was never filed belongs to all who saved it. Once an edition is out (its version's number is `edition_n`) the copy
    is the next edition, for which the same holds from there on; it also belongs to whoever prepared it.
    """
    since = [version for version in versions if edition_n is None or version.n > edition_n]
    filed = [version for version in since if version.filed]
    theirs = filed[-1:] or since
    people = {version.author_id for version in theirs} | {prepared_by}
    return {person for person in people if person is not None}


def own_copy(person_id: int, name: str, writers: Collection[int], bylines: Iterable[Byline]) -> bool:
    """Whether the copy is that person's own: they wrote it, or stand in its byline (by link or by the same name)."""
    if person_id in writers:
        return True
    return any(line.person_id == person_id or _same(line.name, name) for line in bylines)


def _same(one: str, other: str) -> bool:
    return bool(one.split()) and one.casefold().split() == other.casefold().split()
