"""Which blocks of one version of a text became which of another: mended, parted, joined, gone or new. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ALIKE = 0.5  # the part of their words that two blocks share at least if one became the other
FEW = 4  # words from which on it is enough that a block stands in the other
MOST_PAIRS = 40_000


class Block(NamedTuple):
    """A paragraph, heading, item or cell: its `kind`, with the boxes around it, and how often it has each word."""

    kind: tuple[str, ...]
    words: Counter[str]


@dataclass(slots=True)
class _Group:
    i: int
    j: int
    k: int
    m: int


def groups(old: Sequence[Block], new: Sequence[Block]) -> Iterator[tuple[slice, slice]]:
    """Old and new blocks that belong together, in order; those that only went, or only came, have nothing beside them.

    Above `MOST_PAIRS` all are one group.
    """
    if not old or not new or len(old) * len(new) > MOST_PAIRS:
        yield slice(0, len(old)), slice(0, len(new))
        return
    found = [_Group(i, i + 1, k, k + 1) for i, k in _pairs(old, new)]
    ends = _Group(len(old), len(old), len(new), len(new))
    at = to = 0
    for n, one in enumerate([*found, ends]):
        if one is not ends:
            following = (*found, ends)[n + 1]
            _join_before(one, old, new, at, to)
            _join_after(one, old, new, following.i, following.k)
        yield from _between(old, new, slice(at, one.i), slice(to, one.k))
        if one is not ends:
            yield slice(one.i, one.j), slice(one.k, one.m)
        at, to = one.j, one.m


def _between(old: Sequence[Block], new: Sequence[Block], gone: slice, come: slice) -> Iterator[tuple[slice, slice]]:
    """Blocks that are not alike: of the same kinds they are taken for each other, else all went and all came."""
    i, k = gone.start, come.start
    if [one.kind for one in old[gone]] == [one.kind for one in new[come]]:
        yield from ((slice(i + n, i + n + 1), slice(k + n, k + n + 1)) for n in range(gone.stop - i))
        return
    yield gone, slice(k, k)
    yield slice(gone.stop, gone.stop), come


def _pairs(old: Sequence[Block], new: Sequence[Block]) -> list[tuple[int, int]]:
    """Blocks of which one became the other, in order: those pairs that share the most words together."""
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    shared = [[_shared(one.words, other.words) for other in new] for one in old]
    for i in reversed(range(len(old))):
        for k in reversed(range(len(new))):
            both = shared[i][k] + best[i + 1][k + 1] if shared[i][k] else 0
            best[i][k] = max(both, best[i + 1][k], best[i][k + 1])
    found = []
    i = k = 0
    while i < len(old) and k < len(new):
        if shared[i][k] and best[i][k] == shared[i][k] + best[i + 1][k + 1]:
            found.append((i, k))
            i, k = i + 1, k + 1
        elif best[i][k] == best[i + 1][k]:
            i += 1
        else:
            k += 1
    return found


def _shared(one: Counter[str], other: Counter[str]) -> int:
    """How many words two blocks share if they are alike, else 0."""
    both, fewer, more = (one & other).total(), *sorted((one.total(), other.total()))
    of = fewer if fewer >= FEW else (fewer + more) / 2
    return both if both and both >= ALIKE * of else 0


def _join_before(one: _Group, old: Sequence[Block], new: Sequence[Block], at: int, to: int) -> None:
    while one.i > at and _is_rest(old[one.i - 1], new[one.k : one.m], old[one.i : one.j]):
        one.i -= 1
    while one.k > to and _is_rest(new[one.k - 1], old[one.i : one.j], new[one.k : one.m]):
        one.k -= 1


def _join_after(one: _Group, old: Sequence[Block], new: Sequence[Block], at: int, to: int) -> None:
    while one.j < at and _is_rest(old[one.j], new[one.k : one.m], old[one.i : one.j]):
        one.j += 1
    while one.m < to and _is_rest(new[one.m], old[one.i : one.j], new[one.k : one.m]):
        one.m += 1


def _is_rest(block: Block, of: Sequence[Block], but: Sequence[Block]) -> bool:
    """Whether a block is made of what others hold `but` for what is told of them already: parted or joined."""
    rest = sum((one.words for one in of), Counter[str]()) - sum((one.words for one in but), Counter[str]())
    return bool(block.words) and (block.words & rest).total() >= ALIKE * block.words.total()
