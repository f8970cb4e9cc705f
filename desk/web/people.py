"""People and their roles."""

from collections import defaultdict

from flask import Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from desk import clock
from desk.actor import Role
from desk.http.answers import see
from desk.http.context import actor, db, now
from desk.http.cookies import flash
from desk.http.forms import Form, text, ticked
from desk.http.phrases import night
from desk.http.routing import Pages
from desk.newsroom import crew as newsroom_crew
from desk.newsroom import staffing
from desk.people import queries
from desk.people.models import Desk, Membership

pages = Pages("people", __name__)


@pages.read("/people", may="people.read")
def page() -> str:
    """Everybody: where they are, what time it is there, what they do on which desk."""
    crew = newsroom_crew.crew(db(), disabled=True)
    groups = newsroom_crew.by_desk(crew, queries.desks(db()))
    nights = sum(night(one.person.present_zone) for one in crew)
    return render_template("people/page.html", crew=crew, groups=groups, nights=nights)


@pages.read("/people/new", may="people.manage")
def new() -> str:
    """Ask somebody in."""
    form = Form(name="", email="", title="", zone=queries.newsroom(db()).zone, roles=[], is_admin="")
    return render_template("people/edit.html", form=form, person=None, desks=queries.desks(db()), zones=clock.zones())


@pages.act("/people/new", may="people.manage", again="people.new")
def invite() -> Response:
    """Invite a person: a link that works once is mailed to them."""
    person, _secret = staffing.invite(
        db(),
        actor(),
        name=text("name"),
        email=text("email"),
        title=text("title"),
        zone=text("zone"),
        is_admin=ticked("is_admin"),
        roles=_typed_roles(),
        now=now(),
    )
    flash(_("%(name)s is asked in: a link that works once goes to %(email)s.", name=person.name, email=person.email))
    return see("people.page")


@pages.read("/people/<public_id>", may="people.manage")
def edit(public_id: str) -> str:
    """One person: name, address, zone, roles."""
    person = queries.person(db(), public_id)
    held = [f"{desk.public_id}:{role}" for desk, role in _roles()[person.id]]
    form = Form(
        name=person.name,
        email=person.email,
        title=person.title,
        zone=person.home_zone,
        roles=held,
        is_admin="1" if person.is_admin else "",
    )
    return render_template("people/edit.html", form=form, person=person, desks=queries.desks(db()), zones=clock.zones())


@pages.act("/people/<public_id>", may="people.manage", again="people.edit")
def change(public_id: str) -> Response:
    """Change a person."""
    person = staffing.change_person(
        db(),
        actor(),
        public_id,
        name=text("name"),
        title=text("title"),
        email=text("email"),
        zone=text("zone"),
        is_admin=ticked("is_admin"),
        roles=_typed_roles(),
        now=now(),
    )
    flash(_("Saved: %(name)s.", name=person.name))
    return see("people.page")


@pages.act("/people/<public_id>/invite", may="people.manage")
def invite_again(public_id: str) -> Response:
    """Mail a fresh link."""
    staffing.invite_again(db(), actor(), public_id, now())
    flash(_("A new link is on its way. The old one works no more."))
    return see("people.edit", public_id=public_id)


@pages.act("/people/<public_id>/disable", may="people.manage", again="people.edit")
def disable(public_id: str) -> Response:
    """Shut a person out."""
    person = staffing.disable(db(), actor(), public_id, now())
    flash(_("%(name)s is shut out. Editors of what they leave open are told.", name=person.name))
    return see("people.page")


@pages.act("/people/<public_id>/enable", may="people.manage")
def enable(public_id: str) -> Response:
    """Let a person in again."""
    person = staffing.enable(db(), actor(), public_id, now())
    flash(_("%(name)s can come in again.", name=person.name))
    return see("people.page")


def _roles() -> dict[int, list[tuple[Desk, str]]]:
    desks = {desk.id: desk for desk in queries.desks(db())}
    found: dict[int, list[tuple[Desk, str]]] = defaultdict(list)
    for row in db().scalars(select(Membership).order_by(Membership.desk_id, Membership.role)):
        if row.desk_id in desks:
            found[row.person_id].append((desks[row.desk_id], row.role))
    return found


def _typed_roles() -> list[tuple[str, Role]]:
    known: dict[str, Role] = {"editor": "editor", "approver": "approver", "correspondent": "correspondent"}
    pairs = (value.partition(":") for value in request.form.getlist("roles"))
    return [(desk, known[role]) for desk, _colon, role in pairs if role in known]
