"""Times as people type them: `25 Nov 18:00`, `Fri noon`, `tmrw 9`, `18.00 Tbilisi`, `1800`, `in 3 h`, `2 hours`.

What is known is taken out of the text piece by piece, in any order; what is left must be the name of a zone. Nothing
is guessed: what can be read in two ways is refused with a sentence that offers both.
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
    without a year is the coming one, or one gone by at most half a year ago. Hours are those of the 24-hour clock, a
    bare one beside a day too; but 1 to 6, which may be of the afternoon, are asked about. Of `4/5/2026`, `18.11`, `2h`
    and their like only what can be read one way is taken. Whether that time exists, and once, is for `moment` to say.
    Raises `Invalid`, which names what could not be read, and nothing else.
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
_DAY_WORDS: Final = {
    "yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "tmrw": 1, "tmr": 1, "day after tomorrow": 2,
}  # fmt: skip
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
_DAY_WORD: Final = _words(r"yesterday|today|tonight|day after tomorrow|tomorrow|tmrw?")
_WEEKDAY: Final = _words(
    r"(?P<next>next )?(?:this )?(?P<name>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)"
)
_HOURS: Final = r"\s?(?:h|hrs?|hours?)"
_MINUTES: Final = r"\s?(?:m|mins?|minutes?)"
_DAYS: Final = r"\s?(?:d|days?)"
_TIME: Final = _words(
    r"(?P<word>noon|midday|midnight)|(?P<h12>\d{1,2})(?:[:.](?P<m12>\d\d))?\s?(?P<half>[ap])\.?m\.?"
    rf"|(?P<h>\d{{1,2}}):(?P<m>\d\d)(?::(?P<s>\d\d))?(?:{_HOURS})?|(?P<hhmm>\d{{3,4}})(?:{_HOURS})?"
    r"|(?P<hh>\d{1,2})\s?h(?:\s?(?P<mm>\d\d))?"
)
_HOUR: Final = _words(r"(?P<at>(?:at|by|@)\s?)?(?P<hour>[01]?\d|2[0-4])")
_AT: Final = _words(r"(?P<at>(?:at|by|@)\s?)(?P<hour>[01]?\d|2[0-4])")
_SPAN: Final = _words(
    rf"in (?:(?P<half>half an hour)|(?P<one>an hour)|(?P<days>\d{{1,4}}){_DAYS}"
    rf"|(?P<h>\d{{1,4}})(?P<and_half>\.5)?{_HOURS}(?:\s?(?:and )?(?P<m>\d{{1,4}})(?:{_MINUTES})?)?"
    rf"|(?P<min>\d{{1,5}}){_MINUTES})"
)
# A span without its `in`. It must be nothing else: `2h` may be a time, and `1800 hours` is one.
_SPAN_ALONE: Final = _words(
    rf"(?:half )?an hour|\d{{1,4}}{_DAYS}|\d{{1,5}}{_MINUTES}|\d{{1,3}}\s?(?:hrs?|hours?)|\d{{1,3}}\.5{_HOURS}"
    rf"|\d{{1,3}}{_HOURS}\s?(?:and )?\d{{1,4}}{_MINUTES}|(?:2[5-9]|[3-9]\d|\d{{3}})\s?h"
)
_HALF: Final = re.compile(r"\s[ap]\.?m\b", re.IGNORECASE)
_PLUS: Final = re.compile(r"(?<!\S)\+\s?(?=\d)")
_ZULU: Final = _words(r"(\d\d:?\d\d)Z")
_DOTTED: Final = _words(r"(?P<first>\d{1,2})\.(?P<second>\d\d)")


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
                self.left = _without(found)
                return found
        return None


def _read(typed: str, now: datetime, default_zone: str, field: str) -> tuple[datetime, str, datetime | None]:
    """The wall time, the zone and, where the words name an instant, that."""
    tidy = " ".join(unicodedata.normalize("NFKC", typed[:_LONGEST]).replace(",", " ").split())
    if not tidy or len(typed) > _LONGEST:
        raise _refused("Write when, in a few words, for instance %(examples)s.", field)
    text = _Text(_plain(tidy, now, field))
    if span := text.take(_SPAN):
        return _after(span, now, _zone(text.left, field) or default_zone, field)
    dated, day_word, weekday = text.take(*_DATES), text.take(_DAY_WORD), text.take(_WEEKDAY)
    timed = text.take(_TIME)
    hour = None if timed else text.take(_AT if dated else _HOUR)  # `25 Nov 18` may be of 2018
    placed = _zone(text.left, field)
    name = placed or default_zone
    here = now.astimezone(zone(name))
    days = [_date(dated, here.date(), field)] if dated else []
    word = day_word[0].casefold() if day_word else ""
    if day_word:
        days.append(here.date() + timedelta(days=_DAY_WORDS[word]))
    wanted = _wanted(weekday, here.date(), field)
    if timed:
        clock = _clock(timed, field, alone=not (days or weekday or placed))
    elif hour:
        clock = _bare_hour(hour, word, days, wanted, here, field)
    else:
        raise _refused("“%(typed)s” does not say at what time. Write for instance %(examples)s.", field, typed=tidy)
    if word == "tonight" and clock.time.hour < 17 and not (clock.days_on or clock.is_midnight):
        raise _refused("%(time)s is not tonight.", field, time=f"{clock.time:%H:%M}")
    if clock.is_midnight and (days or weekday):
        if set(days) != {here.date()} or weekday:
            raise _refused("Midnight at which end of that day? Write 00:00 or 24:00.", field)
        clock = _Clock(time(0), days_on=1)
    day = _day(days, wanted, clock, now, here, field)
    return _within_reach(clock.on(day), field), name, None


def _plain(tidy: str, now: datetime, field: str) -> str:
    """The same in the forms that are read below: a zone for Z, colons for dots, `in` before a span that lacks it."""
    text = _STAMP.sub(lambda m: f"{m[1]} {m[2]}{' UTC' if m[3] else ''}", tidy)
    text = _PLUS.sub("in ", _ZULU.sub(r"\1 UTC", text))
    if not _SPAN.search(text):
        text = _SPAN_ALONE.sub(r"in \g<0>", text, count=1)
    text = _DOTTED.sub(lambda found: _undotted(found, field), text)
    for pattern in _DATES[3:]:
        text = pattern.sub(lambda found: _no_year(found, now), text)
    return text


def _undotted(found: re.Match[str], field: str) -> str:
    """`18.00` as `18:00`, and `25.11` as it is: a date. Raises for one that may be either."""
    hour, minute = int(found["first"]), int(found["second"])
    as_time = f"{found['first']}:{found['second']}"
    if not 1 <= minute <= 12 or _HALF.match(found.string, found.end()):
        return as_time
    rest = _without(found)
    others = [int(other["second"]) for other in _DOTTED.finditer(rest)]
    if hour > 23 or _TIME.search(rest) or any(not 1 <= other <= 12 for other in others):
        return found[0]
    if _DAY_WORD.search(rest) or any(pattern.search(_DOTTED.sub("", rest)) for pattern in _DATES):
        return as_time
    raise _two_ways(found[0], as_time, f"{hour} {_MONTHS[minute - 1].capitalize()}", field)


def _no_year(found: re.Match[str], now: datetime) -> str:
    """`25 Nov 1800` as `25 Nov 18:00`: four digits after a date are its time if they can be and there is no other."""
    year = found["year"]
    if not year or int(year[:2]) > 23 or int(year[2:]) > 59 or int(year) in (now.year, now.year + 1):
        return found[0]
    if _TIME.search(_without(found)):
        return found[0]
    return f"{found[0][:-4]}{year[:2]}:{year[2:]}"


def _without(found: re.Match[str]) -> str:
    return f"{found.string[: found.start()]} {found.string[found.end() :]}"


def _wanted(weekday: re.Match[str] | None, today: date, field: str) -> int | None:
    """The weekday named, 0 for Monday. Of `next Fri` nobody knows which it is."""
    if weekday is None:
        return None
    wanted = _WEEKDAYS.index(weekday["name"][:3].casefold())
    if weekday["next"]:
        first = today + timedelta(days=(wanted - today.weekday()) % 7 or 7)
        raise _two_ways(weekday[0], _day_and_month(first), _day_and_month(first + timedelta(days=7)), field)
    return wanted


def _after(span: re.Match[str], now: datetime, name: str, field: str) -> tuple[datetime, str, datetime | None]:
    start = moment_at(now.replace(second=0, microsecond=0), name)
    if span["days"]:
        return _within_reach(start.wall + timedelta(days=int(span["days"])), field), name, None
    hours = 1 if span["one"] else int(span["h"] or 0)
    minutes = int(span["m"] or span["min"] or 0) + 30 * bool(span["half"] or span["and_half"])
    at = start.at + timedelta(hours=hours, minutes=minutes)
    return _within_reach(moment_at(at, name).wall, field), name, at


def _zone(left: str, field: str) -> str | None:
    """The zone that was written, None for none. Raises for words that are no place."""
    words = left.split()
    while words and words[0].casefold() in _FILLERS:
        del words[0]
    while words and words[-1].casefold() in _FILLERS:
        del words[-1]
    if not words:
        return None
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


def _clock(timed: re.Match[str], field: str, *, alone: bool) -> _Clock:
    """The time of day typed; `alone` is whether neither a day nor a place, which no span needs, stands beside it."""
    if timed["word"]:
        midnight = timed["word"].casefold() == "midnight"
        return _Clock(time(0 if midnight else 12), is_midnight=midnight)
    hours, minutes = timed["h"] or timed["hh"] or timed["h12"], timed["m"] or timed["mm"] or timed["m12"] or "00"
    if timed["hhmm"]:
        hours, minutes = timed["hhmm"][:-2], timed["hhmm"][-2:]
    hour, minute = int(hours), int(minutes)
    if timed["half"]:
        if (hour, minute) == (12, 0):
            raise _two_ways(timed[0], "noon", "00:00", field)
        hour = hour % 12 + 12 * (timed["half"].casefold() == "p") if 1 <= hour <= 12 else 99
    if timed["hh"] and alone and 1 <= hour <= 24 and (hour <= 12 or not timed["mm"]):
        span = f"in {hour} h {timed['mm'] or ''}".rstrip()
        raise _two_ways(timed[0], span, f"{hour:02}:{minute:02}", field)
    if int(timed["s"] or 0):
        raise _refused("“%(time)s” is finer than a minute. Leave the seconds out.", field, time=timed[0])
    if (hour, minute) == (24, 0):
        return _Clock(time(0), days_on=1)
    if hour > 23 or minute > 59:
        raise _refused("There is no “%(time)s” on a clock.", field, time=timed[0])
    return _Clock(time(hour, minute))


def _bare_hour(
    typed: re.Match[str], word: str, days: list[date], wanted: int | None, here: datetime, field: str
) -> _Clock:
    """An hour without minutes, by the 24-hour clock unless it may as well be the one twelve hours later."""
    hour = int(typed["hour"])
    if word == "tonight" and 5 <= hour <= 11:
        return _Clock(time(hour + 12))
    if wanted is not None and not days and not typed["at"]:
        first = here.date() + timedelta(days=(wanted - here.weekday()) % 7)
        if first.day == hour:  # Friday the 13th
            raise _two_ways(typed[0], f"{hour:02}:00", _day_and_month(first), field)
    named = days or wanted is not None
    gone = days == [here.date()] and hour <= here.hour
    if word != "tonight" and (1 <= hour <= 6 or (1 <= hour <= 12 and (gone or not named))):
        raise _two_ways(typed[0], f"{hour:02}:00", f"{hour + 12:02}:00", field)
    return _Clock(time(hour % 24), days_on=hour // 24)


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


def _day_and_month(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1].capitalize()}"


def _two_ways(typed: str, one: str, other: str, field: str) -> Invalid:
    return _refused(
        "“%(time)s” can be read in two ways. Write %(one)s or %(other)s.", field, time=typed, one=one, other=other
    )


def _refused(message: str, field: str, **params: object) -> Invalid:
    return Invalid(message, field=field, examples=_EXAMPLES, **params)
