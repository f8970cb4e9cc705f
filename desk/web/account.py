"""One's own account: where I am, my password, my sessions, my messages."""

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _

from desk import clock
from desk.errors import Invalid
from desk.http import cookies
from desk.http.answers import refused, see
from desk.http.context import actor, db, me, now, visit
from desk.http.forms import Form, text
from desk.http.routing import Pages
from desk.http.transactions import beforehand
from desk.http.trying import try_password
from desk.links import Links
from desk.newsroom import entering, history, staffing
from desk.outbox import queries as outbox_queries
from desk.outbox import service as outbox
from desk.outbox.models import Message
from desk.people import signing
from desk.revisions import Kind

pages = Pages("account", __name__)


def _mine() -> set[tuple[Kind, int]]:
    return {("person", actor().id)}


@pages.read("/me", may="self")
def page() -> str:
    """Where I am, how I am reached, from where I am signed in, and what happened to my account."""
    return render_template(
        "account/page.html",
        form=Form(name=me().name, title=me().title, present_zone=me().present_zone, home_zone=me().home_zone),
        person=me(),
        sessions=signing.sessions_of(db(), actor().id, now()),
        here=visit().session_sha,
        record=history.of_person(db(), me(), limit=8),
        zones=clock.zones(),
    )


@pages.act("/me", may="self", again="account.page")
def change() -> Response:
    """Change my name, my title, and where I am."""
    staffing.change_self(
        db(),
        actor(),
        name=text("name"),
        title=text("title"),
        present_zone=text("present_zone"),
        home_zone=text("home_zone"),
        now=now(),
    )
    place = clock.place_of(me().present_zone)
    cookies.flash(_("Saved. Times are shown to you by the clock of %(place)s.", place=place))
    return see("account.page")


def _try_password() -> tuple[str, int] | None:
    """The new password hashed, and the try to take back, if the old one is right."""
    tried = try_password(me().email, request.form.get("old", ""))
    if tried.person_id is None:
        return None
    try:
        return signing.hash_password(request.form.get("password", "")), tried.attempt
    except Invalid:
        beforehand(lambda session: signing.take_back(session, tried.attempt))
        raise


@pages.act("/me/password", may="self", again="account.page", prepare=_try_password)
def set_password() -> Response:
    """Set a new password; every session ends, and this browser begins a new one. A wrong old one stays counted."""
    prepared = visit().prepared
    if not isinstance(prepared, tuple):
        wrong = visit().problem = Invalid("That is not your present password.", field="old")
        return refused(make_response(page()), wrong)
    hashed, attempt = prepared
    signing.take_back(db(), attempt)
    entering.change_password(db(), actor(), hashed, now())
    begun = signing.begin(
        db(),
        actor().id,
        agent=request.headers.get("User-Agent", ""),
        address=request.remote_addr or "",
        now=now(),
    )
    cookies.flash(_("Your password is changed. Everywhere else you are signed out, and a mail tells you of it."))
    response = see("account.page")
    cookies.begin_session(response, begun)
    return response


@pages.act("/me/sessions/end-all", may="self", again="account.page")
def end_all() -> Response:
    """End all my sessions but this one."""
    signing.end_all(db(), actor().id, but=visit().session_sha)
    cookies.flash(_("You are signed out everywhere but here."))
    return see("account.page")


@pages.act("/me/sessions/<public_id>/end", may="self", again="account.page")
def end_one(public_id: str) -> Response:
    """End one of my sessions."""
    signing.end_one(db(), actor().id, public_id)
    cookies.flash(_("That session has ended."))
    return see("account.page")


@pages.read("/bell", may="self", live=_mine)
def bell() -> str:
    """My messages, newest first: those I have not seen, then the others."""
    mine = [(one, _leads_to(one)) for one in outbox_queries.messages_of(db(), actor().id)]
    return render_template(
        "account/bell.html",
        unseen=[pair for pair in mine if pair[0].seen_at is None],
        earlier=[pair for pair in mine if pair[0].seen_at is not None],
    )


@pages.act("/bell/seen", may="self", again="account.bell")
def seen() -> Response:
    """Mark my messages as seen, up to the newest that stood on the page: what came since was not."""
    mine = [one.public_id for one in outbox_queries.messages_of(db(), actor().id, limit=1000)]
    newest = text("newest")
    outbox.seen(db(), actor(), mine[mine.index(newest) :] if newest in mine else mine, now=now())
    return see("account.bell")


# where a message of a kind leads, as its mail does: a page of `desk.links`, and the fact that says which thing
LEADS: dict[str, tuple[str, str]] = {
    "offer": ("offer", "offer"),
    "answered": ("assignment", "assignment"),
    "said": ("assignment", "assignment"),
    "deadline_moved": ("assignment", "assignment"),
    "reminder": ("assignment", "assignment"),
    "work_left": ("assignment", "assignment"),
    "story_changed": ("assignment", "assignment"),
    "webhook_failing": ("licensee", "licensee"),
    "webhook_off": ("licensee", "licensee"),
    "wire_changed": ("wire", "item"),
    "returned": ("write", "story"),
    "assignment_ended": ("mine", ""),
    "offer_lapsed": ("mine", ""),
}


def _leads_to(message: Message) -> str | None:
    page_name, fact = LEADS.get(message.kind, ("story", "story"))
    if message.kind == "returned" and "n" not in message.facts:  # no version of the main copy, but an assignment
        page_name = fact = "assignment"
    if message.kind == "filed" and message.facts.get("text"):  # what is not the main copy has a page of its own
        page_name = fact = "text"
    if message.kind == "password_changed":
        return url_for("account.page")
    thing = str(message.facts.get(fact, ""))
    return Links("").to(page_name, thing) if thing or not fact else None
