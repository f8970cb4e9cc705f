"""Times that people type: `name` holds the words or a wall time, `name_zone` the zone, `name_fold` which of two."""

from datetime import datetime

from flask import request

from desk import clock
from desk.errors import DeskError, Invalid
from desk.http.forms import instant, text


def typed_moment(name: str, *, now: datetime, default_zone: str) -> clock.Moment | None:
    """The moment in the fields of `name`, or None if nothing was typed.

    Raises Invalid for this field: words that can't be read, an unknown zone, a local time that does not exist, or
    one that comes twice and of which it was not said which.
    """
    typed = text(name)
    if not typed:
        return None
    fold = request.form.get(f"{name}_fold", "")
    try:
        zone = clock.find_zone(text(f"{name}_zone")) if text(f"{name}_zone") else default_zone
        which = int(fold) if fold in ("0", "1") else None
        return clock.moment_when(typed, now=now, default_zone=zone, fold=which, field=name)
    except DeskError as error:
        error.field = f"{name}_zone" if error.field == "zone" else name
        raise


def agreed_past(name: str, moment: clock.Moment | None) -> bool:
    """Whether it was ticked that this very moment is meant, though it is past."""
    return moment is not None and instant(f"{name}_past") == moment.at


def shown_moment(name: str) -> datetime | None:
    """The instant (UTC) that a hidden field says was on the page, None if none was. Raises Invalid for what is none."""
    at = instant(name)
    if at is None and text(name):
        raise Invalid("This form does not say which times were on its page. Open the page again.")
    return at


def needed_moment(name: str, *, now: datetime, default_zone: str) -> clock.Moment:
    """As `typed_moment`, for a field that must be filled."""
    found = typed_moment(name, now=now, default_zone=default_zone)
    if found is None:
        raise Invalid("By when? Type a time, such as “tomorrow 18:00” or “2026-11-25 18:00”.", field=name)
    return found
