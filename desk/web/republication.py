"""The republication page of a story, and the receipt that a licensee gives."""

from flask import Response, render_template

from desk.errors import NotFound
from desk.http.answers import see
from desk.http.context import actor, db, now, visit
from desk.http.forms import Form, text
from desk.http.routing import Pages
from desk.newsroom import notifying, republishing
from desk.people import asking
from desk.people import queries as people
from desk.republication import page as text_page
from desk.republication import rules

pages = Pages("republication", __name__)


@pages.read("/stories/<public_id>/republish", may="story.find")
def page(public_id: str) -> str:
    """The edition that is out, as it is to be printed: clean HTML and plain text to copy; of a killed one neither."""
    view = republishing.republication_page(db(), actor(), public_id)
    html, plain = (text_page.html(view.text), text_page.plain(view.text)) if view.text else (None, None)
    return render_template("republication/page.html", page=view, html=html, plain=plain, ask=_ask())


@pages.read("/stories/<public_id>/republish.txt", may="story.find")
def plain(public_id: str) -> Response:
    """The same as plain text alone."""
    copy = republishing.text_to_run(db(), actor(), public_id)
    return Response(text_page.plain(copy), mimetype="text/plain")


@pages.read("/receipts/<token>", may="public")
def receipt(token: str) -> Response:
    """A receipt link: opening it changes nothing."""
    shared = {"agency": people.newsroom(db()).agency, "ask": _ask()}
    try:
        found = notifying.receipt(db(), token)
    except NotFound:  # whoever stands here has no account, and a notice to act on
        return Response(render_template("republication/no_receipt.html", **shared), 404)
    told = "kill" if found.later is not None and found.later.cause == "kill" else found.cause
    telling = rules.TELLINGS[told]
    return Response(
        render_template(
            "republication/receipt.html", receipt=found, told=told, telling=telling, token=token, form=Form(), **shared
        )
    )


def _ask() -> asking.Ask:
    return asking.whom_to_ask(people.newsroom(db()), visit().settings.mail_from)


@pages.act("/receipts/<token>", may="public", again="republication.receipt")
def acknowledge(token: str) -> Response:
    """Acknowledge the notice."""
    notifying.acknowledge(db(), token, text("name"), now=now())
    return see("republication.receipt", token=token)
