"""A correspondent's own page: what is offered to me and what I have, in my own time. No script, and light."""

from flask import Response, render_template
from flask_babel import gettext as _

from desk import clock
from desk.http.answers import see
from desk.http.context import actor, db, me, now
from desk.http.cookies import flash
from desk.http.forms import text
from desk.http.routing import Pages
from desk.newsroom import jobs, keeping, staffing

pages = Pages("mine", __name__)


@pages.read("/mine", may="self")
def page() -> str:
    """What is offered to me and what I have, in my own time. No script, and light."""
    return render_template("mine/page.html", jobs=jobs.mine(db(), actor()), lost=keeping.waiting(db(), actor()))


@pages.act("/me/place", may="self", again="mine.page")
def move() -> Response:
    """I am somewhere else: one field, and every time is shown there."""
    staffing.change_self(
        db(), actor(), name=me().name, title=me().title, present_zone=text("zone"), home_zone=me().home_zone, now=now()
    )
    flash(_("All times are shown by the clock of %(place)s now.", place=clock.place_of(me().present_zone)))
    return see("mine.page")
