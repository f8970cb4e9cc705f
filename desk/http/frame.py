"""The frame around a page of the newsroom: who is signed in, the menu with its counts, clocks, the bell."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from desk import clock, text
from desk.http.context import Visit
from desk.http.translating import gettext as _
from desk.newsroom import menu
from desk.permissions import could


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu."""

    href: str
    label: str
    key: str
    on: bool
    count: int | None = None


def frame(visit: Visit | None) -> dict[str, Any]:
    """The frame's variables; without a reader (the door, an error page) nearly nothing."""
    if visit is None or visit.db is None or visit.person is None or visit.actor is None:
        return {"me": None, "nav": [], "clocks": [], "captured": False, "unread": 0}
    counts = menu.counts(visit.db, visit.actor)
    zones = menu.clocks(visit.db, visit.person)
    entries = (
        ("board.page", _("Desk"), "d", "board.read", counts.desk),
        ("mine.page", _("Mine"), "m", "self", counts.mine),
        ("board.waiting", _("Waits for me"), "w", "board.read", counts.waiting),
        ("wire.page", _("Wire"), "i", "wire.read", None),
        ("finding.page", _("Find"), "f", "story.find", None),
        ("licensees.page", _("Licensees"), "r", "republication.read", None),
        ("mail.page", _("Mail"), "e", "mail.read", None),
        ("outbox.page", _("Dead letters"), "x", "outbox.manage", counts.dead or None),
        ("people.page", _("People"), "p", "people.read", None),
        ("settings.page", _("Settings"), "s", "newsroom.manage", None),
    )
    return {
        "me": {
            "name": visit.person.name,
            "initials": text.initials(visit.person.name),
            "id": visit.person.id,
            "public_id": visit.person.public_id,
            "zone": visit.person.present_zone,
        },
        "nav": [
            Entry(url_for(endpoint), label, key, request.endpoint == endpoint, count)
            for endpoint, label, key, may, count in entries
            if could(visit.actor, may)
        ],
        "clocks": [
            {"time": clock.hhmm(visit.now, zone), "place": clock.place_of(zone), "zone": zone} for zone in zones
        ],
        "captured": visit.settings.smtp_url is None,
        "unread": counts.unread,
    }
