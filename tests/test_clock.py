"""Times in the newsroom: every zone, the nights when clocks jump, and words typed and read."""

import itertools
import zoneinfo
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desk import clock
from desk.clock import UTC, Ambiguous, Moment, Skipped, moment, parse_when
from desk.errors import Invalid
from desk.gazetteer import ELSEWHERE, SEVERAL

NOW = datetime(2026, 11, 24, 13, 37, 22, tzinfo=UTC)  # Tuesday, 14:37 in Brussels, 17:37 in Tbilisi
unhurried = settings(deadline=None)  # the first example of a zone reads its file
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ODD_NIGHTS = [
    ("Europe/Brussels", date(2026, 3, 29)),
    ("Europe/Brussels", date(2026, 10, 25)),
    ("Europe/Dublin", date(2026, 3, 29)),  # where summer is the standard time and winter the exception
    ("Europe/Dublin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/St_Johns", date(2026, 11, 1)),  # half an hour off the hour
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # a jump of half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Chatham", date(2026, 9, 27)),  # three quarters of an hour off
    ("Asia/Kathmandu", date(2026, 6, 1)),  # likewise, and never a jump
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours at once
    ("Africa/Casablanca", date(2027, 2, 7)),  # an hour back for Ramadan
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that Samoa never had
    ("Pacific/Kiritimati", date(1994, 12, 31)),
    ("America/Caracas", date(2016, 5, 1)),
    ("Asia/Pyongyang", date(2018, 5, 5)),
]


def wall(text: str) -> datetime:
    """A naive time on a wall."""
    return datetime.fromisoformat(text)


def showing(shown: datetime, zone: str) -> list[datetime]:
    """Every instant at which clocks in `zone` show a time, found from the other side: by asking instants."""
    clocks = clock.zone(zone)
    around = (shown.replace(tzinfo=UTC) + hours * HOUR for hours in range(-48, 49, 4))
    offsets = {at.astimezone(clocks).utcoffset() or timedelta() for at in around}
    instants = {(shown - off).replace(tzinfo=UTC) for off in offsets}
    return sorted(at for at in instants if at.astimezone(clocks).replace(tzinfo=None) == shown)


def read(shown: datetime, zone: str) -> list[datetime]:
    """What `moment` makes of a wall time: no instant, one or two."""
    try:
        return [moment(shown, zone).at]
    except Skipped:
        return []
    except Ambiguous as twice:
        return [twice.first.at, twice.second.at]


def refusal(act: Callable[[], object]) -> Invalid | None:
    try:
        act()
    except Invalid as refused:
        return refused
    return None


@cache
def jumps(zone: str, year: int) -> list[datetime]:
    """The instants of that year (to the quarter of an hour) at which the clocks change."""
    clocks, found = clock.zone(zone), []
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    for day in days:
        if day.astimezone(clocks).utcoffset() != (day + timedelta(days=1)).astimezone(clocks).utcoffset():
            quarters = [day + n * 15 * MINUTE for n in range(97)]
            found += [
                later
                for earlier, later in itertools.pairwise(quarters)
                if earlier.astimezone(clocks).utcoffset() != later.astimezone(clocks).utcoffset()
            ]
    return found


names = st.sampled_from(clock.zones())
instants = st.datetimes(wall("1971-01-01"), wall("2199-12-30"), timezones=st.just(UTC))


@st.composite
def walls_near_jumps(draw: st.DrawFn) -> tuple[datetime, str]:
    zone, year = draw(names), draw(st.integers(1971, 2037))
    near = jumps(zone, year) or [datetime(year, 7, 1, tzinfo=UTC)]
    at = draw(st.sampled_from(near)) + draw(st.integers(-200, 200)) * MINUTE
    off = draw(st.sampled_from([-HOUR, timedelta(), HOUR]))
    return at.astimezone(clock.zone(zone)).replace(tzinfo=None, fold=0) + off, zone


# --- wall times


@unhurried
@given(walls_near_jumps())
def test_every_wall_minute_is_valid_skipped_or_ambiguous_and_never_two_of_these(case: tuple[datetime, str]) -> None:
    shown, zone = case
    found = showing(shown, zone)
    assert read(shown, zone) == found
    refused = refusal(lambda: moment(shown, zone))
    assert type(refused) is (Skipped, type(None), Ambiguous)[len(found)]
    if isinstance(refused, Skipped):
        assert refused.before.wall < shown < refused.after.wall
        assert refused.after.at - refused.before.at < 2 * MINUTE  # a minute, but for the odd seconds of old Liberia
        assert showing(refused.before.wall, zone)
        assert showing(refused.after.wall, zone)
    else:
        assert [moment(shown, zone, fold=0).at, moment(shown, zone, fold=1).at] == [found[0], found[-1]]


@pytest.mark.parametrize(("zone", "day"), ODD_NIGHTS)
def test_every_minute_of_an_odd_night_is_accounted_for(zone: str, day: date) -> None:
    start = datetime.combine(day, datetime.min.time()) - 2 * HOUR
    walls = [start + n * MINUTE for n in range(60 * (28 if zone == "Pacific/Apia" else 7))]
    assert [read(shown, zone) for shown in walls] == [showing(shown, zone) for shown in walls]


def test_in_all_zones_the_minutes_about_this_years_jumps_are_as_the_clocks_show_them() -> None:
    for zone in clock.zones():
        for at in jumps(zone, 2026):
            for minutes in (-61, -1, 0, 29, 59, 60):
                shown = (at + minutes * MINUTE).astimezone(clock.zone(zone)).replace(tzinfo=None, fold=0)
                for near in (shown - HOUR / 2, shown):
                    assert read(near, zone) == showing(near, zone), (zone, near)


@unhurried
@given(instants, names)
def test_an_instant_read_on_a_wall_and_typed_again_is_the_same_instant(at: datetime, zone: str) -> None:
    seen = clock.moment_at(at, zone)
    assert moment(seen.wall, zone, fold=seen.fold) == seen
    assert seen.at == at


def test_a_time_that_the_clocks_jump_over_is_refused_with_the_nearest_two() -> None:
    with pytest.raises(Skipped) as refused:
        moment(wall("2026-03-29 02:30"), "Europe/Brussels")
    assert str(refused.value) == (
        "2026-03-29 02:30 does not exist in Europe/Brussels: the clocks there go from 02:00 straight to 03:00. "
        "The nearest times are 01:59 and 03:00."
    )
    assert refused.value.field == "deadline"
    assert refused.value.after.at - refused.value.before.at == MINUTE


def test_the_day_that_samoa_skipped_is_refused_with_the_days_beside_it() -> None:
    with pytest.raises(Skipped) as refused:
        moment(wall("2011-12-30 12:00"), "Pacific/Apia")
    assert refused.value.before.wall == wall("2011-12-29 23:59")
    assert refused.value.after.wall == wall("2011-12-31")


def test_a_time_that_happens_twice_is_asked_about_with_both_offsets() -> None:
    with pytest.raises(Ambiguous) as refused:
        moment(wall("2026-10-25 02:30"), "Europe/Brussels", field="publish_at")
    assert str(refused.value) == (
        "02:30 happens twice that night in Europe/Brussels: first at UTC+2, then at UTC+1. Say which."
    )
    assert refused.value.field == "publish_at"
    assert refused.value.second.at - refused.value.first.at == HOUR
    assert (refused.value.first.fold, refused.value.second.fold) == (0, 1)


def test_which_of_two_means_nothing_where_there_is_one() -> None:
    at = datetime(2026, 11, 25, 14, tzinfo=UTC)
    expected = Moment(at, wall("2026-11-25 18:00"), "Asia/Tbilisi", 0)
    assert moment(wall("2026-11-25 18:00"), "Asia/Tbilisi", fold=1) == expected


@pytest.mark.parametrize("year", [1, 1899, 2200, 9999])
def test_a_year_out_of_reach_is_refused(year: int) -> None:
    with pytest.raises(Invalid, match="out of reach"):
        moment(wall(f"{year:04}-12-31 23:59"), "America/New_York")


# --- zones


def test_the_zone_data_is_the_wheels_and_not_the_machines() -> None:
    assert zoneinfo.TZPATH == ()


@unhurried
@given(names)
def test_every_zone_to_choose_from_is_found_by_its_own_name_in_any_case(name: str) -> None:
    assert clock.zone(name).key == name
    assert clock.find_zone(name) == clock.find_zone(name.upper()) == clock.find_zone(f" {name.lower()} ") == name
    assert clock.find_zone(clock.place_of(name)) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Kyiv", "Europe/Kyiv"),
        ("kyiv", "Europe/Kyiv"),
        ("Kiev", "Europe/Kyiv"),
        ("europe/kiev", "Europe/Kyiv"),
        ("New York", "America/New_York"),
        ("new_york", "America/New_York"),
        ("US/Eastern", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("St. John’s", "America/St_Johns"),
        ("Port-au-Prince", "America/Port-au-Prince"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("Calcutta", "Asia/Kolkata"),
        ("Amsterdam", "Europe/Amsterdam"),
        ("Washington", "America/New_York"),
        ("Odesa", "Europe/Kyiv"),
        ("utc", "UTC"),
        ("GMT", "UTC"),
        ("Zulu", "UTC"),
    ],
)
def test_a_zone_is_found_by_its_names_its_old_names_and_its_city(typed: str, name: str) -> None:
    assert clock.find_zone(typed) == name


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("Tiblisi", "Unknown zone: Tiblisi. Did you mean Asia/Tbilisi?"),
        ("Atlantis", "Unknown zone: Atlantis. Did you mean"),
        ("qqqq", "Unknown zone: qqqq. Write a city such as Tbilisi, or a name such as Asia/Tbilisi."),
        ("", "Unknown zone: . Write a city"),
        ("Factory", "Unknown zone: Factory."),
        ("../Europe", "Unknown zone: ../Europe."),
        ("Eastern", "Eastern could be America/New_York, America/Toronto. Write which."),
        ("EST", "EST does not say when the clocks change. Write a city, such as New York."),
        ("CEST", "CEST does not say when the clocks change."),
        ("UTC+2", "UTC+2 does not say when the clocks change."),
        ("GMT-3", "GMT-3 does not say when the clocks change."),
        ("x" * 500, "Unknown zone: " + "x" * 60 + "…."),
    ],
)
def test_a_zone_that_is_unknown_or_not_one_place_is_refused_with_a_way_out(typed: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        clock.find_zone(typed)
    assert str(refused.value).startswith(sentence)
    assert refused.value.field == "zone"


@pytest.mark.parametrize(
    ("places", "taken"),
    [
        (["ODESA", "ISTANBUL"], clock.Placed("Europe/Kyiv", "ODESA")),
        (["Vylkove", "Istanbul"], clock.Placed("Europe/Istanbul", "Istanbul")),
        (["The Hague"], clock.Placed("Europe/Amsterdam", "The Hague")),
        (["Tripoli", "Rome"], clock.Placed(place="Tripoli", choices=("Africa/Tripoli", "Asia/Beirut"))),
        (["Alexandria"], clock.Placed(place="Alexandria", choices=("Africa/Cairo", "America/New_York"))),
        (["Vylkove", "UTC", "Greenwich", "MSK", "", "%s"], clock.Placed()),
        ([], clock.Placed()),
    ],
)
def test_a_story_plays_by_the_clock_of_its_first_place_that_is_known_and_one_only(
    places: list[str], taken: clock.Placed
) -> None:
    assert clock.zone_of_places(places) == taken


def test_the_gazetteer_names_zones_to_choose_from_and_each_place_once() -> None:
    assert {*ELSEWHERE, *(name for names in SEVERAL.values() for name in names)} <= set(clock.zones())
    for name, places in ELSEWHERE.items():
        for place in places.split(", "):
            assert clock.zone_of_places([place]) == clock.Placed(name, place)


@pytest.mark.parametrize("name", ["kyiv", "Europe", "europe/kyiv", "../../etc/passwd", "Europe/Kyiv\0", "", "%s"])
def test_only_exact_names_are_loaded(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        clock.zone(name)
    assert refused.value.field == "zone"
    assert refused.value.params["zone"] == name
    assert str(refused.value)


def test_aliases_are_loaded_but_not_offered() -> None:
    assert clock.zone("Europe/Kiev").key == "Europe/Kiev"
    assert "Europe/Kiev" not in clock.zones()
    assert {"Europe/Kyiv", "Europe/Oslo", "UTC"} <= set(clock.zones())
    assert clock.zones() == sorted(set(clock.zones()))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Europe/Brussels", "Brussels"),
        ("America/New_York", "New York"),
        ("Europe/Kiev", "Kyiv"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires"),
        ("UTC", "UTC"),
        ("Etc/GMT+3", "UTC-3"),
    ],
)
def test_a_zone_is_shown_as_its_city(name: str, place: str) -> None:
    assert clock.place_of(name) == place


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Europe/Brussels", "UTC+1"),
        ("Asia/Kathmandu", "UTC+5:45"),
        ("America/Lima", "UTC-5"),
        ("America/St_Johns", "UTC-3:30"),
        ("Pacific/Kiritimati", "UTC+14"),
        ("Africa/Abidjan", "UTC"),
    ],
)
def test_an_offset_is_said_shortly(name: str, words: str) -> None:
    assert clock.offset_words(NOW, name) == words


# --- what people type


def typed(text: str, now: datetime = NOW, zone: str = "Europe/Brussels") -> str:
    shown, name = parse_when(text, now=now, default_zone=zone)
    assert shown.tzinfo is None
    return f"{shown:%a %Y-%m-%d %H:%M} {clock.place_of(name)}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-25 18:00", "Wed 2026-11-25 18:00 Brussels"),
        ("2026-11-25T18:00", "Wed 2026-11-25 18:00 Brussels"),
        ("2026-11-25T18:00:00Z", "Wed 2026-11-25 18:00 UTC"),
        ("25 Nov 18:00", "Wed 2026-11-25 18:00 Brussels"),
        ("Nov 25, 2026, 6:30 pm New York", "Wed 2026-11-25 18:30 New York"),
        ("Wednesday 25th November 18:00", "Wed 2026-11-25 18:00 Brussels"),
        ("25.11.2026 18:00", "Wed 2026-11-25 18:00 Brussels"),
        ("25. 11. 18:00", "Wed 2026-11-25 18:00 Brussels"),
        ("25/11/2026 18:00", "Wed 2026-11-25 18:00 Brussels"),
        ("25 Nov 24:00", "Thu 2026-11-26 00:00 Brussels"),
        ("18:00", "Tue 2026-11-24 18:00 Brussels"),
        ("14:38", "Tue 2026-11-24 14:38 Brussels"),
        ("14:37", "Wed 2026-11-25 14:37 Brussels"),
        ("17:30 Tbilisi", "Wed 2026-11-25 17:30 Tbilisi"),
        ("18:00 Asia/Tbilisi", "Tue 2026-11-24 18:00 Tbilisi"),
        ("01:00 Apia", "Thu 2026-11-26 01:00 Apia"),
        ("tomorrow 18:00 Tbilisi", "Wed 2026-11-25 18:00 Tbilisi"),
        ("tomorrow 9:00 Apia", "Thu 2026-11-26 09:00 Apia"),
        ("today 15:00", "Tue 2026-11-24 15:00 Brussels"),
        ("today 9:00", "Tue 2026-11-24 09:00 Brussels"),
        ("tonight 20:00", "Tue 2026-11-24 20:00 Brussels"),
        ("day after tomorrow 9:15", "Thu 2026-11-26 09:15 Brussels"),
        ("Fri noon", "Fri 2026-11-27 12:00 Brussels"),
        ("on Friday at 18:00 in Port of Spain", "Fri 2026-11-27 18:00 Port of Spain"),
        ("tue 15:00", "Tue 2026-11-24 15:00 Brussels"),
        ("tue 14:00", "Tue 2026-12-01 14:00 Brussels"),
        ("midnight", "Wed 2026-11-25 00:00 Brussels"),
        ("midnight Tbilisi", "Wed 2026-11-25 00:00 Tbilisi"),
        ("today midnight", "Wed 2026-11-25 00:00 Brussels"),
        ("24:00", "Wed 2026-11-25 00:00 Brussels"),
        ("in 3 h", "Tue 2026-11-24 17:37 Brussels"),
        ("in 90 min", "Tue 2026-11-24 16:07 Brussels"),
        ("in 1 h 30", "Tue 2026-11-24 16:07 Brussels"),
        ("In 1h30m", "Tue 2026-11-24 16:07 Brussels"),
        ("in half an hour", "Tue 2026-11-24 15:07 Brussels"),
        ("in an hour Tbilisi", "Tue 2026-11-24 18:37 Tbilisi"),
        ("in 2 days", "Thu 2026-11-26 14:37 Brussels"),
        ("3 Jan 10:00", "Sun 2027-01-03 10:00 Brussels"),
        ("20 Nov 10:00", "Fri 2026-11-20 10:00 Brussels"),
        ("18:00 Jan Mayen", "Tue 2026-11-24 18:00 Berlin"),
        ("18:00 Tbilisi time", "Tue 2026-11-24 18:00 Tbilisi"),
        ("by  １８:00", "Tue 2026-11-24 18:00 Brussels"),
        # hours as editors write them
        ("9am", "Wed 2026-11-25 09:00 Brussels"),
        ("9.10 pm", "Tue 2026-11-24 21:10 Brussels"),
        ("12:30 pm", "Wed 2026-11-25 12:30 Brussels"),
        ("12:30 a.m.", "Wed 2026-11-25 00:30 Brussels"),
        ("18.00", "Tue 2026-11-24 18:00 Brussels"),
        ("18.30 Kyiv", "Tue 2026-11-24 18:30 Kyiv"),
        ("25.11 18.00", "Wed 2026-11-25 18:00 Brussels"),
        ("18.11 9:00", "Wed 2026-11-18 09:00 Brussels"),
        ("tomorrow 18.11", "Wed 2026-11-25 18:11 Brussels"),
        ("1800", "Tue 2026-11-24 18:00 Brussels"),
        ("930 Kyiv", "Wed 2026-11-25 09:30 Kyiv"),
        ("1800 hrs", "Tue 2026-11-24 18:00 Brussels"),
        ("18:00 hrs", "Tue 2026-11-24 18:00 Brussels"),
        ("1800Z", "Tue 2026-11-24 18:00 UTC"),
        ("25 Nov 1800", "Wed 2026-11-25 18:00 Brussels"),
        ("Nov 25 2026 0900", "Wed 2026-11-25 09:00 Brussels"),
        ("18h Kyiv", "Tue 2026-11-24 18:00 Kyiv"),
        ("2h Kyiv", "Wed 2026-11-25 02:00 Kyiv"),
        ("tmrw 18h", "Wed 2026-11-25 18:00 Brussels"),
        ("18h30", "Tue 2026-11-24 18:30 Brussels"),
        ("0h", "Wed 2026-11-25 00:00 Brussels"),
        ("tmrw 9", "Wed 2026-11-25 09:00 Brussels"),
        ("tmr noon", "Wed 2026-11-25 12:00 Brussels"),
        ("this Fri 18", "Fri 2026-11-27 18:00 Brussels"),
        ("Fri 13", "Fri 2026-11-27 13:00 Brussels"),
        ("at 18", "Tue 2026-11-24 18:00 Brussels"),
        ("18 Kyiv", "Tue 2026-11-24 18:00 Kyiv"),
        ("25 Nov at 18", "Wed 2026-11-25 18:00 Brussels"),
        ("tonight 8", "Tue 2026-11-24 20:00 Brussels"),
        ("midday", "Wed 2026-11-25 12:00 Brussels"),
        # spans without their `in`
        ("2 hours", "Tue 2026-11-24 16:37 Brussels"),
        ("3 hrs Tbilisi", "Tue 2026-11-24 20:37 Tbilisi"),
        ("+2h", "Tue 2026-11-24 16:37 Brussels"),
        ("90 min", "Tue 2026-11-24 16:07 Brussels"),
        ("1h30m", "Tue 2026-11-24 16:07 Brussels"),
        ("1.5 h", "Tue 2026-11-24 16:07 Brussels"),
        ("2 hours 30", "Tue 2026-11-24 17:07 Brussels"),
        ("48h", "Thu 2026-11-26 14:37 Brussels"),
        ("half an hour", "Tue 2026-11-24 15:07 Brussels"),
        ("2 days", "Thu 2026-11-26 14:37 Brussels"),
    ],
)
def test_a_deadline_is_typed_as_one_would_say_it(text: str, meant: str) -> None:
    assert typed(text) == meant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write when, in a few words, for instance 25 Nov 18:00"),
        ("18:00 " * 100, "Write when, in a few words"),
        ("eod", "“eod” is no time and no place known here. Write for instance 25 Nov 18:00"),
        ("by 18:00 local", "“local” is no time"),
        ("next Fri noon", "“next Fri” can be read in two ways. Write 27 Nov or 4 Dec."),
        ("foo 18:00 Tbilisi", "“foo” is no time"),
        ("18:00 19:00", "“19:00” is no time"),
        ("25 Nov 18 18:00", "“18” is no time"),
        ("3h", "“3h” can be read in two ways. Write in 3 h or 03:00."),
        ("18 h", "“18 h” can be read in two ways. Write in 18 h or 18:00."),
        ("1h30", "“1h30” can be read in two ways. Write in 1 h 30 or 01:30."),
        ("18.11", "“18.11” can be read in two ways. Write 18:11 or 18 Nov."),
        ("10.12 11.12", "“10.12” can be read in two ways. Write 10:12 or 10 Dec."),
        ("9", "“9” can be read in two ways. Write 09:00 or 21:00."),
        ("Fri 6", "“6” can be read in two ways. Write 06:00 or 18:00."),
        ("today 9", "“9” can be read in two ways. Write 09:00 or 21:00."),
        ("Tue 24", "“24” can be read in two ways. Write 24:00 or 24 Nov."),
        ("tonight 1", "01:00 is not tonight."),
        ("25 Nov 2026", "“25 Nov 2026” does not say at what time."),
        ("2460", "There is no “2460” on a clock."),
        ("18:00 Tiblisi", "“Tiblisi” is no time and no place known here. Did you mean Asia/Tbilisi?"),
        ("18:00 UTC+2", "UTC+2 does not say when the clocks change."),
        ("18:00 EST", "EST does not say when the clocks change."),
        ("18:00 Pacific", "Pacific could be America/Los_Angeles, America/Vancouver. Write which."),
        ("Fri", "“Fri” does not say at what time."),
        ("11/25/2026 18:00", "In “11/25/2026” day and month could be confused."),
        ("4/5/2026 18:00", "In “4/5/2026” day and month could be confused."),
        ("Fri 25 Nov 18:00", "The days named are not the same day."),
        ("today 25 Nov 18:00", "The days named are not the same day."),
        ("Fri midnight", "Midnight at which end of that day? Write 00:00 or 24:00."),
        ("tonight 06:00", "06:00 is not tonight."),
        ("25:00", "There is no “25:00” on a clock."),
        ("13 pm", "There is no “13 pm” on a clock."),
        ("12 am", "“12 am” can be read in two ways. Write noon or 00:00."),
        ("13:30 pm", "There is no “13:30 pm” on a clock."),
        ("18:00:30", "“18:00:30” is finer than a minute."),
        ("31.11. 10:00", "There is no day “31.11.”."),
        ("29 Feb 10:00", "There is no day “29 Feb”."),
        ("1 Jan 0001 10:00", "The year 1 is out of reach."),
        ("31 Dec 2199 24:00", "The year 2200 is out of reach."),
    ],
)
def test_what_can_not_be_read_or_be_read_in_two_ways_is_named_and_refused(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        typed(text)
    assert str(refused.value).startswith(sentence)
    assert refused.value.field in {"deadline", "zone"}


@pytest.mark.parametrize("text", ["3h", "1h30", "Fri 6", "next Fri noon", "9 Kyiv", "12 am", "by 18h"])
def test_either_reading_that_a_refusal_offers_can_be_written_in_its_place(text: str) -> None:
    refused = refusal(lambda: typed(text))
    assert refused is not None
    for reading in ("one", "other"):
        assert typed(text.replace(str(refused.params["time"]), str(refused.params[reading])))


PIECES = (
    "in 3 h 90 min noon midnight 24:00 18:00 02:30 6 pm 25 Nov 29 Feb 31.12. 9999 2026-03-29 4/5 00/00 99/99/9999 "
    "0000-00-00 fri today tomorrow tonight Tbilisi Apia Lord Howe Dublin EST UTC+2 at the , 99999 h %s %(x)s ² ١٨:٠٠ "
    "T Z 2026-03-29T02:30Z days half an hour Jan Mayen 18h 2h 1h30 1.5h 18.00 18.11 25.11 1800 9999 2026 1800Z +2h 9 "
    "next this tmrw 12am"
)


@unhurried
@given(
    st.one_of(st.text(max_size=130), st.lists(st.sampled_from(PIECES.split(" ")), max_size=8).map(" ".join)),
    instants,
    st.one_of(names, st.text(max_size=12)),
)
@example("in 9999 days", datetime(2199, 12, 30, tzinfo=UTC), "UTC")
@example("\ufdfa" * 120, NOW, "UTC")
@example("25:00 %(examples)s %d", NOW, "UTC")
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(text: str, now: datetime, zone: str) -> None:
    def act() -> None:
        shown, name = parse_when(text, now=now, default_zone=zone)
        assert shown.tzinfo is None
        assert clock.zone(name).key == name
        assert clock.moment_when(text, now=now, default_zone=zone, fold=0)

    refused = refusal(act)
    assert refused is None or (str(refused) and refused.field)


@unhurried
@given(instants.filter(lambda at: at.year < 2199), names, st.times())
def test_a_bare_time_is_its_next_occurrence_and_never_gone(now: datetime, zone: str, at: object) -> None:
    shown, name = parse_when(f"{at:%H:%M}", now=now, default_zone=zone)
    here = now.astimezone(clock.zone(zone)).replace(tzinfo=None)
    assert name == zone
    assert shown.date() - here.date() in (timedelta(), timedelta(days=1))
    for instant in read(shown, zone)[-1:]:
        assert instant > now


@unhurried
@given(instants.filter(lambda at: at.year < 2199), names, st.integers(1, 5000))
def test_a_span_is_counted_on_no_wall_and_so_never_ambiguous(now: datetime, zone: str, minutes: int) -> None:
    found = clock.moment_when(f"in {minutes} min", now=now, default_zone=zone)
    assert found.at == clock.minute_floor(now) + minutes * MINUTE
    assert found == clock.moment_at(found.at, zone)


def test_a_bare_time_in_the_hour_that_comes_twice_is_still_to_come_in_its_second_pass() -> None:
    late_in_first = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)
    assert typed("02:30", late_in_first) == "Sun 2026-10-25 02:30 Brussels"
    late_in_second = datetime(2026, 10, 25, 1, 40, tzinfo=UTC)
    assert typed("02:30", late_in_second) == "Mon 2026-10-26 02:30 Brussels"


def test_a_bare_time_that_this_night_skips_is_not_moved_to_another_night_unasked() -> None:
    assert typed("02:30", datetime(2026, 3, 29, 0, 45, tzinfo=UTC)) == "Sun 2026-03-29 02:30 Brussels"
    assert typed("02:30", datetime(2026, 3, 29, 1, 10, tzinfo=UTC)) == "Mon 2026-03-30 02:30 Brussels"


# --- what people read


def test_a_deadline_is_said_to_the_minute_that_the_clocks_show() -> None:
    def said(minutes: int) -> str:
        return clock.due_words(clock.minute_floor(NOW) + minutes * MINUTE, NOW)

    assert [said(n) for n in (23, 83, 128, 180, 24 * 60 + 23, 49 * 60, 0, -1, -24, -150, -72 * 60)] == [
        "in 23 min",
        "in 1 h 23",
        "in 2 h 08",
        "in 3 h",
        "in 24 h 23",
        "in 2 days",
        "now",
        "1 min late",
        "24 min late",
        "2 h 30 late",
        "3 days late",
    ]


def test_what_was_is_said_as_ago_and_a_clock_that_runs_fast_is_forgiven() -> None:
    spans = (0, -3, 4, 65, 50 * 60)
    assert [clock.ago(NOW - n * MINUTE, NOW) for n in spans] == [
        "just now",
        "just now",
        "4 min ago",
        "1 h 05 ago",
        "2 days ago",
    ]


def test_a_day_is_near_by_the_calendar_of_its_own_zone() -> None:
    late = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)  # 22:30 in Brussels, 01:30 on the 25th in Tbilisi
    assert clock.dated(late, "Europe/Brussels").endswith(
        f" {late.year}, {clock.hhmm(late, 'Europe/Brussels')} Brussels"
    )
    assert clock.day_words(late, "Europe/Brussels", NOW) == "today"
    assert clock.day_words(late, "Asia/Tbilisi", NOW) == "tomorrow"
    assert clock.day_words(NOW - 24 * HOUR, "Europe/Brussels", NOW) == "yesterday"
    assert clock.day_words(NOW + 72 * HOUR, "Europe/Brussels", NOW) == "Fri 27 November"
    assert clock.day_words(NOW + 2400 * HOUR, "Europe/Brussels", NOW) == "Thu 4 March 2027"
    assert clock.day_words(NOW + 72 * HOUR, "Europe/Brussels", NOW, locale="fr") == "ven. 27 novembre"


def test_words_go_through_the_readers_language() -> None:
    french = {"in %(span)s": "dans %(span)s", "%(hours)s h %(minutes)s": "%(hours)sh%(minutes)s"}
    assert clock.due_words(NOW + 83 * MINUTE, NOW, lambda said: french.get(said, said)) == "dans 1h23"


def test_one_time_in_several_zones_says_each_wall_time_once() -> None:
    lines = clock.labelled(
        datetime(2026, 11, 24, 21, 30, tzinfo=UTC),
        [
            ("the desk", "Europe/Brussels"),
            ("the story", "Asia/Tbilisi"),
            ("M. Kuipers", "Europe/Paris"),
            ("the desk", "Europe/Berlin"),
            ("Americas desk", "America/New_York"),
        ],
        NOW,
    )
    assert [(line.label, line.time, line.day, line.zone, line.same_day) for line in lines] == [
        ("the desk, M. Kuipers", "22:30", "today", "Europe/Brussels", True),
        ("the story", "01:30", "Wed 25 November", "Asia/Tbilisi", False),
        ("Americas desk", "16:30", "today", "America/New_York", True),
    ]
    assert lines[0].labels == ("the desk", "M. Kuipers")


@unhurried
@given(instants, instants, st.lists(st.tuples(st.text(min_size=1, max_size=3), names), max_size=6))
def test_every_label_stands_on_a_line_with_its_own_wall_time(
    at: datetime, now: datetime, labels: list[tuple[str, str]]
) -> None:
    lines = clock.labelled(at, labels, now)
    assert {(label, clock.moment_at(at, zone).wall) for label, zone in labels} == {
        (label, clock.moment_at(at, line.zone).wall) for line in lines for label in line.labels
    }
    assert len({clock.moment_at(at, line.zone).wall for line in lines}) == len(lines)
    for line in lines:
        assert line.time == clock.hhmm(at, line.zone)


def test_the_present_is_in_utc() -> None:
    assert clock.utcnow().tzinfo is UTC
