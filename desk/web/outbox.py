"""What could not be handed over."""

from flask import Response, render_template
from flask_babel import gettext as _

from desk.http.answers import see
from desk.http.context import actor, db, now
from desk.http.cookies import flash
from desk.http.routing import Pages
from desk.newsroom import letters

pages = Pages("outbox", __name__)


@pages.read("/dead-letters", may="outbox.manage")
def page() -> str:
    """What could not be handed over or may not be repeated, with the cause and a way out."""
    return render_template("outbox/page.html", page=letters.read(db()))


@pages.act("/dead-letters/<public_id>/again", may="outbox.manage")
def send_again(public_id: str) -> Response:
    """Hand it over once more, with the same id and the same bytes."""
    letters.send_again(db(), actor(), public_id, now=now())
    flash(_("It is tried again now, with its first id: who has it already can drop the repeat."))
    return see("outbox.page")
