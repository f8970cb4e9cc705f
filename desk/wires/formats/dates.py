"""The times that feeds write, in all the ways they write them.

RFC 822 and 2822 (two-digit years, named and military zones, no seconds, the day's name missing or wrong), ISO 8601
and W3C-DTF in their partial and basic forms, ctime, numbers with slashes or dots, month names of other languages,
seconds since 1970. A time without a zone, or with one that nobody knows, is in the zone given.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale

from desk.errors import Invalid

_EARLIEST_YEAR = 1000  # 0001-01-01 is a program's way to say that it does not know
_LONGEST = 120

_HOURS_EAST = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2,
    "eet": 2, "eest": 3, "cat": 2, "sast": 2, "eat": 3, "msk": 3, "msd": 4, "trt": 3, "gst": 4, "pkt": 5, "ist": 5.5,
    "npt": 5.75, "ict": 7, "wib": 7, "hkt": 8, "sgt": 8, "pht": 8, "awst": 8, "jst": 9, "kst": 9, "acst": 9.5,
    "acdt": 10.5, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3,
    "brt": -3, "art": -3, "est": -5, "edt": -4, "et": -5, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
    "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip

_ISO = re.compile(
    r"(?P<year>\d{4})"
    r"(?:-?W(?P<week>\d{2})(?:-?(?P<weekday>[1-7]))?"
    r"|-?(?P<yearday>\d{3})(?![\d-])"
    r"|-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?"
    r"|(?P<month2>\d{2})(?P<day2>\d{2}))?"
    r"(?:(?:[T_]|\s+|\s*T\s*)(?P<clock>\d.*))?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:h]?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?\s*(?P<zone>.*)",
    re.IGNORECASE,
)
_CLOCK_WITHIN = re.compile(
    r"(?<![\d:.+-])(\d{1,2}:\d{1,2}(?::\d{1,2}(?:[.,]\d+)?)?)(?:\s*([ap])\.?m\b\.?)?"
    r"|(?<![\d:.+-])(\d{1,2})\s*([ap])\.?m\b\.?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:(?:GMT|UTC?|Z)\s*)?([+-])(\d{1,2}):?(\d{2})?(?::?\d{2})?(?!\d)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
_EAST_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_EAST_ASIAN_CLOCK = re.compile(r"(\d{1,2})\s*[時时点點시]\s*(\d{1,2})\s*[分분](?:\s*(\d{1,2})\s*[秒초])?")
_WORD = re.compile(r"[^\W\d_]+\.?|\d+")


def read_time(text: str | None, zone: str = "UTC") -> datetime | None:
    """A feed's time as aware UTC, whole seconds; None where there is none or it is nonsense.

    A day without a time is its midnight, a month its first day, in `zone` (IANA); raises `Invalid` for an unknown one.
    """
    text = " ".join((text or "").replace("\u2212", "-").split())
    where = zone_of(zone)
    if not text or len(text) > _LONGEST or not any(c.isdigit() for c in text):
        return None
    try:
        found = _epoch(text) or _iso(text, where) or _written(text, where)
        return found.astimezone(UTC).replace(microsecond=0) if found and found.year >= _EARLIEST_YEAR else None
    except (ValueError, OverflowError):
        return None


def first_time(texts: Iterable[str | None], zone: str) -> datetime | None:
    """The first of several that says a time."""
    return next((found for text in texts if (found := read_time(text, zone))), None)


def zone_of(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("Unknown zone: %(zone)s. Use a name such as Europe/Kyiv.", field="zone", zone=name) from None


def _epoch(text: str) -> datetime | None:
    if re.fullmatch(r"[0-9]{10}|[0-9]{13}", text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    return None


def _iso(text: str, where: tzinfo) -> datetime | None:
    match = _ISO.fullmatch(text) or _iso_basic(text)
    if match is None:
        return None
    part = match.groupdict()
    year = int(part["year"])
    if part["week"]:
        day = date.fromisocalendar(year, int(part["week"]), int(part["weekday"] or 1))
    elif part["yearday"]:
        day = date(year, 1, 1) + timedelta(days=int(part["yearday"]) - 1)
        if day.year != year or part["yearday"] == "000":
            return None
    else:
        day = date(year, int(part["month"] or part["month2"] or 1), int(part["day"] or part["day2"] or 1))
    clock = _CLOCK.fullmatch(part["clock"]) if part["clock"] else None
    if part["clock"] and clock is None:
        return None
    if clock is None:
        return datetime(day.year, day.month, day.day, tzinfo=where)
    return _at(day, clock["hour"], clock["minute"], clock["second"], clock["half"], _zone(clock["zone"], where))


def _iso_basic(text: str) -> re.Match[str] | None:
    return _ISO.fullmatch(f"{text[:8]}T{text[8:]}") if re.fullmatch(r"[0-9]{12}(?:[0-9]{2})?", text) else None


def _written(text: str, where: tzinfo) -> datetime | None:
    """A date in words or numbers: take out the clock, then the zone, and what is left is day, month and year."""
    commented = _COMMENT.findall(text)
    text = _EAST_ASIAN_CLOCK.sub(lambda m: f" {m[1]}:{m[2]}:{m[3] or '0'}", _COMMENT.sub(" ", text))
    half, hour, minute, second = None, "0", "0", "0"
    if clock := _CLOCK_WITHIN.search(text):
        hour, minute, second = [*re.split(r"[:.,]", clock[1] or clock[3]), "0", "0"][:3]
        half = clock[2] or clock[4]
        zone = _zone(text[clock.end() :], where, *commented)
        text = text[: clock.start()] + " " + _OFFSET.sub(" ", text[clock.end() :])
    else:
        zone = where
    day = _day(text)
    return _at(day, hour, minute, second, half, zone) if day else None


def _day(text: str) -> date | None:
    if match := _EAST_ASIAN.search(text):
        return date(*map(int, match.groups()))
    if match := re.search(r"(?<!\d)(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)", text):
        return date(*map(int, match.groups()))
    if match := re.search(r"(?<!\d)(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)", text):
        first, second, year = int(match[1]), int(match[3]), _year(match[4])
        american = match[2] == "/" and first <= 12
        return date(year, first, second) if american else date(year, second, first)
    words = _WORD.findall(text)
    months = [month for word in words if not word.isdigit() and (month := _month(word))]
    numbers = [word for word in words if word.isdigit()]
    if not months or len(numbers) < 2:
        return None
    if len(numbers[0]) == 4:
        numbers[:2] = reversed(numbers[:2])
    return date(_year(numbers[1]), months[-1], int(numbers[0]))  # the last: "mar. 13 déc." is a Tuesday


def _year(digits: str) -> int:
    """RFC 2822, 4.3: 00 to 49 is this century, the rest of two digits and all of three add 1900."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _at(day: date, hour: str, minute: str | None, second: str | None, half: str | None, zone: tzinfo) -> datetime:
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(hour)
        hours = hours % 12 + (12 if half in "pP" else 0)
    ends_day = hours == 24 and not int(minute or 0) and not int(second or 0)
    seconds = min(int(second or 0), 59) if second != "60" else 59  # a leap second is the second before it
    if second and int(second) > 60:
        raise ValueError(second)
    at = datetime(day.year, day.month, day.day, 0 if ends_day else hours, int(minute or 0), seconds, tzinfo=zone)
    return at + timedelta(days=1) if ends_day else at


def _zone(text: str, where: tzinfo, *commented: str) -> tzinfo:
    if (offset := _OFFSET.search(text)) is not None:
        sign = -1 if offset[1] == "-" else 1
        away = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        if away >= timedelta(hours=24):
            raise ValueError(text)
        return timezone(sign * away)
    for word in re.findall(r"[A-Za-z]+", " ".join((text, *commented))):
        if (hours := _HOURS_EAST.get(word.lower())) is not None:
            return timezone(timedelta(hours=hours))
        if len(word) == 1 and word not in "Jj":
            return UTC  # RFC 2822, 4.3: military letters were written with either sign, so they say nothing
    return where


def _month(word: str) -> int | None:
    word = word.rstrip(".").lower()
    english = "janfebmaraprmayjunjulaugsepoctnovdec".find(word[:3]) if len(word) >= 3 else -1
    if english >= 0 and english % 3 == 0 and (len(word) <= 4 or _english_months()[english // 3].startswith(word)):
        return english // 3 + 1
    return _months_elsewhere().get(word)


def _english_months() -> tuple[str, ...]:
    return (
        "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december",
    )  # fmt: skip


@cache
def _months_elsewhere() -> dict[str, int]:
    """Month names of the languages that wires come in; the earlier language wins where two disagree."""
    found: dict[str, int] = {}
    for language in re.findall("..", "defresitptnlruukplcsskhurobgsrtrelsvdanbfietlvltcaidvi"):
        months = Locale(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    for key in {name.lower().rstrip("."), name.lower().rstrip(".")[:3]}:
                        if key.isalpha() and len(key) > 2:
                            found.setdefault(key, number)
    return found
