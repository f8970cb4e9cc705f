"""The bands of the board: in which of them a story stands, asked of what was read of it and of the database.

`band_of` and `in_band` say the same in two languages: a board parts what it has read, finding asks for one band.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case

from desk.stories.models import Story

SOON = timedelta(hours=3)
A_DAY = timedelta(hours=24)
UNFILED = ("pitched", "commissioned", "reporting")
TO_APPROVE = ("filed", "editing")
WAITS = (*TO_APPROVE, "approved")
GONE_OUT = ("published", "killed")
BANDS = ("late", "desk", "soon", "today", "later", "undated", "held", "out")


def tomorrow(now: datetime, zone: str) -> datetime:
    """The instant at which the next day begins in `zone`."""
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def band_of(state: str, due_at: datetime | None, release_at: datetime | None, now: datetime, midnight: datetime) -> str:
    """The band of a story that is on the board. `midnight` ends the day that its reader goes by."""
    if state == "held":
        return "held"
    if state in WAITS:
        return "desk"
    at = release_at if state == "scheduled" else due_at
    if at is None:
        return "undated"
    if at < now and state != "scheduled":
        return "late"
    if at <= now + SOON:
        return "soon"
    return "today" if at < midnight else "later"


def in_band(band: str, now: datetime, midnight: datetime) -> ColumnElement[bool]:
    """Whether a story stands in that band of the board."""
    ahead = case((Story.state == "scheduled", Story.release_at), else_=Story.due_at)
    goes = Story.state.in_([*UNFILED, "scheduled"])
    clauses: Mapping[str, ColumnElement[bool]] = {
        "late": and_(Story.state.in_(UNFILED), Story.due_at < now),
        "desk": Story.state.in_(WAITS),
        "soon": and_(goes, ahead <= now + SOON, (Story.state == "scheduled") | (Story.due_at >= now)),
        "today": and_(goes, ahead > now + SOON, ahead < midnight),
        "later": and_(goes, ahead > now + SOON, ahead >= midnight),
        "undated": and_(Story.state.in_(UNFILED), Story.due_at.is_(None)),
        "held": Story.state == "held",
        "out": and_(Story.state.in_(GONE_OUT), Story.changed_at > now - A_DAY),
    }
    return clauses[band]
