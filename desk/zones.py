"""IANA zones by the names people use, and the one instant that a wall time in a zone is.

Instants are aware UTC datetimes, wall times are naive. Read through `desk.clock`, which gathers all of time.
"""

import difflib
import re
import unicodedata
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from desk.errors import Invalid
from desk.gazetteer import ELSEWHERE, SEVERAL

# The pinned wheel's rules, never the machine's: two hosts with other system data would put one deadline at two
# instants. What was loaded before this line may have come from the machine, so it is forgotten.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

YEARS: Final = range(1900, 2200)


def zone(name: str) -> ZoneInfo:
    """The IANA zone of exactly this name, old aliases included. Raises `Invalid` for any other."""
    return _clocks(name)


def zones() -> list[str]:
    """The zones a person may choose from, in alphabetical order: those of IANA's country tables, and UTC."""
    return sorted(_selectable())


def find_zone(typed: str) -> str:
    """The zone meant by an IANA name, an old alias or a city, in any case, with or without accents.

    An alias gives today's name. Raises `Invalid` for an unknown name (with what is close to it), for one that could be
    two zones, and for an offset or an abbreviation, neither of which says when the clocks change.
    """
    found = zone_named(typed, "zone")
    if found is None:
        raise _unknown_zone(typed)
    return found


def place_of(zone: str) -> str:
    """The city a zone is named for: `New York` for America/New_York, `Kyiv` for Europe/Kiev."""
    name = _todays_name(zone)
    if fixed := re.fullmatch(r"Etc/GMT([+-])(\d+)", name):
        return f"UTC{'-' if fixed[1] == '+' else '+'}{fixed[2]}"  # POSIX counts these westwards
    return name.rsplit("/", 1)[-1].replace("_", " ")


def offset_words(at: datetime, zone: str) -> str:
    """How far the zone is from UTC at that instant: `UTC`, `UTC+2`, `UTC+5:45`, `UTC-3`."""
    off = _offset(at, _clocks(zone))
    if not off:
        return "UTC"
    minutes, seconds = divmod(int(abs(off).total_seconds()), 60)
    words = f"UTC{'-' if off < timedelta() else '+'}{minutes // 60}"
    if minutes % 60 or seconds:
        words += f":{minutes % 60:02}"
    return words + (f":{seconds:02}" if seconds else "")


@dataclass(frozen=True, slots=True)
class Placed:
    """By whose clock a story at some places plays: the `zone` of `place`, None if that is known of none of them.

    `choices` are the zones that `place` may be in where it is the name of several: then nothing is taken.
    """

    zone: str | None = None
    place: str = ""
    choices: tuple[str, ...] = ()


def zone_of_places(places: Iterable[str]) -> Placed:
    """The zone of the first of these places that is known here.

    A name that may be several places ends the search: what comes after it is perhaps not where the story plays. An
    abbreviation and UTC are no places.
    """
    for place in places:
        key = _folded(place)
        found = _several().get(key) or _names().get(key, ())
        if len(found) > 1:
            return Placed(place=place, choices=found)
        if found and found != ("UTC",) and not _ABBREVIATION.fullmatch(key):
            return Placed(found[0], place)
    return Placed()


@dataclass(frozen=True)
class Moment:
    """A time somebody named: `at` (UTC), the naive `wall` time in `zone`, and `fold`, 1 for the later of two alike."""

    at: datetime
    wall: datetime
    zone: str
    fold: int


class Skipped(Invalid):
    """The clocks jump over this wall time. `before` and `after` are the nearest minutes that do exist."""

    def __init__(self, wall: datetime, leap: datetime, zone: str, *, field: str) -> None:
        second = timedelta(seconds=1)
        last, first = moment_at(leap - second, zone), moment_at(leap, zone)
        self.before = moment_at(last.at - last.wall.second * second, zone)
        self.after = moment_at(first.at + -first.wall.second % 60 * second, zone)
        super().__init__(
            "%(time)s does not exist in %(zone)s: the clocks there go from %(gap_start)s straight to %(gap_end)s. "
            "The nearest times are %(before)s and %(after)s.",
            field=field,
            time=f"{wall:%Y-%m-%d %H:%M}",
            zone=zone,
            gap_start=_beside(last.wall + second, wall),
            gap_end=_beside(first.wall, wall),
            before=_beside(self.before.wall, wall),
            after=_beside(self.after.wall, wall),
        )


class Ambiguous(Invalid):
    """The clocks pass this wall time twice. `first` and `second` are the two moments, to ask which is meant."""

    def __init__(self, first: Moment, second: Moment, *, field: str) -> None:
        self.first, self.second = first, second
        super().__init__(
            "%(time)s happens twice that night in %(zone)s: first at %(first)s, then at %(second)s. Say which.",
            field=field,
            time=f"{first.wall:%H:%M}",
            zone=first.zone,
            first=offset_words(first.at, first.zone),
            second=offset_words(second.at, second.zone),
        )


def moment(wall: datetime, zone: str, *, fold: int | None = None, field: str = "deadline") -> Moment:
    """The one instant at which the clocks in `zone` show the naive time `wall`.

    `fold` says which of two, 0 the first and 1 the second; elsewhere it means nothing. Raises `Ambiguous` when there
    are two and `fold` is None, `Skipped` when there is none, `Invalid` for an unknown zone or a year out of `YEARS`.
    """
    clocks = _clocks(zone)
    if wall.tzinfo is not None:
        raise ValueError("a wall time is naive")
    if wall.year not in YEARS:
        raise out_of_reach(wall.year, field)
    readings = [wall.replace(tzinfo=clocks, fold=n).astimezone(UTC) for n in (0, 1)]
    true = [at for at in readings if at.astimezone(clocks).replace(tzinfo=None) == wall]
    if not true:
        raise Skipped(wall, _leap(min(readings), max(readings), clocks), zone, field=field)
    first, second = min(true), max(true)
    if first != second and fold is None:
        raise Ambiguous(moment_at(first, zone), moment_at(second, zone), field=field)
    return moment_at(second if fold else first, zone)


@lru_cache(maxsize=8192)  # a page reads the same instants by the same clocks again and again
def moment_at(at: datetime, zone: str) -> Moment:
    """What the clocks in `zone` show at an instant."""
    local = at.astimezone(_clocks(zone))
    return Moment(at.astimezone(UTC), local.replace(tzinfo=None, fold=0), zone, local.fold)


def zone_named(typed: str, field: str) -> str | None:
    """As `find_zone`, but None for a name that is not known at all."""
    key = _folded(typed)
    found = _names().get(key, ())
    if len(found) > 1:
        raise Invalid(
            "%(zone)s could be %(choices)s. Write which.",
            field=field,
            zone=shortened(typed),
            choices=", ".join(found),
        )
    if _ABBREVIATION.fullmatch(key) or (not found and re.fullmatch(r"(utc|gmt)?[+-]\d+", key)):
        raise Invalid(
            "%(zone)s does not say when the clocks change. Write a city, such as New York.",
            field=field,
            zone=shortened(typed),
        )
    return found[0] if found else None


def close_places(typed: str) -> str:
    """At most three zones whose names are spelled like this, for a sentence; empty when there are none."""
    keys = difflib.get_close_matches(_folded(shortened(typed)), _names(), n=3, cutoff=0.72)
    return ", ".join(list(dict.fromkeys(name for key in keys for name in _names()[key]))[:3])


def shortened(typed: str) -> str:
    """What somebody typed, short enough to stand in a sentence."""
    return typed if len(typed) <= 60 else typed[:60] + "…"


def out_of_reach(year: int, field: str) -> Invalid:
    """The refusal of a year outside `YEARS`."""
    return Invalid(
        "The year %(year)s is out of reach. Write one from %(first)s to %(last)s.",
        field=field,
        year=year,
        first=YEARS.start,
        last=YEARS.stop - 1,
    )


_NO_PLACES: Final = frozenset({"continental", "east", "general", "north", "south", "west"})
# They say an offset and not when the clocks change, and half of them are claimed by two countries.
_ABBREVIATION: Final = re.compile("(a|ac|ae|ak|c|e|m|p)[ds]t|(b|g|i|j|k|sa)st|(c|ee|w)est|[cew]at|hkt|msk|pkt|sgt")


@cache
def _loaded(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _clocks(name: str) -> ZoneInfo:
    if name not in _known():
        raise _unknown_zone(name)
    return _loaded(name)


def _offset(at: datetime, clocks: ZoneInfo) -> timedelta:
    return at.astimezone(clocks).utcoffset() or timedelta()


@cache
def _known() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - {"Factory"})  # a placeholder for machines not yet set up


@cache
def _selectable() -> frozenset[str]:
    rows = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines()
    return frozenset(row.split("\t")[2] for row in rows if row and not row.startswith("#")) | {"UTC"}


@cache
def _aliases() -> dict[str, str]:
    """Every name that has another for a target, by the `L` lines of IANA's own file."""
    rows = (files("tzdata") / "zoneinfo" / "tzdata.zi").read_text("utf-8").splitlines()
    links = (row.split() for row in rows if row.startswith("L "))
    return {alias: target for _, target, alias in links} | {"Etc/UTC": "UTC", "Etc/GMT": "UTC"}


def _todays_name(name: str) -> str:
    while name not in _selectable() and name in _aliases():
        name = _aliases()[name]
    return name


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """What people type, folded, and the zones it may mean: full names, cities, aliases."""
    names: dict[str, set[str]] = {}
    for name in _known():
        names.setdefault(_folded(name), set()).add(_todays_name(name))
        city = _folded(name.rsplit("/", 1)[-1])
        if city not in _NO_PLACES and (name in _aliases() or not name.startswith("Etc/")):
            names.setdefault(city, set()).add(_todays_name(name))
    for name, cities in ELSEWHERE.items():
        for place in cities.split(", "):
            names.setdefault(_folded(place), set()).add(name)
    for place, zones_there in SEVERAL.items():
        names.setdefault(
            _folded(place), set(zones_there)
        )  # a zone's own name means that zone where a zone is asked for
    return {key: tuple(sorted(found)) for key, found in names.items() if not _ABBREVIATION.fullmatch(key)}


@cache
def _several() -> dict[str, tuple[str, ...]]:
    return {_folded(place): zones_there for place, zones_there in SEVERAL.items()}


def _folded(name: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[^\w/+-]|_|-(?!\d)", "", bare.casefold())


def _unknown_zone(typed: str) -> Invalid:
    if close := close_places(typed):
        return Invalid(
            "Unknown zone: %(zone)s. Did you mean %(choices)s?",
            field="zone",
            zone=shortened(typed),
            choices=close,
        )
    return Invalid(
        "Unknown zone: %(zone)s. Write a city such as Tbilisi, or a name such as Asia/Tbilisi.",
        field="zone",
        zone=shortened(typed),
    )


def _leap(low: datetime, high: datetime, clocks: ZoneInfo) -> datetime:
    """The first second after the jump that lies between two instants."""
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    before = _offset(low, clocks)
    while (gap := high - low) > timedelta(seconds=1):
        middle = low + timedelta(seconds=gap // timedelta(seconds=2))
        if _offset(middle, clocks) == before:
            low = middle
        else:
            high = middle
    return high


def _beside(wall: datetime, other: datetime) -> str:
    return f"{wall:%H:%M}" if wall.date() == other.date() else f"{wall:%Y-%m-%d %H:%M}"
