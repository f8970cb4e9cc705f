"""Times as people type them: `25 Nov 18:00`, `Fri noon`, `tomorrow 18:00 Tbilisi`, `in 3 h`.

What is known is taken out of the text piece by piece, in any order; what is left must be the name of a zone. Nothing
is guessed: what can be read in two ways is refused with a sentence that says how to write it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from desk.errors import Invalid
from desk.zones import YEARS, Moment, close_places, moment, moment_at, out_of_reach, zone, zone_named

_LONGEST: Final = 120
_PAST_DAYS: Final = 182  # a day and month without a year, gone by less than this, is this year's: a slip, seen as late


def parse_when(typed: str, *, now: datetime, default_zone: str, field: str = "deadline") -> tuple[datetime, str]:
    """The naive wall time and the zone that somebody typed; without a zone in it, `default_zone`.

    A time without a day is the next such time in its zone, and a weekday the next one, today included. A day and month
    without a year is the coming one, or one gone by at most half a year ago. Of `4/5/2026` and its like only what can
    be read one way is taken. Whether that time exists, and once, is for `moment` to say. Raises `Invalid`, which names
    what could not be read, and nothing else.
    """
    wall, name, _at = _read(typed, now, default_zone, field)
    return wall, name


def moment_when(
    typed: str, *, now: datetime, default_zone: str, fold: int | None = None, field: str = "deadline"
) -> Moment:
    """The moment that somebody typed: `parse_when`, then `moment`; but `in 3 h` is an instant and never ambiguous."""
    wall, name, at = _read(typed, now, default_zone, field)
    return moment(wall, name, fold=fold, field=field) if at is None else moment_at(at, name)


_EXAMPLES: Final = "25 Nov 18:00, tomorrow 18:00 Tbilisi, Fri noon, in 3 h"
_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS: Final = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAY_WORDS: Final = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "day after tomorrow": 2}
_FILLERS: Final = frozenset({"at", "by", "on", "in", "the", "time", "o'clock", "o’clock", "@"})


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{pattern})(?!\S)", re.IGNORECASE)


_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?"
_STAMP: Final = _words(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(Z?)")
_DATES: Final = (
    _words(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
    _words(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})(?:\.(?:\s?(?P<year>\d{4}))?)?"),
    _words(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>\d{4}))?"),
    _words(rf"{_DAY}\s+{_MONTH}(?:\s+(?P<year>\d{{4}}))?"),
    _words(rf"{_MONTH}\s+{_DAY}(?:\s+(?P<year>\d{{4}}))?"),
)
_DAY_WORD: Final = _words(r"yesterday|today|tonight|day after tomorrow|tomorrow")
_WEEKDAY: Final = _words(
    r"mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)
_TIME: Final = _words(
    r"(?P<word>noon|midnight)|(?P<h12>\d{1,2})(?:[:.](?P<m12>\d\d))?\s?(?P<half>[ap])\.?m\.?"
    r"|(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d))?|(?P<hh>\d{1,2})h(?P<mm>\d\d)"
)
_SPAN: Final = _words(
    r"in (?:(?P<half>half an hour)|(?P<one>an hour)|(?P<days>\d{1,4})\s?(?:d|days?)"
    r"|(?P<h>\d{1,4})\s?(?:h|hrs?|hours?)(?:\s?(?:and )?(?P<m>\d{1,4})\s?(?:m|mins?|minutes?)?)?"
    r"|(?P<min>\d{1,5})\s?(?:m|mins?|minutes?))"
)


@dataclass(frozen=True)
class _Clock:
    """A time of day as typed. 24:00 is the day's end; `midnight` without a day may be either end of it."""

    time: time
    days_on: int = 0
    is_midnight: bool = False

    def on(self, day: date) -> datetime:
        return datetime.combine(day, self.time) + timedelta(days=self.days_on)


class _Text:
    """What has not been read yet of what was typed."""

    def __init__(self, typed: str) -> None:
        self.left = typed

    def take(self, *patterns: re.Pattern[str]) -> re.Match[str] | None:
        for pattern in patterns:
            if found := pattern.search(self.left):
                self.left = f"{self.left[: found.start()]} {self.left[found.end() :]}"
                return found
        return None


def _read(typed: str, now: datetime, default_zone: str, field: str) -> tuple[datetime, str, datetime | None]:
    """The wall time, the zone and, where the words name an instant, that."""
    tidy = " ".join(unicodedata.normalize("NFKC", typed[:_LONGEST]).replace(",", " ").split())
    if not tidy or len(typed) > _LONGEST:
        raise _refused("Write when, in a few words, for instance %(examples)s.", field)
    text = _Text(_STAMP.sub(lambda m: f"{m[1]} {m[2]}{' UTC' if m[3] else ''}", tidy))
    if span := text.take(_SPAN):
        return _after(span, now, _zone(text.left, default_zone, field), field)
    dated, day_word, weekday = text.take(*_DATES), text.take(_DAY_WORD), text.take(_WEEKDAY)
    timed = text.take(_TIME)
    name = _zone(text.left, default_zone, field)
    if timed is None:
        raise _refused("“%(typed)s” does not say at what time. Write for instance %(examples)s.", field, typed=tidy)
    clock = _clock(timed, field)
    here = now.astimezone(zone(name))
    days = [_date(dated, here.date(), field)] if dated else []
    if day_word:
        word = day_word[0].casefold()
        days.append(here.date() + timedelta(days=_DAY_WORDS[word]))
        if word == "tonight" and clock.time.hour < 17 and not (clock.days_on or clock.is_midnight):
            raise _refused("%(time)s is not tonight.", field, time=f"{clock.time:%H:%M}")
    wanted = _WEEKDAYS.index(weekday[0][:3].casefold()) if weekday else None
    if clock.is_midnight and (days or weekday):
        if set(days) != {here.date()} or weekday:
            raise _refused("Midnight at which end of that day? Write 00:00 or 24:00.", field)
        clock = _Clock(time(0), days_on=1)
    day = _day(days, wanted, clock, now, here, field)
    return _within_reach(clock.on(day), field), name, None


def _after(span: re.Match[str], now: datetime, name: str, field: str) -> tuple[datetime, str, datetime | None]:
    start = moment_at(now.replace(second=0, microsecond=0), name)
    if span["days"]:
        return _within_reach(start.wall + timedelta(days=int(span["days"])), field), name, None
    hours = 1 if span["one"] else int(span["h"] or 0)
    minutes = 30 if span["half"] else int(span["m"] or span["min"] or 0)
    at = start.at + timedelta(hours=hours, minutes=minutes)
    return _within_reach(moment_at(at, name).wall, field), name, at


def _zone(left: str, default_zone: str, field: str) -> str:
    words = left.split()
    while words and words[0].casefold() in _FILLERS:
        del words[0]
    while words and words[-1].casefold() in _FILLERS:
        del words[-1]
    if not words:
        return default_zone
    if found := zone_named(" ".join(words), field):
        return found
    for cut in range(1, len(words)):  # a place with something else before it: only that is unknown
        if zone_named(" ".join(words[cut:]), field):
            words = words[:cut]
            break
    unread = " ".join(words)
    if close := close_places(unread):
        raise _refused(
            "“%(words)s” is no time and no place known here. Did you mean %(choices)s?",
            field,
            words=unread,
            choices=close,
        )
    raise _refused(
        "“%(words)s” is no time and no place known here. Write for instance %(examples)s.", field, words=unread
    )


def _clock(timed: re.Match[str], field: str) -> _Clock:
    if timed["word"]:
        midnight = timed["word"].casefold() == "midnight"
        return _Clock(time(0 if midnight else 12), is_midnight=midnight)
    hour = int(timed["h"] or timed["hh"] or timed["h12"])
    minute = int(timed["m"] or timed["mm"] or timed["m12"] or 0)
    if timed["half"]:
        if hour == 12:
            raise _refused("“%(time)s” can be read in two ways. Write noon or 00:00.", field, time=timed[0])
        hour = hour + 12 * (timed["half"].casefold() == "p") if hour < 12 else 99
    if int(timed["s"] or 0):
        raise _refused("“%(time)s” is finer than a minute. Leave the seconds out.", field, time=timed[0])
    if (hour, minute) == (24, 0):
        return _Clock(time(0), days_on=1)
    if hour > 23 or minute > 59:
        raise _refused("There is no “%(time)s” on a clock.", field, time=timed[0])
    return _Clock(time(hour, minute))


def _date(dated: re.Match[str], today: date, field: str) -> date:
    month = dated["month"].casefold()
    number = int(month) if month.isdecimal() else _MONTHS.index(month[:3]) + 1
    day = int(dated["day"])
    if "/" in dated[0] and number != day and (day <= 12 or number > 12):
        raise _refused(
            "In “%(date)s” day and month could be confused. Write 2026-11-25, or the month as a word.",
            field,
            date=dated[0],
        )
    years = [int(dated["year"])] if dated["year"] else [today.year, today.year + 1]
    possible = [found for year in years if (found := _calendar(year, number, day, field))]
    if dated["year"] is None:
        possible = [found for found in possible if (today - found).days <= _PAST_DAYS]
    if not possible:
        raise _refused("There is no day “%(date)s”.", field, date=dated[0])
    return possible[0]


def _day(days: list[date], wanted: int | None, clock: _Clock, now: datetime, here: datetime, field: str) -> date:
    """The day meant: the one named, else the next on which that time is still to come."""
    if days:
        if len(set(days)) > 1 or wanted not in (None, days[0].weekday()):
            raise _refused("The days named are not the same day.", field)
        return days[0]
    today = here.date()
    if wanted is None:
        return today + timedelta(days=_gone(clock.on(today), now, here))
    day = today + timedelta(days=(wanted - today.weekday()) % 7)
    return day + timedelta(days=7 * _gone(clock.on(day), now, here))


def _gone(wall: datetime, now: datetime, here: datetime) -> bool:
    """Whether a wall time is over: the later of two alike has passed, and a skipped one has been jumped."""
    return wall <= here.replace(tzinfo=None) and wall.replace(tzinfo=here.tzinfo, fold=1) <= now


def _calendar(year: int, month: int, day: int, field: str) -> date | None:
    if year not in YEARS:
        raise out_of_reach(year, field)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _within_reach(wall: datetime, field: str) -> datetime:
    if wall.year not in YEARS:
        raise out_of_reach(wall.year, field)
    return wall


def _refused(message: str, field: str, **params: object) -> Invalid:
    return Invalid(message, field=field, examples=_EXAMPLES, **params)
