"""What copy is, when a save is one, and how two versions differ. Pure."""

from dataclasses import dataclass, fields
from typing import Literal

from desk.errors import Invalid
from desk.text import Change, clean_html, first_paragraph, plain_text, word_diff

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

    A body whose parts are all the same changed in its marks only (a link, a heading).
    """

    field: str
    changes: tuple[Change, ...]


EMPTY = Copy()
EACH_FIELD = tuple(field.name for field in fields(Copy))
LONGEST_LINE = 500


def canonical(copy: Copy) -> Copy:
    """`copy` as it is stored: blanks trimmed, empty names and places left out, the body cleaned.

    Raises Invalid for a headline, name or title past 500 characters: what was typed is never cut silently.
    """
    lines = [("headline", copy.headline)] + [("bylines", part) for byline in copy.bylines for part in byline[:2]]
    for field, line in lines:
        if len(_line(line)) > LONGEST_LINE:
            raise Invalid(
                "A headline, a name or a title has at most %(most)s characters; this one has %(n)s.",
                field=field,
                most=LONGEST_LINE,
                n=len(_line(line)),
            )
    names = ((_line(name), _line(title), person) for name, title, person in copy.bylines)
    places = (_line(place) for place in copy.dateline_places)
    return Copy(
        headline=_line(copy.headline),
        abstract=copy.abstract.strip(),
        bylines=tuple(byline for byline in names if byline[0]),
        dateline_places=tuple(place for place in places if place),
        body_html=clean_html(copy.body_html),
        ednote=copy.ednote.strip(),
    )


def save(last_n: int, base_n: int, old: Copy | None, new: Copy) -> Outcome:
    """Whether `new`, typed over version `base_n` (0: none), becomes a version after `old`, the last, number `last_n`.

    Text that already stands is unchanged, whatever it was typed over: a form sent twice is no conflict.
    """
    if new == (old or EMPTY):
        return "unchanged"
    return "saved" if base_n == last_n else "stale"


def what_lacks(copy: Copy) -> Literal["headline", "body_html"] | None:
    """The field without which copy can't be filed or published, if it is empty: the headline, or the body's words."""
    if not copy.headline.strip():
        return "headline"
    return None if plain_text(copy.body_html).strip() else "body_html"


def abstract_of(copy: Copy) -> str:
    """The abstract as plain text; where none was written the first paragraph stands for it."""
    return copy.abstract.strip() or first_paragraph(copy.body_html)


def compare(old: Copy, new: Copy) -> tuple[Changed, ...]:
    """The fields in which two versions differ, in the form's order, each with what went and what came."""
    return tuple(
        Changed(field, tuple(word_diff(_plain(old, field), _plain(new, field))))
        for field in EACH_FIELD
        if getattr(old, field) != getattr(new, field)
    )


def _plain(copy: Copy, field: str) -> str:
    match field:
        case "bylines":
            return "\n\n".join(", ".join(part for part in (name, title) if part) for name, title, _ in copy.bylines)
        case "dateline_places":
            return "/".join(copy.dateline_places)
        case "body_html":
            return plain_text(copy.body_html)
    return str(getattr(copy, field))


def _line(words: str) -> str:
    return " ".join(words.split())
