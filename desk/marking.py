"""Two versions of copy as one text with what changed marked in it, its headings, lists, quotes and links kept. Pure.

Copy is taken apart into leaves, each a block of text in the boxes (list, item, quote, cell) around it. Words and the
ends of leaves are compared together, so that a paragraph may be parted or two joined; then the newer copy's leaves are
written out again in their boxes, with what went put where it stood.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, groupby, takewhile
from typing import NamedTuple

from desk import diff
from desk.aligning import Block, groups
from desk.diff import MOST_PARAGRAPHS, Change, Kind, Run, Step, Token
from desk.spans import Marks, Span, inline

_TAG = re.compile(r'<(/?)(\w+)((?:[^>"]|"[^"]*")*)>|([^<]+)')
_HREF = re.compile(r'href="([^"]*)"')
_LEAVES = frozenset({"p", "h2", "h3", "pre"})
_BOXES = frozenset({"ul", "ol", "li", "table", "tr", "td", "th", "blockquote", "figure", "figcaption"})
_SHARED = frozenset({"ul", "ol", "table", "blockquote"})  # what went is put into such a box of the newer copy
_SEATS = {"ul": ("li",), "ol": ("li",), "table": ("tr", "td"), "tr": ("td",)}  # what must stand in these around text
_PARTED = Span("parted", "", Marks())  # an end of a paragraph that came or went, while there is text on both sides
_GONE, _BLANK, _AUTO = ' class="gone"', ' class="blank"', ' dir="auto"'


@dataclass(frozen=True, slots=True)
class Marked:
    """Canonical copy with `<ins>` and `<del>` in it, blocks that went of the class `gone`; and how many blocks differ.

    With all that went and the marks of the class `parted` left out it is the newer copy.
    """

    html: str
    blocks: int


class _Box(NamedTuple):
    name: str
    attributes: str
    n: int  # of its own in both versions together, below 0 in the older one


class _Leaf(NamedTuple):
    boxes: tuple[_Box, ...]
    tag: str  # empty for text that stands bare in its box
    spans: tuple[Span, ...]

    @property
    def kind(self) -> tuple[str, ...]:
        return (*(box.name for box in self.boxes), self.tag)

    @property
    def key(self) -> tuple[object, ...]:
        return (*((box.name, box.attributes) for box in self.boxes), self.tag, self.spans)


class _Line(NamedTuple):
    """A leaf as it is written: of the newer copy, or one that `went` whole."""

    leaf: _Leaf
    runs: Sequence[Run]
    went: bool = False


def marked(old: str, new: str) -> Marked:
    """How canonical HTML `old` became `new`, as HTML that is as safe as these."""
    before, after = list(_leaves(old, count(-1, -1))), list(_leaves(new, count(1)))
    lines: list[_Line] = []
    i = k = 0
    for same, gone, come in diff.stretches([one.key for one in before], [one.key for one in after], MOST_PARAGRAPHS):
        j, m = i + len(gone), k + len(come)
        if same:
            lines += [_Line(leaf, [("same", list(leaf.spans))]) for leaf in after[k:m]]
        else:
            old_blocks, new_blocks = ([_block(leaf) for leaf in leaves] for leaves in (before[i:j], after[k:m]))
            for some, others in groups(old_blocks, new_blocks):
                lines += _compared(before[i:j][some], after[k:m][others])
        i, k = j, m
    blocks = sum(any(kind != "same" for kind, _spans in line.runs) for line in lines)
    return Marked(_written(lines), blocks)


def marked_words(changes: Iterable[Change]) -> str:
    """Plain text with what changed marked in it, as HTML; all of it is escaped."""
    return "".join(_run(kind, [Span("text", words, Marks())]) for kind, words in changes)


# taken apart


def _leaves(canonical: str, numbers: Iterator[int]) -> Iterator[_Leaf]:
    boxes: list[_Box] = []
    tag, spans, filled = "", list[Span](), True
    href: str | None = None
    strong = em = False

    def leaf() -> Iterator[_Leaf]:
        nonlocal tag, spans
        if spans or tag:
            yield _Leaf(tuple(boxes), tag, tuple(spans))
        tag, spans = "", []

    for end, name, attributes, text in _TAG.findall(canonical):
        marks = Marks(href, strong, em)
        if text:
            if boxes or tag or spans or not text.isspace():
                spans.append(Span("text", html.unescape(text), marks))
        elif name in _LEAVES:
            yield from leaf()
            tag, filled = ("" if end else name), True
        elif name in _BOXES and end:
            filled = filled or bool(spans)
            yield from leaf() if filled else iter([_Leaf(tuple(boxes), "", ())])
            boxes.pop()
            filled = True
        elif name in _BOXES:
            yield from leaf()
            boxes.append(_Box(name, attributes, next(numbers)))
            filled = False
        elif name == "a":
            found = _HREF.search(attributes)
            href = None if end or not found else html.unescape(found[1])
        elif name == "strong":
            strong = not end
        elif name == "em":
            em = not end
        elif name == "br":
            spans.append(Span("br", "", marks))
        else:
            spans.append(Span("img", f"<{name}{attributes}>", marks))


# compared


def _compared(before: Sequence[_Leaf], after: Sequence[_Leaf]) -> Iterator[_Line]:
    """The lines of leaves that differ: one for each of the newer copy, and one for each that went whole."""
    was, now = _tokens(before), _tokens(after)
    old, new = iter(before), iter(after)
    runs: list[Run] = []
    for step in diff.steps(was, now):
        if step.same:
            for start, stop, ends in _between_ends(now, step.k, step.m):
                by = step.i - step.k
                runs += diff.told(was, now, Step(True, start + by, stop + by, start, stop))
                if ends:
                    next(old)
                    yield _Line(next(new), diff.merged(runs))
                    runs = []
            continue
        for start, stop, ends in _between_ends(was, step.i, step.j):
            runs += diff.told(was, now, Step(False, start, stop, 0, 0))
            if ends and (leaf := next(old)) and _only("gone", runs):
                yield _Line(leaf, diff.merged(runs), went=True)
                runs = []
            elif ends:
                runs.append(("gone", [_PARTED]))
        for start, stop, ends in _between_ends(now, step.k, step.m):
            runs += diff.told(was, now, Step(False, 0, 0, start, stop))
            if ends:
                yield _Line(next(new), diff.merged(_ended(runs)))
                runs = []


def _block(leaf: _Leaf) -> Block:
    return Block(
        leaf.kind, Counter(one.word for one in diff.tokens(leaf.spans) if any(char.isalnum() for char in one.word))
    )


def _tokens(leaves: Iterable[_Leaf]) -> list[Token]:
    found: list[Token] = []
    for leaf in leaves:
        found += [*diff.tokens(leaf.spans), Token(("end", *leaf.kind), end=True)]
    return found


def _between_ends(tokens: Sequence[Token], start: int, stop: int) -> Iterator[tuple[int, int, bool]]:
    """What stands before each end of a leaf, and after the last: from where to where, and whether a leaf ends there."""
    for n in range(start, stop):
        if tokens[n].end:
            yield start, n, True
            start = n + 1
    yield start, stop, False


def _ended(runs: Sequence[Run]) -> Sequence[Run]:
    """The runs of a leaf whose end is new, with a mark that says so if its text is not; an old end there is untold."""
    said = [run for run in runs if run[1]]
    if said and said[-1] == ("gone", [_PARTED]):
        said.pop()
    return said if _only("new", said) else [*said, ("new", [_PARTED])]


def _only(kind: Kind, runs: Iterable[Run]) -> bool:
    return all(of == kind or not spans for of, spans in runs)


# written out


def _written(lines: Sequence[_Line]) -> str:
    out: list[str] = []
    standing: tuple[_Box, ...] = ()
    for line, following in zip(lines, _boxes_ahead(lines), strict=True):
        if line.went and not any(spans for _kind, spans in line.runs):
            continue
        boxes, tag = _seat(line.leaf, standing, following) if line.went else (line.leaf.boxes, line.leaf.tag)
        stay = _shared(standing, boxes)
        out += [f"</{box.name}>\n" for box in reversed(standing[stay:])]
        for box in boxes[stay:]:
            bare = not tag and box is boxes[-1]
            out.append(f"<{box.name}{box.attributes}{_GONE if box.n < 0 else ''}{_AUTO if bare else ''}>")
        text = "".join(_run(kind, spans) for kind, spans in line.runs)
        auto = "" if tag == "pre" else _AUTO
        out.append(f"<{tag}{_GONE if line.went else ''}{auto}>{text}</{tag}>\n" if tag else text)
        standing = boxes
    out += [f"</{box.name}>\n" for box in reversed(standing)]
    return "".join(out)


def _boxes_ahead(lines: Sequence[_Line]) -> list[tuple[_Box, ...]]:
    """For each line the boxes of the next leaf after it that is the newer copy's."""
    found: list[tuple[_Box, ...]] = []
    ahead: tuple[_Box, ...] = ()
    for line in reversed(lines):
        found.append(ahead)
        ahead = ahead if line.went else line.leaf.boxes
    return found[::-1]


def _seat(leaf: _Leaf, standing: tuple[_Box, ...], following: tuple[_Box, ...]) -> tuple[tuple[_Box, ...], str]:
    """The boxes and the tag of a leaf that went: in what stands open if that is of its kind, and never parting that."""
    needed = _shared(standing, following)
    pairs = zip(standing, leaf.boxes, strict=False)
    alike = sum(1 for _ in takewhile(lambda two: two[0] == two[1] or two[0].name == two[1].name in _SHARED, pairs))
    if alike >= needed:
        return (*standing[:alike], *leaf.boxes[alike:]), leaf.tag or ("" if leaf.boxes[alike:] else "p")
    seats = _SEATS.get(standing[needed - 1].name, ())
    made = tuple(_Box(name, "", leaf.boxes[0].n if leaf.boxes else -1) for name in seats)
    return (*standing[:needed], *made), leaf.tag or ("" if seats else "p")


def _shared(one: Sequence[_Box], other: Sequence[_Box]) -> int:
    return sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(one, other, strict=False)))


def _run(kind: Kind, spans: Sequence[Span]) -> str:
    if kind == "same":
        return inline(spans)
    tag = "ins" if kind == "new" else "del"
    out = ""
    for parted, some in groupby(spans, key=lambda span: span == _PARTED):
        these = list(some)
        text, cut = diff.text_of(these), diff.cutter(these)
        first, last = len(text) - len(text.lstrip()), len(text.rstrip())
        if parted:
            out += f'<{tag} class="parted">¶</{tag}>'
            continue
        for start, stop in ((0, first), (first, last), (max(first, last), len(text))):
            if part := cut(start, stop):
                # a blank is told apart from the words beside it: a line through it looks like a dash
                out += f"<{tag}{'' if start == first else _BLANK}>{inline(part)}</{tag}>"
    return out
