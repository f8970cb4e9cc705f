"""The words that pages use for states, bands and people; every sentence through gettext."""

from datetime import datetime

from flask_babel import gettext as _

from desk import clock
from desk.newsroom.board import Commission, Row


def band_label(key: str) -> str:
    """The heading of a band on the board."""
    words: dict[str, str] = {
        "late": _("Late"),
        "desk": _("At the desk"),
        "soon": _("Next 3 hours"),
        "today": _("Later today"),
        "later": _("Later"),
        "undated": _("No deadline"),
        "held": _("On hold"),
        "out": _("Out"),
    }
    return words.get(key) or state_word(key).capitalize()


def state_word(state: str) -> str:
    """A state of a story, an assignment or an offer."""
    words: dict[str, str] = {
        "pitched": _("pitched"),
        "commissioned": _("commissioned"),
        "reporting": _("reporting"),
        "filed": _("filed"),
        "editing": _("editing"),
        "approved": _("approved"),
        "scheduled": _("scheduled"),
        "published": _("published"),
        "held": _("on hold"),
        "spiked": _("spiked"),
        "killed": _("killed"),
        "open": _("nobody yet"),
        "accepted": _("accepted"),
        "done": _("done"),
        "cancelled": _("cancelled"),
        "made": _("offered"),
        "declined": _("declined"),
        "withdrawn": _("withdrawn"),
        "lapsed": _("taken by somebody else"),
    }
    return words.get(state, state)


def short_name(name: str) -> str:
    """A name as it stands in a narrow column: `N. Kapanadze`."""
    first, _blank, rest = name.partition(" ")
    return f"{first[:1]}. {rest}" if rest else name


def who_line(row: Row, lead: Commission, now: datetime) -> str:
    """Where somebody is, what time it is there, and how far they are."""
    place = f"{clock.place_of(lead.zone)}, {clock.hhmm(now, lead.zone)}" if lead.zone else ""
    if lead.state == "filed" and row.version:
        progress = _("filed v%(n)s, %(words)s words", n=row.version, words=row.words)
    elif lead.state == "reporting":
        progress = _("writing")
    else:
        progress = state_word(lead.state)
    return f"{place} · {progress}" if place else progress


def row_chip(row: Row) -> tuple[str, str, str]:
    """Whose move it is, in a word or two: (kind, text, address)."""
    href = f"/stories/{row.public_id}"
    lead = row.lead
    if row.killed_wire and row.state not in ("published", "killed", "spiked"):
        return "warn", _("check wire"), href
    if row.need and row.state == "approved":
        return "need", _("Publish"), href
    if row.need:
        return "need", _("Approve v%(n)s", n=row.version), href
    if row.state == "published":
        return "good", _("corrected") if row.cause == "correction" else _("published"), href
    if row.state == "killed":
        return "bad", _("killed"), href
    if row.state == "commissioned" and (lead is None or (lead.name is None and not lead.offered)):
        return "bad", _("unassigned"), href
    if row.state == "commissioned" and lead and lead.offered:
        return "", _("offered"), href
    if row.late:
        return "bad", _("late"), href
    return "", state_word(row.state), href
