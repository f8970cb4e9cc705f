"""How a story stands and whose move is next, in the same words on the board, on its page and where it is found."""

from collections.abc import Sequence
from datetime import datetime

from desk import clock
from desk.http.context import visit
from desk.http.translating import gettext as _
from desk.http.translating import ngettext
from desk.http.words import state_word
from desk.newsroom.board import Commission, Row
from desk.stories.rules import release_at
from desk.stories.workflow import OVER, UNDER_EMBARGO

MOST_NAMES = 3

Mark = tuple[str, str]  # the kind of a chip, and its words


def state_tone(state: str) -> str:
    """The kind of the chip that says a story's state."""
    return {"published": "good", "approved": "good", "killed": "bad", "spiked": "bad", "held": "warn"}.get(state, "")


def marks(state: str, *, embargo_at: datetime | None, publish_at: datetime | None, returned: bool) -> Sequence[Mark]:
    """What is to be seen beside a story's state before anything is done with it, by the reader's clock.

    `embargo_at` is the last embargo that it is under, `publish_at` the time that was set for it (UTC); past ones say
    nothing.
    """
    said: list[Mark] = []
    if state in UNDER_EMBARGO and (lift := _ahead(embargo_at)):
        said.append(("warn", _("embargo until %(time)s", time=_time(lift))))
    if state in ("approved", "held") and (at := _ahead(publish_at)):
        said.append(("warn", _("set for %(time)s, not scheduled", time=_time(at))))
    if returned:
        said.append(("warn", _("returned")))
    return said


def publishing(*, embargo_at: datetime | None, edition: int) -> str:
    """What the button that publishes says; `edition` is the one that would come out, `embargo_at` the last embargo."""
    if _ahead(embargo_at):
        return _("Publish at the lift")
    return _("Publish edition %(n)s", n=edition) if edition > 1 else _("Publish")


def publishing_at(at: datetime | None) -> str:
    """What the button says that has copy go out by itself at the time it was set for; empty where that is past."""
    if (ahead := _ahead(at)) is None:
        return ""
    return _("Publish at %(time)s", time=_time(ahead)) if _today(ahead) else _("Publish %(time)s", time=_time(ahead))


def row_marks(row: Row) -> Sequence[Mark]:
    """The marks of a row on the board."""
    return marks(row.state, embargo_at=row.embargo_at, publish_at=row.publish_at, returned=row.returned)


def row_chip(row: Row) -> tuple[str, str, str]:
    """The reader's move, where it is theirs, else the story's state: (kind, text, address)."""
    href = f"/stories/{row.public_id}"
    if row.killed_wire and row.state not in ("published", *OVER):
        return "warn", _("check wire"), href
    if row.need and row.state == "approved":
        until = release_at(row.publish_at, [row.embargo_at]) if _ahead(row.publish_at) else None
        edition = (row.edition or 0) + 1
        return "need", publishing_at(until) or publishing(embargo_at=row.embargo_at, edition=edition), href
    if row.need:
        return "need", _("Approve v%(n)s", n=row.version), href
    return state_tone(row.state), state_word(row.state), href


def reminded(names: Sequence[str]) -> str:
    """Who was sent the reminder that nothing is filed; empty where nobody was."""
    if not names:
        return ""
    *first, last = names if len(names) <= MOST_NAMES else [*names[: MOST_NAMES - 1], _others(len(names))]
    both = _("%(names)s and %(last)s", names=", ".join(first), last=last) if first else last
    return _("reminder sent to %(names)s", names=both)


def who_line(row: Row, lead: Commission, now: datetime) -> str:
    """Where somebody is, what time it is there, and how far they are."""
    place = f"{clock.place_of(lead.zone)}, {clock.hhmm(now, lead.zone)}" if lead.zone else ""
    if lead.state == "filed" and row.version:
        progress = (
            _("filed v%(n)s, %(words)s words", n=row.version, words=row.words)
            if row.filed_at
            else _("filed; now v%(n)s, %(words)s words", n=row.version, words=row.words)
        )
    else:
        progress = state_word(lead.state)
    return f"{place} · {progress}" if place else progress


def _others(of: int) -> str:
    return ngettext("one other", "%(num)s others", of - MOST_NAMES + 1)


def _ahead(at: datetime | None) -> datetime | None:
    return at if at is not None and at > visit().now else None


def _day(at: datetime) -> str:
    return clock.day_words(at, visit().zone, visit().now, _)


def _today(at: datetime) -> bool:
    return _day(at) == _day(visit().now)


def _time(at: datetime) -> str:
    """A time with its place, and with its day unless that is today: `18:00 Brussels`."""
    time = f"{clock.hhmm(at, visit().zone)} {clock.place_of(visit().zone)}"
    return time if _today(at) else f"{_day(at)} {time}"
