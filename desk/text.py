"""Copy as text: what is read, counted, searched, shortened and compared. Pure.

`clean_html`, the typed form and the comparison have modules of their own and are offered here too, so that one import
serves.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from desk.diff import Change, word_diff
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
    "direction",
    "direction_of",
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
    "spans",
    "tokens",
    "word_count",
    "word_diff",
]

MOST_TOKEN_BYTES = 500_000
LONGEST_TOKEN = 64
LONGEST_LINE = 500
LONGEST_NAME = 200
LONGEST_PASSAGE = 5_000
LONGEST_REASON = 1_000

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
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


def direction(language: str) -> Literal["ltr", "rtl"]:
    """In which direction text of a language (BCP 47) is written: as HTML's `dir` says it."""
    return "rtl" if language.lower().split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def direction_of(words: str) -> Literal["ltr", "rtl"] | None:
    """The direction of the first letter that has one, as `dir="auto"` finds it; None where no letter has."""
    found = (unicodedata.bidirectional(char) for char in words)
    first = next((kind for kind in found if kind in ("L", "R", "AL")), None)
    return None if first is None else "ltr" if first == "L" else "rtl"


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


def spans(text: str) -> Iterator[tuple[int, int, Sequence[str]]]:
    """Where in `text` each word stands by which it is found: start, end, and what `tokens` makes of it.

    Of scripts that don't part words they are pairs of letters, each of which begins within the one before.
    """
    for match in _WORD.finditer(text):
        start, end = match.span()
        if match[1] and end - start > 2:
            yield from ((at, at + 2, tokens(text[at : at + 2])) for at in range(start, end - 1))
        else:
            yield start, end, [match[0].lower()] if match[0].isascii() else tokens(match[0])


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
