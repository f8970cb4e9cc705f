"""Find stories."""

from datetime import date

from flask import render_template, request

from desk.errors import Invalid
from desk.http.context import actor, db, me
from desk.http.routing import Pages
from desk.newsroom import finding
from desk.people import queries
from desk.stories.models import STATES

pages = Pages("finding", __name__)


@pages.read("/find", may="story.find")
def page() -> str:
    """Stories by words, person, state, desk and date, newest first."""
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
    hits, more = finding.find(db(), actor(), wanted, page=number)
    return render_template(
        "finding/page.html",
        asked=asked,
        hits=hits,
        more=more,
        number=number,
        states=STATES,
        desks=queries.desks(db()),
        people=queries.everybody(db()),
    )


def _day(name: str, typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Invalid("%(typed)s is not a day: write it as 2026-11-24.", field=name, typed=typed) from None
