"""Whose copy it is, and which decision stands. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

# Mending ends where more than a fifth of the words that would go out are one person's, and more than five are, or all.
MENDED_PART = 5
MENDED_WORDS = 5


@dataclass(frozen=True, slots=True)
class Wrote:
    """One version of the main draft: its number, who saved it, whether it was handed to the desk, and its words.

    The words (of headline, abstract and text, folded, and how often each stands there) are needed for `shares`, from
    the version that is out, or from the first.
    """

    n: int
    author_id: int | None
    filed: bool
    words: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Byline:
    """A name over copy, with the person if it is one of ours."""

    name: str
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """Why copy is somebody's own; if it is by their `share`, that is `words` of the `of` words that would go out."""

    why: Literal["wrote", "prepared", "byline", "share"]
    words: int = 0
    of: int = 0


def own_copy(
    person_id: int,
    name: str,
    versions: Sequence[Wrote],
    bylines: Iterable[Byline] = (),
    *,
    shared: Mapping[int | None, int] | None = None,
    edition_n: int | None = None,
    prepared_by: int | None = None,
) -> Own | None:
    """Why that person may not approve the last of `versions` (first to last), or None if they may.

    It is their own if they wrote the version that was filed last, stand in a byline (by link or by the same name), or
    brought in more of its words than mending would, by whichever save and whoever filed since: `shared` is what
    `shares` gives, and without it names and filings alone decide. Copy that was never filed belongs to all who saved
    it. Once an edition is out (its version's number is `edition_n`) the copy is the next edition, for which the same
    holds from there on; it also belongs to whoever prepared it.
    """
    if prepared_by == person_id:
        return Own("prepared")
    if any(version.author_id == person_id for version in _handed_in(versions, edition_n)):
        return Own("wrote")
    if any(line.person_id == person_id or _same(line.name, name) for line in bylines):
        return Own("byline")
    words, of = (shared.get(person_id, 0), sum(shared.values())) if shared else (0, 0)
    return None if mends(words, of) else Own("share", words, of)


def writer(versions: Sequence[Wrote], *, edition_n: int | None = None) -> int | None:
    """Who wrote the copy: the version that was filed last, or all of what was never filed; None if nobody alone did."""
    wrote = {version.author_id for version in _handed_in(versions, edition_n)}
    return wrote.pop() if len(wrote) == 1 else None


def shares(versions: Sequence[Wrote], *, edition_n: int | None = None) -> Counter[int | None]:
    """How many words of the last of `versions` each brought in: whose save was the first with that word as often.

    The words of the edition that is out (its version's number is `edition_n`) are nobody's, here under None.
    """
    brought: dict[str, list[int | None]] = {}
    for version in versions:
        if edition_n is not None and version.n < edition_n:
            continue
        by = None if version.n == edition_n else version.author_id
        for word, times in version.words.items():
            of_word = brought.setdefault(word, [])
            of_word += [by] * (times - len(of_word))
    last = versions[-1].words if versions else {}
    return Counter(by for word, times in last.items() for by in brought[word][:times])


def mends(words: int, of: int) -> bool:
    """Whether somebody who brought in `words` of the `of` words of a text has only mended it."""
    return not words or (words < of and words <= max(MENDED_WORDS, of // MENDED_PART))


def _handed_in(versions: Sequence[Wrote], edition_n: int | None) -> Sequence[Wrote]:
    """The version that was filed last since that edition, or all since, where none was."""
    since = [version for version in versions if edition_n is None or version.n > edition_n]
    return [version for version in since if version.filed][-1:] or since


def _same(one: str, other: str) -> bool:
    return bool(one.split()) and one.casefold().split() == other.casefold().split()
