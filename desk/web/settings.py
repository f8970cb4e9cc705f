"""The newsroom's settings: the agency, and its desks."""

from flask import Response, render_template
from flask_babel import gettext as _

from desk import clock
from desk.http.answers import see
from desk.http.context import actor, db, now, visit
from desk.http.cookies import flash
from desk.http.forms import Form, text, whole
from desk.http.routing import Pages
from desk.newsroom import desks, history
from desk.people import asking, queries
from desk.republication.queries import has_licensees

pages = Pages("settings", __name__)


@pages.read("/settings", may="newsroom.manage")
def page() -> str:
    """The agency, and its desks."""
    row = queries.newsroom(db())
    form = Form(
        agency=row.agency,
        first_year=row.first_year,
        permission_sentence=row.permission_sentence,
        ask_mail=row.ask_mail or "",
        ask_phone=row.ask_phone or "",
        name="",
        zone=row.zone,
    )
    return render_template(
        "settings/page.html",
        form=form,
        desks=queries.desks(db(), closed=True),
        zones=clock.zones(),
        settings=visit().settings,
        missing=asking.missing(row) if has_licensees(db()) else [],
        ask=asking.whom_to_ask(row, visit().settings.mail_from),
    )


@pages.act("/settings", may="newsroom.manage", again="settings.page")
def change_newsroom() -> Response:
    """Change what stands under republished copy, and whom licensees ask."""
    desks.change_newsroom(
        db(),
        actor(),
        agency=text("agency"),
        first_year=whole("first_year", required=True),
        permission_sentence=text("permission_sentence"),
        ask_mail=text("ask_mail"),
        ask_phone=text("ask_phone"),
        now=now(),
    )
    flash(_("Saved."))
    return see("settings.page")


@pages.act("/desks", may="newsroom.manage", again="settings.page")
def add_desk() -> Response:
    """Make a desk."""
    desk = desks.add_desk(db(), actor(), name=text("name"), zone=text("zone"), now=now())
    place = clock.place_of(desk.zone)
    flash(_("%(name)s is made. Its deadlines are read by the clock of %(place)s.", name=desk.name, place=place))
    return see("board.page" if text("from") == "start" else "settings.page")


@pages.read("/desks/<public_id>", may="newsroom.manage")
def desk(public_id: str) -> str:
    """One desk: its name and clock, what is unfinished on it, whether it is open, what happened to it."""
    row = queries.desk(db(), public_id)
    return render_template(
        "settings/desk.html",
        form=Form(name=row.name, zone=row.zone),
        desk=row,
        unfinished=desks.unfinished(db(), row),
        record=history.of_desk(db(), row),
        zones=clock.zones(),
    )


@pages.act("/desks/<public_id>", may="newsroom.manage", again="settings.desk")
def change_desk(public_id: str) -> Response:
    """Rename a desk, or move its clock."""
    row = desks.change_desk(db(), actor(), public_id, name=text("name"), zone=text("zone"), now=now())
    flash(_("Saved: %(name)s, by the clock of %(place)s.", name=row.name, place=clock.place_of(row.zone)))
    return see("settings.page")


@pages.act("/desks/<public_id>/close", may="newsroom.manage", again="settings.desk")
def close_desk(public_id: str) -> Response:
    """Close a desk on which nothing is unfinished."""
    row = desks.close_desk(db(), actor(), public_id, now())
    flash(_("%(name)s is closed. Its stories are still found, and it can be opened again.", name=row.name))
    return see("settings.page")


@pages.act("/desks/<public_id>/reopen", may="newsroom.manage", again="settings.desk")
def reopen_desk(public_id: str) -> Response:
    """Open a closed desk again."""
    row = desks.reopen_desk(db(), actor(), public_id, now())
    flash(_("%(name)s is open again, with the roles people had on it.", name=row.name))
    return see("settings.page")
