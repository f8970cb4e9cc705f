"""Find stories."""

from datetime import date

from flask import render_template, request

from desk.errors import Invalid
from desk.http.context import actor, db, me, now
from desk.http.routing import Pages
from desk.http.words import band_label
from desk.newsroom import finding
from desk.newsroom.bands import BANDS
from desk.people import queries
from desk.stories.models import STATES

pages = Pages("finding", __name__)


@pages.read("/find", may="story.find")
def page() -> str:
    """Stories by words, person, state, desk and date, newest first; for words alone, people and wire copy too."""
    asked = {name: request.args.get(name, "").strip() for name in ("q", "person", "state", "desk", "since", "until")}
    number = request.args.get("page", 1, type=int)
    wanted = finding.Wanted(
        words=asked["q"],
        person=asked["person"],
        state=asked["state"],
        desk=asked["desk"],
        since=_day("since", asked["since"]),
        until=_day("until", asked["until"]),
        zone=me().present_zone,
    )
    hits, more = finding.find(db(), actor(), wanted, now=now(), page=number)
    words = asked["q"] if number == 1 and not any(asked[name] for name in asked if name != "q") else ""
    return render_template(
        "finding/page.html",
        asked=asked,
        hits=hits,
        more=more,
        number=number,
        found_people=finding.people(db(), actor(), words),
        found_wire=finding.wire(db(), actor(), words),
        a_section=finding.A_SECTION,
        states=STATES,
        bands=[(band, band_label(band)) for band in BANDS if band not in STATES],
        nobody=finding.NOBODY,
        desks=queries.desks(db(), closed=True),
        people=queries.everybody(db()),
    )


def _day(name: str, typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Invalid("%(typed)s is not a day: write it as 2026-11-24.", field=name, typed=typed) from None
