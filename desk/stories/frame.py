"""What an editor says of a story before there is copy: its frame. How it is cleaned, and what of it changed. Pure."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from desk.errors import Invalid
from desk.stories.models import Story
from desk.text import LONGEST_LINE, line, passage

LONGEST_SLUG = 80
LONGEST_PLACE = 100
MOST_PLACES = 20
# of these a correspondent must know, or they write another story than the desk wants
TOLD = ("brief", "places", "language", "length")
_SLUG = re.compile(r"[^\s/](?:[^\s]*[^\s/])?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame as it is stored: `zone` is an IANA name, `language` a tag of BCP 47, `length` in words or none."""

    slug: str
    title: str
    brief: str
    places: tuple[str, ...]
    zone: str
    language: str
    length: int | None


def frame(
    *, slug: str, title: str, brief: str, places: Sequence[str], zone: str, language: str, length: int | None
) -> Frame:
    """A frame from what was typed. Raises Invalid, naming the field, for what can't be one."""
    title = line(title, "title", "title")
    if not title:
        raise Invalid("Say in a line of at most %(most)s letters what it is about.", field="title", most=LONGEST_LINE)
    return Frame(
        slug=clean_slug(slug),
        title=title,
        brief=passage(brief, "brief", "brief"),
        places=clean_places(places),
        zone=zone,
        language=clean_language(language),
        length=length,
    )


def frame_of(story: Story) -> Frame:
    """The frame that a story has."""
    return Frame(
        slug=story.slug,
        title=story.title,
        brief=story.brief,
        places=tuple(story.places),
        zone=story.zone,
        language=story.language,
        length=story.length,
    )


def clean_slug(slug: str) -> str:
    """A slug as it is stored: capitals, no blanks, parts joined by a slash. Raises Invalid for anything else."""
    slug = "/".join(part.strip() for part in line(slug, "slug", "slug", most=LONGEST_SLUG).upper().split("/"))
    slug = re.sub(r"\s+", "-", slug)
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG or "//" in slug:
        raise Invalid(
            "A slug is one to eighty letters, such as GRAIN/CORRIDOR: no blanks, no empty part.", field="slug"
        )
    return slug


def other_slug(slug: str, n: int) -> str:
    """A slug to take in place of one that is taken: `GRAIN/CORRIDOR-2`."""
    end = f"-{n}"
    return slug[: LONGEST_SLUG - len(end)].rstrip("/-") + end


def clean_places(places: Sequence[str]) -> tuple[str, ...]:
    """The places that open the copy, each once. Raises Invalid for one that is too long, or for too many."""
    found = tuple(dict.fromkeys(line(place, "places", "place", most=LONGEST_PLACE) for place in places))
    found = tuple(place for place in found if place)
    if len(found) > MOST_PLACES:
        raise Invalid(
            "These are %(n)s places, and a dateline has room for %(most)s.",
            field="places",
            n=len(found),
            most=MOST_PLACES,
        )
    return found


def clean_language(language: str) -> str:
    """A language as its tag. Raises Invalid for what is none."""
    language = language.strip()
    if len(language) > 35 or not _LANGUAGE.fullmatch(language):
        raise Invalid("%(language)s is not a language this desk knows.", field="language", language=language[:40])
    return language


def mark(frame: Frame, desk: str) -> str:
    """What a form keeps of the frame it began from (`desk`: the desk's public id), to see whether it still stands."""
    said = json.dumps([asdict(frame), desk], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def changed(old: Frame, new: Frame) -> tuple[str, ...]:
    """The names of the fields in which two frames differ, in the order of the form."""
    return tuple(field.name for field in fields(Frame) if getattr(old, field.name) != getattr(new, field.name))
