"""Copy as text: what is read, counted, searched, shortened and compared. Pure.

`clean_html` and the typed form have modules of their own and are offered here too, so that one import serves.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from desk.errors import Invalid
from desk.markup import LARGEST, blocks, clean_html
from desk.typed import html_to_paragraphs, paragraphs_to_html

__all__ = [
    "LARGEST",
    "Change",
    "blocks",
    "clean",
    "clean_html",
    "dateline",
    "first_paragraph",
    "fold",
    "html_to_paragraphs",
    "initials",
    "line",
    "paragraphs_to_html",
    "passage",
    "plain_text",
    "plain_to_html",
    "shorten",
    "tokens",
    "word_count",
    "word_diff",
]

MOST_TOKEN_BYTES = 500_000
LONGEST_TOKEN = 64
MOST_PARAGRAPHS = 2_000
MOST_WORDS = 2_000
LONGEST_LINE = 500
LONGEST_NAME = 200
LONGEST_PASSAGE = 5_000
LONGEST_REASON = 1_000

Change = tuple[Literal["same", "gone", "new"], str]

_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_OPENS_LINE = re.compile(r"<(?:ul|ol|table|figure|figcaption|blockquote|p|pre)>")
_ENDS_LINE = re.compile(r"</(?:li|tr)>|<br>")
_ENDS_PARAGRAPH = re.compile(r"</(?:p|h2|h3|pre|blockquote|figcaption|table|ul|ol)>")
_CELL = re.compile(r"</t[dh]>(?=<t[dh])")
_TAG = re.compile(r"<[^>]*>")
_MARKS_OF_ALPHABETS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_PLAINER = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
_UNSPACED = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"([{_UNSPACED}]+)|((?:(?![{_UNSPACED}_])[\w\u0300-\u036f\u0900-\u0dff])+)")
_PARAGRAPH_GAP = re.compile(r"\n\s*\n")
_POINTS = r""".,;:!?…()\[\]{}"“”„«»‹›‘’'\u2013\u2014/\u3000-\u303f\uff01-\uff0f\uff1a-\uff20"""
_ALONE = (
    r"\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # what is written without gaps, compared letter by letter
)
# a word, points inside it included (`1,200`, `15:24`, `desk’s`), one such letter, or one point; then the gap after it
_COMPARED = re.compile(
    rf"([{_ALONE}]|[^\s{_POINTS}{_ALONE}]+(?:[.,:/'’][^\s{_POINTS}{_ALONE}]+)*|[{_POINTS}])(\s*)|(\s+)"
)
# what is no character of any text: controls but tabs and line ends, halves of characters, and what is none by name
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# what turns the direction of all that follows, on a page and in a subject, until somebody turns it back
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_COUNTED = re.compile(r"[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_]")


# what is typed


def clean(typed: str) -> str:
    """`typed` without what is no text and no database keeps: NUL and other controls, halves of characters.

    Tabs and line ends stay, and so do the marks by which Arabic and Hebrew set their direction.
    """
    return _NOT_TEXT.sub("", typed)


def line(typed: str, field: str, what: str, *, most: int = LONGEST_LINE) -> str:
    """`typed` as one line of at most `most` characters: blanks and line ends single, marks that turn what follows out.

    `what` is what a sentence calls it: "title". Raises Invalid for `field` if it is longer: nothing typed is ever cut.
    """
    return _short(" ".join(_TURNS.sub("", clean(typed)).split()), field, what, most)


def passage(typed: str, field: str, what: str, *, most: int = LONGEST_PASSAGE) -> str:
    """`typed` as a text of several lines and at most `most` characters, the blanks around it cut. Raises Invalid."""
    return _short(_LINE_END.sub("\n", clean(typed)).strip(), field, what, most)


# what is read


def plain_text(canonical: str) -> str:
    """Canonical HTML as plain paragraphs parted by a blank line; list items open with `- `, cells are tabbed."""
    return "\n\n".join(text for block in blocks(canonical) if (text := _plain(block)))


def plain_to_html(text: str) -> str:
    """Plain text, in which nothing is a mark, as canonical paragraphs; single line ends are white space."""
    paragraphs = _BLANK_LINES.split(_LINE_END.sub("\n", text))
    return clean_html("".join(f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in paragraphs))


def first_paragraph(canonical: str) -> str:
    """The first paragraph of text, plain; headings, pictures and lists are passed over unless there is nothing else."""
    every = blocks(canonical)
    for block in [b for b in every if b.startswith("<p>")] + every:
        if text := _plain(block):
            return text.split("\n\n", 1)[0]
    return ""


def word_count(canonical: str) -> int:
    """Words of canonical HTML: what stands between white space and has a letter or digit; Han and kana count each."""
    return sum(_words_in(word) for word in plain_text(canonical).split())


def shorten(text: str, n: int) -> str:
    """At most `n` characters on one line, cut between words where that is possible, then with an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= n:
        return text
    if n < 2:
        return text[:n]
    cut = text[:n]
    head = cut[: cut.rindex(" ")] if " " in cut[n // 2 :] else text[: n - 1]
    return head.rstrip(" ,;:.-–—") + "…"


def dateline(places: Iterable[str], agency: str) -> str:
    """`MOSCOW/BUDAPEST (Meridian News) –`, the agency as it is written; empty without a place."""
    line = "/".join(" ".join(place.split()).upper() for place in places if place.strip())
    source = f" ({agency.strip()})" if agency.strip() else ""
    return f"{line}{source} –" if line else ""


def initials(name: str) -> str:
    """Of the first and the last word of a name, in capitals: `Olena Demchuk` is `OD`."""
    words: list[str] = re.findall(r"[^\W\d_][\w'’.]*", name)
    return "".join(word[0].upper() for word in ([words[0], words[-1]] if len(words) > 1 else words))


# what is searched


def fold(text: str) -> str:
    """Text without case, width and the marks of Latin, Greek, Cyrillic, Hebrew and Arabic letters, for comparing."""
    plainer = unicodedata.normalize("NFKD", text).casefold().translate(_PLAINER)
    return unicodedata.normalize("NFKC", _MARKS_OF_ALPHABETS.sub("", plainer))


def tokens(text: str) -> list[str]:
    """The folded words to search by; scripts that don't part words (Chinese, Thai, …, and Korean) in pairs of letters.

    At most `MOST_TOKEN_BYTES` in all, parted by single spaces, each at most `LONGEST_TOKEN` characters: an index has
    its limits, the end of an endless text is left out.
    """
    found: list[str] = []
    size = 0
    for token in _words(fold(text)):
        size += len(token.encode(errors="replace")) + 1
        if size > MOST_TOKEN_BYTES:
            break
        found.append(token)
    return found


# what is compared


def word_diff(old: str, new: str) -> list[Change]:
    """How plain text `old` became `new`: paragraphs first, then the words of those that differ.

    A word is the same whatever blank or point follows it, and a point alone never parts what else is all new. All
    `same` and `gone` parts joined are `old`, all `same` and `new` parts are `new`. Where more than `MOST_PARAGRAPHS` or
    `MOST_WORDS` differ in one place, that place is shown as gone and new as a whole.
    """
    changes: list[Change] = []
    before, after = _split_after(_PARAGRAPH_GAP, old), _split_after(_PARAGRAPH_GAP, new)
    for op, gone, come in _opcodes(before, after, MOST_PARAGRAPHS):
        if op == "equal":
            changes.append(("same", "".join(gone)))
        else:
            changes += _words_changed("".join(gone), "".join(come))
    return _merged(changes)


def _words_changed(old: str, new: str) -> Iterator[Change]:
    """What of two stretches is the same word by word; the gaps after words are compared on their own."""
    before, after = _pieces(old), _pieces(new)
    at = to = 0  # how far each is told
    steps = list(_opcodes([word for word, _gap in before], [word for word, _gap in after], MOST_WORDS))
    for n, (op, gone, come) in enumerate(steps):
        lost, found = before[at : at + len(gone)], after[to : to + len(come)]
        at, to = at + len(gone), to + len(come)
        if op != "equal" or (0 < n < len(steps) - 1 and _only_points(lost)):
            yield "gone", "".join(word + gap for word, gap in lost)
            yield "new", "".join(word + gap for word, gap in found)
            continue
        for (word, was), (_same, is_now) in zip(lost, found, strict=True):
            yield "same", word
            if was == is_now:
                yield "same", was
            else:
                yield "gone", was
                yield "new", is_now


def _only_points(pieces: Sequence[tuple[str, str]]) -> bool:
    """Whether there is no word in this, and no end of a paragraph, that holds what stands around it apart."""
    return not any(char.isalnum() for word, _gap in pieces for char in word) and all("\n" not in g for _w, g in pieces)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Words and points, each with the gap after it; joined they are the text again."""
    return [(match[1] or "", match[2] if match[1] else match[3]) for match in _COMPARED.finditer(text)]


def _short(words: str, field: str, what: str, most: int) -> str:
    if len(words) > most:
        raise Invalid(
            "The %(what)s is %(long)s characters long, and at most %(most)s fit here. Shorten it, then send it again.",
            field=field,
            what=what,
            long=len(words),
            most=most,
        )
    return words


def _plain(block: str) -> str:
    text = _CELL.sub("\t", block)
    text = _OPENS_LINE.sub("\n", text).replace("<li>", "- ")
    text = _ENDS_PARAGRAPH.sub("\n\n", _ENDS_LINE.sub("\n", text))
    lines = html.unescape(_TAG.sub("", text)).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def _words_in(word: str) -> int:
    marks = _COUNTED.findall(word)
    alone = sum(1 for mark in marks if mark >= "\u3041")
    return alone + (len(marks) > alone)


def _words(folded: str) -> Iterator[str]:
    for match in _WORD.finditer(folded):
        if run := match[1]:
            yield from (run[i : i + 2] for i in range(len(run) - 1)) if len(run) > 1 else [run]
        elif any(c.isalnum() for c in match[2]):
            yield match[2][:LONGEST_TOKEN]


def _split_after(gap: re.Pattern[str], text: str) -> list[str]:
    """Pieces with the gap that follows each, so that joined they are the text again."""
    ends = [match.end() for match in gap.finditer(text)]
    return [text[i:j] for i, j in zip([0, *ends], [*ends, len(text)], strict=True) if i < j]


def _opcodes(a: Sequence[str], b: Sequence[str], most: int) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """Stretches of equal and of different pieces; what both begin and end with is set aside before comparing."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    middle, other = a[head : len(a) - tail], b[head : len(b) - tail]
    if head:
        yield "equal", a[:head], b[:head]
    if max(len(middle), len(other)) > most:
        yield "replace", middle, other
    else:
        for op, i, j, k, m in SequenceMatcher(None, middle, other).get_opcodes():
            yield op, middle[i:j], other[k:m]
    if tail:
        yield "equal", a[len(a) - tail :], b[len(b) - tail :]


def _merged(changes: Iterable[Change]) -> list[Change]:
    """One run for each stretch of one kind; where some went and some came in one place, what went is told first."""
    merged: list[Change] = []
    for kind, text in changes:
        held = [merged.pop()] if kind == "gone" and merged and merged[-1][0] == "new" else []
        if merged and merged[-1][0] == kind:
            merged[-1] = (kind, merged[-1][1] + text)
        elif text:
            merged.append((kind, text))
        merged += held
    return merged
