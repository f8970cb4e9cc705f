"""People and their roles."""

from flask import Response, render_template, request
from flask_babel import gettext as _

from desk import clock
from desk.actor import Role
from desk.http.answers import see
from desk.http.context import actor, db, me, now, problem
from desk.http.cookies import flash
from desk.http.forms import Form, text, ticked
from desk.http.phrases import night
from desk.http.routing import Pages
from desk.newsroom import crew as newsroom_crew
from desk.newsroom import history, staffing
from desk.people import queries
from desk.permissions import permits

pages = Pages("people", __name__)


@pages.read("/people", may="people.read")
def page() -> str:
    """Everybody: where they are, what time it is there, who is awake, what they do on which desk."""
    everybody = newsroom_crew.crew(db(), actor(), disabled=permits(actor(), "people.manage"))
    crew = [one for one in everybody if one.person.disabled_at is None]
    return render_template(
        "people/page.html",
        crew=crew,
        groups=newsroom_crew.by_desk(crew, queries.desks(db())),
        gone=[one for one in everybody if one.person.disabled_at is not None],
        nights=sum(night(one.person.present_zone) for one in crew),
        day=newsroom_crew.Day(me().present_zone, now()),
    )


@pages.read("/people/new", may="people.manage")
def new() -> str:
    """Ask somebody in."""
    form = Form(name="", email="", title="", zone=queries.newsroom(db()).zone, roles=[], is_admin="")
    return render_template(
        "people/edit.html",
        form=form,
        person=None,
        held=form.all("roles"),
        is_admin=form["is_admin"],
        desks=queries.desks(db()),
        zones=clock.zones(),
    )


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
    """One person: name, address, zone, roles, the link that waits for them, and what happened."""
    person = queries.person(db(), public_id)
    held, is_admin = _ticks(person.id, is_admin=person.is_admin)
    return render_template(
        "people/edit.html",
        form=Form(name=person.name, email=person.email, title=person.title, zone=person.home_zone),
        person=person,
        held=held,
        is_admin="1" if is_admin else "",
        link=queries.open_link(db(), person.id),
        record=history.of_person(db(), person),
        desks=queries.desks(db()),
        zones=clock.zones(),
    )


@pages.act("/people/<public_id>", may="people.manage", again="people.edit")
def change(public_id: str) -> Response:
    """Change a person."""
    old = queries.person(db(), public_id).email
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
    if person.email != old:
        flash(_("%(old)s is told that mail comes there no longer, and links sent there have ended.", old=old))
    return see("people.page")


@pages.act("/people/<public_id>/invite", may="people.manage", again="people.edit")
def invite_again(public_id: str) -> Response:
    """Mail a fresh link."""
    staffing.invite_again(db(), actor(), public_id, now())
    flash(_("A new link is on its way. The old one works no more."))
    return see("people.edit", public_id=public_id)


@pages.act("/people/<public_id>/disable", may="people.manage", again="people.edit")
def disable(public_id: str) -> Response:
    """Shut a person out."""
    person = staffing.disable(db(), actor(), public_id, now())
    if left := newsroom_crew.left_by(db(), person):
        flash(_("%(name)s is shut out. The editors of what they had are told.", name=person.name))
        flash(_("Nobody has it now: %(slugs)s. It stands under “Nobody on it” on the board.", slugs=", ".join(left)))
    else:
        flash(_("%(name)s is shut out. They had nothing to file.", name=person.name))
    return see("people.page")


@pages.act("/people/<public_id>/enable", may="people.manage", again="people.edit")
def enable(public_id: str) -> Response:
    """Let a person in again."""
    person = staffing.enable(db(), actor(), public_id, now())
    if person.password:
        flash(_("%(name)s can come in again, by their old password or a new link.", name=person.name))
    else:
        flash(_("%(name)s is invited anew: a link goes to %(email)s.", name=person.name, email=person.email))
    return see("people.edit", public_id=public_id)


def _ticks(person_id: int, *, is_admin: bool) -> tuple[list[str], bool]:
    """Which boxes are ticked: as they were sent if the form itself is given back, else as things stand.

    A box that was unticked is not in what was sent, and the buttons below the form send none at all.
    """
    if problem() is not None and "name" in request.form:
        return request.form.getlist("roles"), ticked("is_admin")
    return [f"{desk.public_id}:{role}" for desk, role in queries.roles_of(db(), person_id)], is_admin


def _typed_roles() -> list[tuple[str, Role]]:
    known: dict[str, Role] = {"editor": "editor", "approver": "approver", "correspondent": "correspondent"}
    pairs = (value.partition(":") for value in request.form.getlist("roles"))
    return [(desk, known[role]) for desk, _colon, role in pairs if role in known]
