"""The clock of the newsroom: what time it is, and a time in words, each with its zone.

Zones and wall times live in `desk/zones.py`, what people type in `desk/when.py`; both are read from here.
Instants are aware UTC datetimes, wall times are naive.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from babel.dates import format_date

from desk.when import moment_when, parse_when
from desk.zones import (
    Ambiguous,
    Moment,
    Placed,
    Skipped,
    find_zone,
    moment,
    moment_at,
    offset_words,
    place_of,
    zone,
    zone_of_places,
    zones,
)

__all__ = [
    "UTC",
    "Ambiguous",
    "Gettext",
    "Moment",
    "Placed",
    "Reading",
    "Skipped",
    "ago",
    "day_words",
    "due_words",
    "find_zone",
    "hhmm",
    "labelled",
    "minute_floor",
    "moment",
    "moment_at",
    "moment_when",
    "offset_words",
    "parse_when",
    "place_of",
    "utcnow",
    "zone",
    "zone_of_places",
    "zones",
]

Gettext = Callable[[str], str]


def utcnow() -> datetime:
    """The present instant, in UTC. Only the edges ask; everything below them is handed `now`."""
    return datetime.now(UTC)


def minute_floor(at: datetime) -> datetime:
    """`at` without its seconds."""
    return at.replace(second=0, microsecond=0)


def hhmm(at: datetime, zone: str) -> str:
    """The time of day there: `18:00`."""
    return f"{moment_at(at, zone).wall:%H:%M}"


def day_words(at: datetime, zone: str, now: datetime, _: Gettext = str, locale: str = "en") -> str:
    """The day there, from today there: `today`, `tomorrow`, `yesterday`, `Wed 25 November`; another year is named."""
    day, today = moment_at(at, zone).wall.date(), moment_at(now, zone).wall.date()
    days = (day - today).days
    if not -1 <= days <= 1:
        return _date_words(day, today, locale)
    return _("tomorrow") if days > 0 else _("yesterday") if days else _("today")


def dated(at: datetime, zone: str, locale: str = "en") -> str:
    """A time for paper, which outlives every `today`: `Wed 25 November 2026, 14:37 Brussels`."""
    wall = moment_at(at, zone).wall
    return f"{format_date(wall.date(), 'EEE d MMMM y', locale=locale)}, {wall:%H:%M} {place_of(zone)}"


def due_words(at: datetime, now: datetime, _: Gettext = str) -> str:
    """How far off a deadline is, to the minute that clocks show: `in 23 min`, `in 1 h 23`, `now`, `24 min late`."""
    minutes = _minutes(now, at)
    if not minutes:
        return _("now")
    if minutes > 0:
        return _("in %(span)s") % {"span": _span(minutes, _)}
    return _("%(span)s late") % {"span": _span(-minutes, _)}


def ago(at: datetime, now: datetime, _: Gettext = str) -> str:
    """How long ago something was: `just now`, `4 min ago`, `1 h 05 ago`, `3 days ago`."""
    minutes = _minutes(at, now)
    return _("%(span)s ago") % {"span": _span(minutes, _)} if minutes > 0 else _("just now")


@dataclass(frozen=True)
class Reading:
    """One line of a time shown in several zones. `same_day` is whether its date is the first line's."""

    label: str
    labels: tuple[str, ...]
    time: str
    day: str
    zone: str
    same_day: bool


def labelled(
    at: datetime, labels: Sequence[tuple[str, str]], now: datetime, _: Gettext = str, locale: str = "en"
) -> list[Reading]:
    """One instant as (label, zone) each see it, in the order given; zones whose clocks show the same share a line, on
    which an empty label says nothing.

    `today` and `tomorrow` are the first zone's: a line on another date names that date, so that no two lines with
    different dates bear the same word.
    """
    lines: dict[datetime, list[tuple[str, str]]] = {}
    for label, name in labels:
        lines.setdefault(moment_at(at, name).wall, []).append((label, name))
    readings: list[Reading] = []
    for wall, alike in lines.items():
        name = alike[0][1]
        said = tuple(dict.fromkeys(label for label, _zone in alike if label))
        if not readings:
            first, today = wall.date(), moment_at(now, name).wall.date()
            first_day = day_words(at, name, now, _, locale)
        same_day = wall.date() == first
        day = first_day if same_day else _date_words(wall.date(), today, locale)
        readings.append(Reading(", ".join(said), said, f"{wall:%H:%M}", day, name, same_day))
    return readings


def _minutes(start: datetime, end: datetime) -> int:
    """Minutes between two times as clocks show them, so that a span agrees with the times printed beside it."""
    return int((minute_floor(end) - minute_floor(start)).total_seconds()) // 60


def _span(minutes: int, _: Gettext) -> str:
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    if minutes >= 48 * 60:
        return _("%(days)s days") % {"days": minutes // (24 * 60)}
    hours, rest = divmod(minutes, 60)
    return (_("%(hours)s h %(minutes)s") if rest else _("%(hours)s h")) % {"hours": hours, "minutes": f"{rest:02}"}


def _date_words(day: date, today: date, locale: str) -> str:
    return format_date(day, "EEE d MMMM" if day.year == today.year else "EEE d MMMM y", locale=locale)
