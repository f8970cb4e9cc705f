"""The door: signing in and out, one-time links, a forgotten password."""

import ipaddress

from flask import Response, make_response, redirect, render_template, request

from desk.errors import DeskError, Invalid, NotFound, NotNow
from desk.http import cookies, sent
from desk.http.answers import refused, see, still_held, waiting
from desk.http.context import db, now, visit
from desk.http.forms import Form, sentence, text
from desk.http.routing import Pages
from desk.http.trying import Tried, address_of, counted, try_password
from desk.newsroom import entering
from desk.people import queries, signing
from desk.people.models import Link

pages = Pages("door", __name__)


def _try() -> Tried:
    return try_password(text("email"), request.form.get("password", ""))


def _count_link() -> int:
    return counted(text("email"), door="link")


@pages.read("/sign-in", may="public")
def sign_in() -> Response | str:
    """The door; with the copy that was held at it, if there is some."""
    if visit().problem and _local(text("held_action")):
        return still_held(text("held_action"))
    return render_template("door/sign_in.html", form=Form(email="", next=request.args.get("next", "")))


@pages.act("/sign-in", may="public", again="door.sign_in", prepare=_try)
def enter() -> Response:
    """Sign in with a password. A failure stays counted and says nothing of which part was wrong."""
    tried = visit().prepared
    if not isinstance(tried, Tried) or tried.person_id is None:
        wrong = Invalid("That address and password do not fit together. Try again, or ask for a link by mail.")
        visit().problem = wrong
        return refused(make_response(sign_in()), wrong)
    signing.take_back(db(), tried.attempt)
    return _begin(tried.person_id, text("next"))


@pages.act("/sign-out", may="public")
def sign_out() -> Response:
    """End this session."""
    sha = visit().session_sha
    if sha:
        signing.end(db(), sha)
    response = see("door.sign_in")
    cookies.end_session(response)
    return response


@pages.read("/forgotten", may="public")
def forgotten() -> str:
    """Ask for a link to set a new password."""
    return render_template("door/forgotten.html", form=Form(email=request.args.get("email", "")))


@pages.act("/forgotten", may="public", again="door.forgotten", prepare=_count_link)
def mail_link() -> str:
    """Mail a link, if the address is known; the answer is the same if it is not."""
    entering.mail_reset_link(db(), text("email"), now())
    return render_template("door/link_sent.html", email=text("email"))


@pages.read("/come-in/<secret>", may="public")
def come_in(secret: str) -> Response | str:
    """A one-time link: opening it changes nothing, for mail scanners open links too. A dead one says how to go on."""
    try:
        link = _at_home(signing.look_at(db(), secret, now()))
    except (NotFound, NotNow) as error:
        return _dead(visit().problem or error)
    person = queries.people(db(), [link.person_id]).get(link.person_id) if link.person_id else None
    return render_template("door/come_in.html", purpose=link.purpose, person=person, secret=secret, form=Form())


@pages.act("/come-in/<secret>", may="public", again="door.come_in", prepare=lambda secret: _hash_for(secret))
def use_link(secret: str) -> Response:
    """Use the link up: set the password it asks for, or begin the session it stands for."""
    try:
        _at_home(signing.look_at(db(), secret, now()))
    except NotFound as error:
        return _dead(error)
    person_id = entering.use_link(
        db(), secret, hashed=_prepared_hash(), name=text("name"), email=text("email"), zone=text("zone"), now=now()
    )
    return _begin(person_id, "")


def _dead(error: DeskError) -> Response:
    return refused(make_response(render_template("door/dead_link.html", message=sentence(error))), error)


def _hash_for(secret: str) -> str | None:
    """Hash the password for a link that works and sets one, as hashing is slow. What is no link of ours is counted."""
    try:
        link = _at_home(signing.look_at(db(), secret, now()))
    except NotFound:
        counted(address_of(), door="secret")
        raise
    wanted = link.purpose != "signin" and "password" in request.form
    return signing.hash_password(request.form.get("password", "")) if wanted else None


def _prepared_hash() -> str | None:
    prepared = visit().prepared
    return prepared if isinstance(prepared, str) else None


def _begin(person_id: int, target: str) -> Response:
    """A new session in place of the one the browser had; held copy, if any, comes back to be sent again."""
    old = visit().session_sha
    if old:
        signing.end(db(), old)
    begun = signing.begin(db(), person_id, agent=request.headers.get("User-Agent", ""), address=address_of(), now=now())
    action = text("held_action")
    if _local(action):
        visit().session_sha, visit().actor = (
            signing.digest(begun.cookie),
            queries.actor_of(db(), queries.people(db(), [person_id])[person_id]),
        )
        response = make_response(render_template("door/send_again.html", action=action, given=sent.of(waiting())))
    else:
        response = make_response(redirect(target if _local(target) else "/", 303))
    cookies.begin_session(response, begun)
    return response


def _at_home(link: Link) -> Link:
    """The demo's sign-in links are printed for whoever sits at this machine: from elsewhere there are none."""
    if link.purpose == "signin" and queries.newsroom(db()).is_demo and not _is_loopback(address_of()):
        raise NotFound("The demo's links work on the machine that it runs on, and nowhere else.")
    return link


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _local(target: str) -> bool:
    """Whether this is a path of our own, and no way to another site; no header takes control characters."""
    return target.isprintable() and target.startswith("/") and not target.startswith(("//", "/\\"))
