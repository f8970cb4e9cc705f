"""The times that feeds write."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Invalid
from desk.wires.formats.dates import read_time


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2003-12-13T18:30:02Z", "2003-12-13T18:30:02"),
        ("2003-12-13T18:30:02.25+01:00", "2003-12-13T17:30:02"),
        ("2003-12-13T18:30:02,25-0530", "2003-12-14T00:00:02"),
        ("2003-12-13t18:30z", "2003-12-13T18:30:00"),
        ("2003-12-13 18:30:02 EST", "2003-12-13T23:30:02"),
        ("2006-05-18T14:20:22+02", "2006-05-18T12:20:22"),
        ("2026-11-24T13:37:00+00:00[Europe/London]", "2026-11-24T13:37:00"),
        ("2003", "2003-01-01T00:00:00"),
        ("2003-12", "2003-12-01T00:00:00"),
        ("2003-12-13", "2003-12-13T00:00:00"),
        ("20031213", "2003-12-13T00:00:00"),
        ("20031213T183002Z", "2003-12-13T18:30:02"),
        ("200312131830", "2003-12-13T18:30:00"),
        ("2003-W50-6", "2003-12-13T00:00:00"),
        ("2003-347", "2003-12-13T00:00:00"),
        ("2003-12-13T24:00:00Z", "2003-12-14T00:00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59"),
        ("Sat, 07 Sep 2002 00:00:01 GMT", "2002-09-07T00:00:01"),
        ("Sat, 07 Sep 02 00:00:01 GMT", "2002-09-07T00:00:01"),
        ("Sat, 07 Sep 99 00:00:01 GMT", "1999-09-07T00:00:01"),
        ("Sat, 07 Sep 102 00:00:01 GMT", "2002-09-07T00:00:01"),
        ("Fri,7 Sep 2002 0:00 UT", "2002-09-07T00:00:00"),
        ("7 Sep 2002 10:00 EDT", "2002-09-07T14:00:00"),
        ("7 Sep 2002 10:00:00 A", "2002-09-07T10:00:00"),
        ("Sat, 07 Sep 2002 00:00:01 -0500 (EST)", "2002-09-07T05:00:01"),
        ("Sat, 07 Sep 2002 00:00:01 (PST)", "2002-09-07T08:00:01"),
        ("Thu, 05 Sep 2002 12:30:00 GMT+0200", "2002-09-05T10:30:00"),
        ("Thu, 05 Sep 2002 12:30 UTC+03:00", "2002-09-05T09:30:00"),
        ("Wed, 1 Apr 2020 12:00:00 CEST", "2020-04-01T10:00:00"),
        ("Thu Sep  5 12:30:00 2002", "2002-09-05T12:30:00"),
        ("Thu Sep 5 12:30:00 EDT 2002", "2002-09-05T16:30:00"),
        ("Thursday, September 5, 2002 3:04:05 PM EST", "2002-09-05T20:04:05"),
        ("Mar 2, 2004 12am", "2004-03-02T00:00:00"),
        ("05-Sep-2002 10:00:00", "2002-09-05T10:00:00"),
        ("9/25/2002 6:30 PM", "2002-09-25T18:30:00"),
        ("25.9.2002 18:30", "2002-09-25T18:30:00"),
        ("2002/09/25", "2002-09-25T00:00:00"),
        ("mar. 13 déc. 2003 10:00", "2003-12-13T10:00:00"),
        ("3 août 2003", "2003-08-03T00:00:00"),
        ("Lun, 01 Ene 2007 14:00:00 +0100", "2007-01-01T13:00:00"),
        ("13 грудня 2003 18:30", "2003-12-13T18:30:00"),
        ("3 Mai 2004 10:00", "2004-05-03T10:00:00"),
        ("2003年12月13日 18時30分", "2003-12-13T18:30:00"),
        ("1069971901", "2003-11-27T22:25:01"),
    ],
)
def test_a_time_is_read_however_it_is_written(text: str, utc: str) -> None:
    assert read_time(text) == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert read_time(f"\n  {text} ") == read_time(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "  ",
            "yesterday",
            "soon, 2026",
            "12:30",
            "2003-13-01",
            "2003-02-30",
            "32 Dec 2003",
            "0001-01-01T00:00:00Z",
        ),
        *("Mon, 01 Jan 0001 00:00:00 GMT", "Sat, 13 Dec 2003 25:00:00 GMT", "9999-12-31T23:59:59-12:00", "9" * 5000),
    ],
)
def test_nonsense_is_no_time(text: str) -> None:
    assert read_time(text) is None


def test_a_time_without_a_zone_is_in_the_sources_zone() -> None:
    assert read_time("24 Jul 2026 14:00", "Europe/Kyiv") == datetime(2026, 7, 24, 11, tzinfo=UTC)
    assert read_time("24 Dec 2026 14:00 XYZ", "Europe/Kyiv") == datetime(2026, 12, 24, 12, tzinfo=UTC)
    assert read_time("24 Dec 2026 14:00 GMT", "Europe/Kyiv") == datetime(2026, 12, 24, 14, tzinfo=UTC)
    with pytest.raises(Invalid, match="Unknown zone"):
        read_time("2026", "Nowhere/Land")


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2049, 12, 31)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 - hypothesis wants them naive
def test_every_instant_survives_both_great_forms(wall: datetime, offset: int) -> None:
    sign, (hours, minutes) = "+" if offset >= 0 else "-", divmod(abs(offset), 60)
    written = wall.strftime("%a, %d %b %y %H:%M:%S ") + f"{sign}{hours:02}{minutes:02}"
    iso = wall.strftime("%Y-%m-%dT%H:%M:%S") + f"{sign}{hours:02}:{minutes:02}"
    assert read_time(written) == read_time(iso) == datetime.fromisoformat(iso).astimezone(UTC)


@given(st.text(alphabet="0123456789-:/.,+ TZJanSepGMT()年月日apm", max_size=30) | st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    found = read_time(text, "Asia/Kathmandu")
    assert found is None or (found.tzinfo is UTC and found.microsecond == 0)
