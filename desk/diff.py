"""How one text became another, word by word. Pure.

A word or point is the same whatever blank follows it. What is found is then put as a reader would put it: a word or two
that stand by chance between larger changes are no landmark, and a sentence that went takes its own full stop along.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, NamedTuple, TypeVar

from desk.spans import Marks, Span

Kind = Literal["same", "gone", "new"]
Change = tuple[Kind, str]
Run = tuple[Kind, list[Span]]
Piece = TypeVar("Piece", bound=Hashable)

MOST_PARAGRAPHS = 2_000
MOST_WORDS = 2_000
ISLAND = 3  # words of which at most so many stand by chance where more changed on either side of them

_PARAGRAPH_GAP = re.compile(r"\n\s*\n")
_POINTS = r""".,;:!?…()\[\]{}"“”„«»‹›‘’'\u2013\u2014/\u3000-\u303f\uff01-\uff0f\uff1a-\uff20"""
_ALONE = (
    r"\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # what is written without gaps, compared letter by letter
)
# a word, points inside it included (`1,200`, `15:24`, `desk’s`), one such letter, or one point; then the gap after it
_COMPARED = re.compile(
    rf"([{_ALONE}]|[^\s{_POINTS}{_ALONE}]+(?:[.,:/'’][^\s{_POINTS}{_ALONE}]+)*|[{_POINTS}])(\s*)|(\s+)"
)
_ENDS_SENTENCE = frozenset(".!?…。！？؟।")
_CLOSES = frozenset("\"'”’»›)]」』）")
_BARE = Marks()
_STANDS_FOR = {"br": "\n", "img": "\ufffc"}


Cut = Callable[[int, int], list[Span]]


class Token(NamedTuple):
    """A word or a point with the blank after it, or the `end` of a block. Two are the same whose keys are.

    Its spans are those that `cut` gives of the characters from `at`.
    """

    key: Hashable
    word: str = ""
    gap: str = ""
    at: int = 0
    cut: Cut = lambda _start, _stop: []
    end: bool = False

    @property
    def middle(self) -> int:
        """Where the word ends and the blank begins."""
        return self.at + len(self.word)

    @property
    def stop(self) -> int:
        """Where what follows begins."""
        return self.at + len(self.word) + len(self.gap)


class Step(NamedTuple):
    """Old tokens `i` to `j`, new ones `k` to `m`: the same, or else those that went and those that came instead."""

    same: bool
    i: int
    j: int
    k: int
    m: int


def word_diff(old: str, new: str) -> list[Change]:
    """How plain text `old` became `new`: paragraphs first, then the words of those that differ.

    All `same` and `gone` parts joined are `old`, all `same` and `new` parts are `new`. Where more than
    `MOST_PARAGRAPHS` or `MOST_WORDS` differ in one place, that place is shown as gone and new as a whole.
    """
    runs: list[Run] = []
    for same, gone, come in stretches(_paragraphs(old), _paragraphs(new), MOST_PARAGRAPHS):
        if same:
            runs.append(("same", _plain("".join(gone))))
        else:
            before, after = tokens(_plain("".join(gone))), tokens(_plain("".join(come)))
            for step in steps(before, after):
                runs += told(before, after, step)
    return [(kind, text_of(spans)) for kind, spans in merged(runs)]


def tokens(spans: Sequence[Span]) -> list[Token]:
    """Words and points of marked text, each with the gap after it; joined they are the text again.

    A word that is marked otherwise (bold, a link) is another word.
    """
    text, cut = text_of(spans), cutter(spans)
    bare = all(_is_bare(span) for span in spans)
    found = []
    for match in _COMPARED.finditer(text):
        word, gap, at = match[1] or "", match[2] if match[1] else match[3], match.start()
        marked = () if bare else cut(at, at + len(word))
        key = word if all(_is_bare(span) for span in marked) else tuple(marked)
        found.append(Token(key, word, gap, at, cut))
    return found


def steps(before: Sequence[Token], after: Sequence[Token]) -> list[Step]:
    """How the old tokens became the new ones, in order."""
    found: list[Step] = []
    i = k = 0
    for same, gone, come in stretches([one.key for one in before], [one.key for one in after], MOST_WORDS):
        j, m = i + len(gone), k + len(come)
        found.append(Step(same, i, j, k, m))
        i, k = j, m
    return _slid(before, after, _by_sentences(before, after, _without_islands(before, after, found)))


def told(before: Sequence[Token], after: Sequence[Token], step: Step) -> Iterator[Run]:
    """One step as runs; the gaps after words that are the same are compared on their own."""
    if not step.same:
        yield "gone", _spans(before[step.i : step.j])
        yield "new", _spans(after[step.k : step.m])
        return
    for was, now in zip(before[step.i : step.j], after[step.k : step.m], strict=True):
        if was.gap == now.gap:
            yield "same", now.cut(now.at, now.stop)
        else:
            yield "same", now.cut(now.at, now.middle)
            yield "gone", was.cut(was.middle, was.stop)
            yield "new", now.cut(now.middle, now.stop)


def merged(runs: Iterable[Run]) -> list[Run]:
    """One run for each stretch of one kind; where some went and some came in one place, what went is told first.

    Where all that came, or all that went, is a blank that the other has too, that blank is the same.
    """
    found: list[Run] = []
    waiting: dict[Kind, list[Span]] = {"gone": [], "new": []}
    for kind, spans in runs:
        if kind != "same":
            waiting[kind] += spans
        elif spans:
            found += [*_in_one_place(waiting["gone"], waiting["new"]), ("same", spans)]
            waiting = {"gone": [], "new": []}
    found += _in_one_place(waiting["gone"], waiting["new"])
    joined: list[Run] = []
    for kind, spans in found:
        if joined and joined[-1][0] == kind:
            joined[-1][1].extend(spans)
        elif spans:
            joined.append((kind, list(spans)))
    return joined


def stretches(
    a: Sequence[Piece], b: Sequence[Piece], most: int
) -> Iterator[tuple[bool, Sequence[Piece], Sequence[Piece]]]:
    """Stretches that are the same and that are not; what both begin and end with is set aside before comparing.

    Where more than `most` pieces are left to compare they are one stretch that is not.
    """
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    middle, other = a[head : len(a) - tail], b[head : len(b) - tail]
    if head:
        yield True, a[:head], b[:head]
    if max(len(middle), len(other)) > most:
        yield False, middle, other
    else:
        for op, i, j, k, m in SequenceMatcher(None, middle, other).get_opcodes():
            yield op == "equal", middle[i:j], other[k:m]
    if tail:
        yield True, a[len(a) - tail :], b[len(b) - tail :]


def text_of(spans: Iterable[Span]) -> str:
    """What spans say: a break as a line end, a picture as the sign that stands for an object."""
    return "".join(_STANDS_FOR.get(span.kind, span.text) for span in spans)


def cutter(spans: Sequence[Span]) -> Cut:
    """A function that cuts out of spans what stands from one character to another."""
    ends: list[int] = []
    for span in spans:
        ends.append((ends[-1] if ends else 0) + len(text_of([span])))

    def cut(start: int, stop: int) -> list[Span]:
        found: list[Span] = []
        n = bisect_right(ends, start)
        while start < stop and n < len(spans) and (ends[n - 1] if n else 0) < stop:
            span, at = spans[n], ends[n - 1] if n else 0
            if span.kind == "text":
                span = span._replace(text=span.text[max(0, start - at) : stop - at])
            found.append(span)
            n += 1
        return found

    return cut


# as a reader would put it


def _without_islands(before: Sequence[Token], after: Sequence[Token], found: Sequence[Step]) -> list[Step]:
    """Few words between two larger changes, or a point alone, changed with them; an end of a paragraph never does."""
    kept: list[Step] = []
    for n, step in enumerate(found):
        left = kept[-1] if kept else None
        right = found[n + 1] if n + 1 < len(found) else None
        island = step.same and left and right and _is_chance(before[step.i : step.j], before, after, (left, right))
        if left and not left.same and (island or not step.same):
            kept[-1] = Step(False, left.i, step.j, left.k, step.m)
        else:
            kept.append(step)
    return kept


def _is_chance(
    same: Sequence[Token], before: Sequence[Token], after: Sequence[Token], around: tuple[Step, Step]
) -> bool:
    if any(one.same for one in around) or any(one.end or "\n" in one.gap for one in same):
        return False
    letters = _letters(same)
    changed = [max(_letters(before[one.i : one.j]), _letters(after[one.k : one.m])) for one in around]
    words = sum(1 for one in same if _letters([one]))
    return not letters or (words <= ISLAND and letters < min(changed))


def _by_sentences(before: Sequence[Token], after: Sequence[Token], found: Sequence[Step]) -> list[Step]:
    """Where a sentence ends otherwise and whole ones after it went, or came, each of these is told with its stop."""
    told, kept = list(found), []
    for n in range(len(told) - 1):
        step, right = told[n], told[n + 1]
        kept.append(step)
        if step.same or before[right.i].word not in _ENDS_SENTENCE:
            continue
        stop = before[right.i].key
        old = next((at for at in range(step.i, step.j) if before[at].key == stop), None)
        new = next((at for at in range(step.k, step.m) if after[at].key == stop), None)
        if old is not None and new is None:
            i, k = old, step.m
        elif old is None and new is not None:
            i, k = step.j, new
        else:
            continue
        kept[-1] = Step(False, step.i, i, step.k, k)
        kept += [Step(True, i, i + 1, k, k + 1), Step(False, i + 1, step.j + 1, k + 1, step.m + 1)]
        told[n + 1] = right._replace(i=right.i + 1, k=right.k + 1)
    return kept + told[-1:]


def _slid(before: Sequence[Token], after: Sequence[Token], found: Sequence[Step]) -> list[Step]:
    """What only went, or only came, moved along equal words to where a sentence or a paragraph begins and ends."""
    nothing = Step(True, len(before), len(before), len(after), len(after))
    moved = [Step(True, 0, 0, 0, 0), *found, nothing]
    for n in range(1, len(moved) - 1):
        left, step, right = moved[n - 1 : n + 2]
        gone, come = step.i < step.j, step.k < step.m
        if step.same or gone == come or not (left.same and right.same):
            continue
        of, start, stop = (before, step.i, step.j) if gone else (after, step.k, step.m)
        by = _best_shift(of, start, stop, left.j - left.i, right.j - right.i)
        moved[n - 1 : n + 2] = [
            left._replace(j=left.j + by, m=left.m + by),
            Step(False, step.i + by, step.j + by, step.k + by, step.m + by),
            right._replace(i=right.i + by, k=right.k + by),
        ]
    return [step for step in moved if step.i < step.j or step.k < step.m]


def _best_shift(of: Sequence[Token], start: int, stop: int, room_left: int, room_right: int) -> int:
    left = right = 0
    while left < room_left and of[start - 1 - left].key == of[stop - 1 - left].key:
        left += 1
    while right < room_right and of[start + right].key == of[stop + right].key:
        right += 1
    return max(range(-left, right + 1), key=lambda by: (_part(of, start + by) + _part(of, stop + by), -abs(by)))


def _part(of: Sequence[Token], at: int) -> int:
    """How well a text can be cut there: between blocks, sentences, what points part, words."""
    if at == 0 or at == len(of) or of[at - 1].end or of[at - 1].gap.count("\n") > 1:
        return 5
    word, gap = of[at - 1].word, bool(of[at - 1].gap) or of[at].end
    if word in _ENDS_SENTENCE or (word in _CLOSES and at > 1 and of[at - 2].word in _ENDS_SENTENCE):
        return 4 if gap else 1
    return gap * (1 if any(char.isalnum() for char in word) else 2)


def _in_one_place(gone: list[Span], new: list[Span]) -> list[Run]:
    """What went and what came between the same words; a blank that is all of one and ends the other stays as it was."""
    was, now = text_of(gone), text_of(new)
    blank = min(was, now, key=len)
    if not (blank.isspace() and was.endswith(blank) and now.endswith(blank)):
        return [("gone", gone), ("new", new)]
    went, came = len(was) - len(blank), len(now) - len(blank)
    cut = cutter(new)
    return [("gone", cutter(gone)(0, went)), ("new", cut(0, came)), ("same", cut(came, len(now)))]


# spans


def _plain(text: str) -> list[Span]:
    return [Span("text", text, _BARE)] if text else []


def _is_bare(span: Span) -> bool:
    return span.kind == "text" and span.marks == _BARE


def _spans(of: Sequence[Token]) -> list[Span]:
    """The spans of tokens of one text, in which they follow each other."""
    return of[0].cut(of[0].at, of[-1].stop) if of else []


def _letters(of: Sequence[Token]) -> int:
    return sum(char.isalnum() for one in of for char in one.word)


def _paragraphs(text: str) -> list[str]:
    """Each with the gap that follows it, so that joined they are the text again."""
    ends = [0, *(match.end() for match in _PARAGRAPH_GAP.finditer(text)), len(text)]
    return [text[i:j] for i, j in pairwise(ends) if i < j]
