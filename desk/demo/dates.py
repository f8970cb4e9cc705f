"""The demo's texts are written as of one Tuesday; here they are told as of whatever day it is. Pure.

The samples stay true files that any reader takes as they stand: only their dates and weekdays move.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

WRITTEN = datetime(2026, 11, 24, 13, 37, tzinfo=UTC)

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = re.compile(r"\b(" + "|".join(_DAYS) + r")\b")
_MAIL_DATE = re.compile(rb"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 2026 \d\d:\d\d:\d\d \+0000")
_ISO_DATE = re.compile(rb"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def told(text: str, now: datetime) -> str:
    """`text` with its weekdays as they are called when `now` is the day of which it was written."""
    days = now.astimezone(UTC).weekday() - WRITTEN.weekday()
    return _DAY.sub(lambda day: _DAYS[(_DAYS.index(day[1]) + days) % 7], text)


def stamped(data: bytes, now: datetime) -> bytes:
    """A feed with its times and weekdays moved as if it was written at `now`. Its encoding must have ASCII in it."""
    moved = now.replace(microsecond=0) - WRITTEN
    data = told(data.decode("latin-1"), now).encode("latin-1")  # byte for byte, whatever the true encoding
    data = _MAIL_DATE.sub(lambda found: _mail_date(found[0], moved), data)
    return _ISO_DATE.sub(lambda found: _iso_date(found[0], moved), data)


def _mail_date(found: bytes, moved: timedelta) -> bytes:
    return format_datetime(parsedate_to_datetime(found.decode()) + moved).encode()


def _iso_date(found: bytes, moved: timedelta) -> bytes:
    return f"{datetime.fromisoformat(found.decode()) + moved:%Y-%m-%dT%H:%M:%SZ}".encode()
