"""When a source is polled next, what an item is beside those we have, how well a source is. Pure."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Literal

from desk.errors import Invalid
from desk.text import first_paragraph, shorten
from desk.wires.item import WireItem
from desk.wires.models import Source

FIRST_RETRY = 60  # seconds
LONGEST_RETRY = 60 * 60
SHORTEST_INTERVAL = 5
LONGEST_INTERVAL = 24 * 60 * 60
LONGEST_GUID = 500
LONGEST_LINK = 2000
OVERDUE = timedelta(minutes=5)
LEAD = 160
_DATELINE = re.compile(r"^[^a-z]{2}[^–—\n]{0,70}\([^()]{2,40}\)\s*[–—-]+\s*")  # ODESA, Nov. 24 (Nordpress) –
_BEFORE_AGENCY = re.compile(r"([^(（)\n–—]{2,70}?)\s*(?:[(（]|--|[–—]|\s-\s|$)")  # ODESA, Nov. 24
_SMALL = frozenset({"al", "and", "da", "de", "del", "der", "di", "do", "du", "el", "la", "le", "of", "the", "upon"})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Jitter = Callable[[float], float]
Decision = Literal["new", "revised", "same"]
Kind = Literal["feed", "folder"]
Health = Literal["well", "warned", "failing", "overdue", "stopped"]
Change = Literal["killed", "withheld", "restored", "embargo", "revised"]


# Where it comes from


def kind_of(where: str) -> Kind:
    """By which road copy comes from there, an address or a path. Raises Invalid that says which roads there are."""
    if where.lower().startswith(("http://", "https://")):
        return "feed"
    if where.startswith("/"):
        return "folder"
    raise Invalid(
        "Copy comes from a feed's address, which begins with http:// or https://, or from a folder on the server, "
        "whose path begins with /. %(where)s is neither.",
        field="url",
        where=shorten(where, 100) or "–",
    )


# When to poll


@dataclass(frozen=True, slots=True)
class Ended:
    """How a poll ended. `moved_to`: where the source lives from now on. `said`: a sentence for the desk, or None.

    `taken`: it came and was read (or nothing new was there). `failed`: try again, not before `retry_after` seconds.
    `gone`: it says that it is no more. `more`: there is more to take in at once.
    """

    outcome: Literal["taken", "failed", "gone"]
    said: str | None = None
    etag: str | None = None
    modified: str | None = None
    moved_to: str | None = None
    retry_after: int | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """What a poll means for the next: when it is (None: never again by itself) and how often it has failed on end."""

    at: datetime | None
    failures: int


def next_poll(ended: Ended, *, every: int, failures: int, now: datetime, jitter: Jitter) -> Next:
    """When to poll after `ended`, `every` being the interval in seconds and `failures` those before this poll.

    Failures double the wait from one minute to an hour; a Retry-After is never cut short.
    """
    if ended.outcome == "gone":
        return Next(None, failures)
    if ended.outcome == "taken":
        return Next(now if ended.more else now + timedelta(seconds=jitter(every)), 0)
    wait = jitter(min(FIRST_RETRY * 2 ** min(failures, 10), LONGEST_RETRY))
    return Next(now + timedelta(seconds=max(wait, ended.retry_after or 0)), failures + 1)


def health(source: Source, now: datetime) -> Health:
    """How a source stands: `overdue` when nobody polls it, `warned` when it works but has something to say."""
    if source.stopped_at is not None:
        return "stopped"
    if source.failures:
        return "failing"
    leased = source.lease_until is not None and source.lease_until > now
    if not leased and (source.next_poll_at is None or source.next_poll_at < now - OVERDUE):
        return "overdue"
    return "warned" if source.said else "well"


def interval(seconds: int) -> int:
    """A poll interval that can be used. Raises Invalid."""
    if not SHORTEST_INTERVAL <= seconds <= LONGEST_INTERVAL:
        raise Invalid(
            "A source is polled every %(least)s to %(most)s seconds.",
            field="every",
            least=SHORTEST_INTERVAL,
            most=LONGEST_INTERVAL,
        )
    return seconds


# What an item is


@dataclass(frozen=True, slots=True)
class Known:
    """The last revision that we have: its digest, and what it says of its own age."""

    digest: str
    published_at: datetime | None


def decide(last: Known | None, digest: str, published_at: datetime | None, *, had: bool) -> Decision:
    """What an item is beside the last revision of its guid that its source has sent; `had` says if any was just this.

    Copy we have had before is `same` also when it is not the last we had, if it says itself that it is older than
    that: an out-of-date cache speaks. Without that stamp the supplier has gone back to it: a revision.
    """
    if last is None:
        return "new"
    if digest == last.digest:
        return "same"
    older = published_at is not None and last.published_at is not None and published_at < last.published_at
    return "same" if older and had else "revised"


@dataclass(frozen=True, slots=True)
class Stands:
    """How a revision stands: its status, its embargo (UTC), and its words."""

    pubstatus: str
    embargo_at: datetime | None
    words: tuple[str, ...]


def change_of(before: Stands, after: Stands, now: datetime) -> Change | None:
    """What a revision means to a story that stands on the item, the gravest first; None if nothing that matters to it.

    An embargo that is over is none.
    """
    if before.pubstatus != after.pubstatus:
        return (
            "killed" if after.pubstatus == "canceled" else "withheld" if after.pubstatus == "withheld" else "restored"
        )
    held, holds = (of.embargo_at if of.embargo_at and of.embargo_at > now else None for of in (before, after))
    if held != holds:
        return "embargo"
    return "revised" if before.words != after.words else None


def embargo_that_holds(item: WireItem, before: datetime | None) -> datetime | None:
    """The embargo (UTC) after a revision; one that withdraws copy and names none must not lift what held before."""
    if item.embargoed is None and item.pubstatus != "usable":
        return before
    return item.embargoed


def in_order(items: Iterable[WireItem]) -> list[WireItem]:
    """One item for each guid, oldest first: feeds begin with what is new, and where there are stamps these decide."""
    found: dict[str, WireItem] = {}
    for item in items:
        other = found.get(guid_of(item))
        if other is None or _is_later(item, other):
            found[guid_of(item)] = item
    oldest_first = list(found.values())[::-1]
    return sorted(oldest_first, key=lambda item: published_at(item) or _LONG_AGO)


def guid_of(item: WireItem) -> str:
    """The supplier's name for an item as it is stored: one too long for its column is known by its digest."""
    if len(item.guid) <= LONGEST_GUID:
        return item.guid
    return "sha256:" + hashlib.sha256(item.guid.encode(errors="replace")).hexdigest()


def digest(item: WireItem) -> str:
    """What tells one revision from another: all that an item says but its file, its format and its own stamps."""
    said = item.to_json()
    for name in ("file", "format", "version", "version_created"):
        del said[name]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def published_at(item: WireItem) -> datetime | None:
    """When the supplier says that this version was made; may be ahead of us, or unknown."""
    return item.version_created or item.first_created


def headline(item: WireItem) -> str:
    """The headline, else the slugline, else how the copy begins; empty for an item that says nothing."""
    found = item.headline or item.slugline or first_paragraph(item.body_html or "") or item.ednote or ""
    return shorten(found, 500)


def page_of(item: WireItem) -> str | None:
    """The address of the item's own page at the supplier's, if it is one that can be followed."""
    for link in item.links:
        if link.rel in (None, "alternate") and link.href.startswith(("http://", "https://")):
            return link.href if len(link.href) <= LONGEST_LINK else None
    return None


def lead(beginning: str) -> str:
    """What an item begins with, in a line and without the dateline. `beginning` is HTML that may be cut anywhere."""
    return shorten(_DATELINE.sub("", _words(beginning)), LEAD)


def places_of(places: Sequence[str], dateline: str | None, beginning: str) -> list[str]:
    """Where an item is from: the places that it names, else those of its dateline or of the one its copy begins with.

    `beginning` is HTML that may be cut anywhere. Of a dateline the land and the date go: `ODESA, Ukraine` is Odesa.
    """
    if places:
        return list(places)
    begins = dateline if dateline else found[0] if (found := _DATELINE.match(_words(beginning))) else ""
    said = _BEFORE_AGENCY.match(begins.strip())
    return (
        [place for part in re.split(r"/| and ", said[1].partition(",")[0]) if (place := _place(part))] if said else []
    )


def propose_slug(slugline: str | None, headline: str, places: Sequence[str]) -> str:
    """A slug to begin with: the supplier's own, else the place and a telling word of the headline; to be changed."""
    if slugline and (own := _slug_words(slugline)):
        return "/".join(own[:3])
    first = _slug_words(places[0])[:1] if places else []
    words = [word for word in _slug_words(headline) if len(word) > 4 and word not in first]
    return "/".join([*first, *words][:2]) or "WIRE"


def _is_later(item: WireItem, other: WireItem) -> bool:
    stamp, other_stamp = published_at(item), published_at(other)
    return stamp is not None and other_stamp is not None and stamp > other_stamp


def _words(beginning: str) -> str:
    whole = beginning[: beginning.rfind("<")] if beginning.rfind("<") > beginning.rfind(">") else beginning
    return " ".join(first_paragraph(whole).split())


def _place(part: str) -> str:
    """A place as it is written within a text: capitals give way, and what is no capital after them is a date."""
    words = part.split()
    if words and len(words[0]) > 1 and words[0].isupper():
        words = list(takewhile(str.isupper, words))
        words = [word.title() if n == 0 or word.lower() not in _SMALL else word.lower() for n, word in enumerate(words)]
    return " ".join(words)


def _slug_words(text: str) -> list[str]:
    return [word.upper()[:24] for word in re.findall(r"[^\W_]+", text)]
