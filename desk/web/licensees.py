"""Licensees: who may run our copy, how they are told, and everything they were told."""

from flask import Response, render_template, request
from flask_babel import gettext as _

from desk.errors import Invalid
from desk.http.answers import see
from desk.http.context import actor, db, now, visit
from desk.http.cookies import flash
from desk.http.forms import Form, text, texts
from desk.http.routing import Pages
from desk.net import Resolved
from desk.newsroom import notifying, republishing
from desk.people import queries as people
from desk.republication import queries, service
from desk.revisions import Kind
from desk.web.choices import zone_names

pages = Pages("licensees", __name__)


@pages.read("/licensees", may="republication.read")
def page() -> str:
    """Every licensee, with their desks."""
    return render_template("licensees/page.html", licensees=republishing.licensees_page(db(), actor()))


@pages.read("/licensees/new", may="republication.manage")
def new() -> str:
    """Take a licensee on."""
    return _edit(Form(zone=people.newsroom(db()).zone, desks=[]), None)


def _resolved(public_id: str = "") -> Resolved | None:
    """Look the webhook's address up before the write transaction, for name servers can be slow."""
    return service.check_webhook(text("webhook"), private=visit().settings.private_addresses)


@pages.act("/licensees/new", may="republication.manage", again="licensees.new", prepare=_resolved)
def add() -> Response:
    """Add a licensee, with a standing grant for the desks that are ticked."""
    row = service.add_licensee(
        db(),
        actor(),
        name=text("name"),
        mail=text("mail"),
        contact=text("contact"),
        webhook=_webhook(),
        zone=text("zone"),
        now=now(),
    )
    if service.set_grants(db(), actor(), row.public_id, texts("desks"), now=now()):
        flash(_("%(name)s is taken on, and is told of every edition of the desks that are ticked.", name=row.name))
    else:
        flash(_("%(name)s is taken on. No desk is ticked: they are told of nothing yet.", name=row.name), "warn")
    return see("licensees.show", public_id=row.public_id)


def _revisions(**_address: str) -> set[tuple[Kind, int]]:
    return {("desk", desk.id) for desk in people.desks(db(), closed=True)}


@pages.read("/licensees/<public_id>", may="republication.read", live=_revisions)
def show(public_id: str) -> str:
    """One licensee: how they are told, every notice with what became of it, and what was done to the licensee."""
    only_silent = request.args.get("notices") == "silent"
    page = republishing.licensee_page(
        db(), actor(), public_id, before=request.args.get("before", ""), silent=only_silent
    )
    return render_template("licensees/show.html", page=page, only_silent=only_silent, form=Form())


@pages.read("/licensees/<public_id>/change", may="republication.manage")
def edit(public_id: str) -> str:
    """Change a licensee whose licence stands."""
    row = queries.standing(db(), public_id)
    granted = queries.desks_of(db(), [row.id])[row.id]
    form = Form(
        name=row.name,
        mail=row.mail,
        contact=row.contact,
        webhook=row.webhook,
        zone=row.zone,
        desks=[desk.public_id for desk in people.desks(db()) if desk.id in granted],
    )
    return _edit(form, public_id)


@pages.act("/licensees/<public_id>/change", may="republication.manage", again="licensees.edit", prepare=_resolved)
def change(public_id: str) -> Response:
    """Change a licensee and their grants."""
    service.change_licensee(
        db(),
        actor(),
        public_id,
        name=text("name"),
        mail=text("mail"),
        contact=text("contact"),
        webhook=_webhook(),
        zone=text("zone"),
        now=now(),
    )
    service.set_grants(db(), actor(), public_id, texts("desks"), now=now())
    flash(_("Saved."))
    return see("licensees.show", public_id=public_id)


@pages.act("/licensees/<public_id>/test", may="republication.manage", again="licensees.show")
def test(public_id: str) -> Response:
    """Send a test notice."""
    notifying.send_test(db(), actor(), public_id, now=now())
    captured = visit().settings.smtp_url is None
    flash(
        _("A test notice is made; its mail is captured, as no mail server is set. What becomes of it stands below.")
        if captured
        else _("A test notice is on its way. What becomes of it stands below, by itself.")
    )
    return see("licensees.show", public_id=public_id)


@pages.act("/licensees/<public_id>/switch-on", may="republication.manage", again="licensees.show")
def switch_on(public_id: str) -> Response:
    """Post to the webhook again."""
    row = service.switch_on(db(), actor(), public_id, now=now())
    flash(_("The webhook of %(name)s is on again: the next notice is posted there.", name=row.name))
    return see("licensees.show", public_id=public_id)


@pages.act("/licensees/<public_id>/secret", may="republication.manage", again="licensees.show")
def new_secret(public_id: str) -> Response:
    """Make a new secret for the webhook; the old one signs nothing from now on."""
    service.new_secret(db(), actor(), public_id, now=now())
    flash(_("A new secret is made. Notices are signed with it from now on: give it to them."), "warn")
    return see("licensees.show", public_id=public_id)


@pages.act("/licensees/<public_id>/end", may="republication.manage", again="licensees.show")
def end(public_id: str) -> Response:
    """End the licence."""
    service.end_licensee(db(), actor(), public_id, now=now())
    flash(_("The licence is ended. Corrections and kills of what they took still reach them."))
    return see("licensees.show", public_id=public_id)


@pages.act("/licensees/<public_id>/resume", may="republication.manage", again="licensees.show")
def resume(public_id: str) -> Response:
    """Take on again whose licence has ended; what they may run is ticked next."""
    row = service.resume_licensee(db(), actor(), public_id, now=now())
    flash(
        _(
            "%(name)s is taken on again. Tick the desks whose stories they may run: nothing is granted yet.",
            name=row.name,
        )
    )
    return see("licensees.edit", public_id=public_id)


def _webhook() -> Resolved | None:
    prepared = visit().prepared
    if prepared is not None and not isinstance(prepared, Resolved):
        raise Invalid("The webhook's address was not looked up. Send the form again.", field="webhook")
    return prepared


def _edit(form: Form, public_id: str | None) -> str:
    return render_template(
        "licensees/edit.html", form=form, public_id=public_id, desks=people.desks(db()), zones=zone_names()
    )
