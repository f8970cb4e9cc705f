"""What copy is, when a save is one, and how two versions differ. Pure."""

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Literal

from desk.marking import Marked, marked
from desk.text import Change, clean, clean_html, first_paragraph, line, plain_text, word_diff

Byline = tuple[str, str, str | None]  # name, title, public id of the person if one of ours
Outcome = Literal["saved", "unchanged", "stale"]


@dataclass(frozen=True, slots=True)
class Copy:
    """What a version holds. `body_html` is canonical: clean blocks, one a line."""

    headline: str = ""
    abstract: str = ""
    bylines: tuple[Byline, ...] = ()
    dateline_places: tuple[str, ...] = ()
    body_html: str = ""
    ednote: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """One field that two versions have otherwise, as plain text in parts that are the same, gone or new.

    The body is `marked` instead: canonical HTML with what changed marked in it.
    """

    field: str
    changes: tuple[Change, ...] = ()
    marked: Marked | None = None


EMPTY = Copy()
EACH_FIELD = tuple(field.name for field in fields(Copy))
LONGEST_PLACE = 100
WRITER_GONE = timedelta(seconds=75)  # after this long without a word from their page somebody writes no longer


def canonical(copy: Copy) -> Copy:
    """`copy` as it is stored: blanks trimmed, empty names and places left out, the body cleaned.

    Raises Invalid for a headline, name, title or place that is too long: what was typed is never cut silently.
    """
    names = (
        (line(name, "bylines", "name"), line(title, "bylines", "title"), person) for name, title, person in copy.bylines
    )
    places = (line(place, "dateline_places", "place", most=LONGEST_PLACE) for place in copy.dateline_places)
    return Copy(
        headline=line(copy.headline, "headline", "headline"),
        abstract=clean(copy.abstract).strip(),
        bylines=tuple(byline for byline in names if byline[0]),
        dateline_places=tuple(place for place in places if place),
        body_html=clean_html(copy.body_html),
        ednote=clean(copy.ednote).strip(),
    )


def save(last_n: int, base_n: int, old: Copy | None, new: Copy, *, base: Copy | None = None) -> Outcome:
    """Whether `new`, typed over version `base_n` (0: none), becomes a version after `old`, the last, number `last_n`.

    Text that already stands is unchanged, whatever it was typed over: a form sent twice is no conflict. Nor is a form
    in which nothing was typed: `base`, if it is known, is the text with which it was opened.
    """
    if new == (old or EMPTY):
        return "unchanged"
    if base_n == last_n:
        return "saved"
    stands = [in_words(one) for one in (old, base) if one is not None]
    return "unchanged" if in_words(new) in stands else "stale"


def what_lacks(copy: Copy) -> tuple[Literal["headline", "body_html"], ...]:
    """The fields without which copy can't be filed or published, if they are empty: headline, the body's words."""
    fields: tuple[tuple[Literal["headline", "body_html"], str], ...] = (
        ("headline", copy.headline),
        ("body_html", plain_text(copy.body_html)),
    )
    return tuple(name for name, words in fields if not words.strip())


def reads_the_same(one: Copy, other: Copy) -> bool:
    """Whether a reader finds no difference between two texts; the note to the desk is not for readers."""
    return replace(one, ednote="") == replace(other, ednote="")


def is_empty(copy: Copy) -> bool:
    """Whether nothing was written that could be lost: no headline, abstract, note or word of text."""
    return not any((copy.headline.strip(), copy.abstract.strip(), copy.ednote.strip(), copy.body_html.strip()))


def in_words(copy: Copy) -> Copy:
    """Copy as it is typed: who of ours a byline names is found by the name."""
    return replace(copy, bylines=tuple((name, title, None) for name, title, _ in copy.bylines))


def holds(copy: Copy, kept: Copy) -> bool:
    """Whether nothing of `kept` would be missed beside `copy`: each of its fields and paragraphs stands there."""
    blocks = copy.body_html.split("\n")
    lines = all(one in ("", other) for one, other in _lines_of(kept, copy))
    return lines and all(block in blocks for block in kept.body_html.split("\n") if plain_text(block).strip())


def abstract_of(copy: Copy) -> str:
    """The abstract as plain text; where none was written the first paragraph stands for it."""
    return copy.abstract.strip() or first_paragraph(copy.body_html)


def compare(old: Copy, new: Copy) -> tuple[Changed, ...]:
    """The fields in which two versions differ, in the form's order, each with what went and what came."""
    return tuple(
        Changed(field, marked=marked(old.body_html, new.body_html))
        if field == "body_html"
        else Changed(field, tuple(word_diff(_plain(old, field), _plain(new, field))))
        for field in EACH_FIELD
        if getattr(old, field) != getattr(new, field)
    )


def _lines_of(one: Copy, other: Copy) -> tuple[tuple[str, str], ...]:
    return tuple((getattr(one, name), getattr(other, name)) for name in ("headline", "abstract", "ednote"))


def _plain(copy: Copy, field: str) -> str:
    match field:
        case "bylines":
            return "\n\n".join(", ".join(part for part in (name, title) if part) for name, title, _ in copy.bylines)
        case "dateline_places":
            return "/".join(copy.dateline_places)
    return str(getattr(copy, field))
