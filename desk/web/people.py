"""People and their roles."""

from collections import defaultdict

from flask import Response, render_template, request
from sqlalchemy import select

from desk import clock
from desk.actor import Role
from desk.http.answers import see
from desk.http.context import actor, db, now
from desk.http.forms import Form, text, ticked
from desk.http.routing import Pages
from desk.newsroom import staffing
from desk.people import queries
from desk.people.models import Desk, Membership

pages = Pages("people", __name__)


@pages.read("/people", may="people.read")
def page() -> str:
    """Everybody: where they are, what time it is there, what they do on which desk."""
    everybody = queries.everybody(db(), disabled=True)
    return render_template("people/page.html", people=everybody, roles=_roles(), desks=queries.desks(db()))


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
    return see("people.edit", public_id=person.public_id)


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
    staffing.change_person(
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
    return see("people.page")


@pages.act("/people/<public_id>/invite", may="people.manage")
def invite_again(public_id: str) -> Response:
    """Mail a fresh link."""
    staffing.invite_again(db(), actor(), public_id, now())
    return see("people.edit", public_id=public_id)


@pages.act("/people/<public_id>/disable", may="people.manage", again="people.edit")
def disable(public_id: str) -> Response:
    """Shut a person out."""
    staffing.disable(db(), actor(), public_id, now())
    return see("people.page")


@pages.act("/people/<public_id>/enable", may="people.manage")
def enable(public_id: str) -> Response:
    """Let a person in again."""
    staffing.enable(db(), actor(), public_id, now())
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
