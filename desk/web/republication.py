"""The republication page of a story, and the receipt that a licensee gives."""

from flask import Response, render_template

from desk.http.answers import see
from desk.http.context import actor, db, now
from desk.http.forms import Form, text
from desk.http.routing import Pages
from desk.newsroom import notifying, republishing
from desk.people import queries as people
from desk.republication import page as text_page

pages = Pages("republication", __name__)


@pages.read("/stories/<public_id>/republish", may="story.find")
def page(public_id: str) -> str:
    """The edition that is out, as it is to be printed: clean HTML and plain text to copy."""
    view = republishing.republication_page(db(), actor(), public_id)
    return render_template(
        "republication/page.html", page=view, html=text_page.html(view.text), plain=text_page.plain(view.text)
    )


@pages.read("/stories/<public_id>/republish.txt", may="story.find")
def plain(public_id: str) -> Response:
    """The same as plain text alone."""
    view = republishing.republication_page(db(), actor(), public_id)
    return Response(text_page.plain(view.text), mimetype="text/plain")


@pages.read("/receipts/<token>", may="public")
def receipt(token: str) -> str:
    """A receipt link: opening it changes nothing."""
    found = notifying.receipt(db(), token)
    return render_template(
        "republication/receipt.html", receipt=found, token=token, agency=people.newsroom(db()).agency, form=Form()
    )


@pages.act("/receipts/<token>", may="public", again="republication.receipt")
def acknowledge(token: str) -> Response:
    """Acknowledge the notice."""
    notifying.acknowledge(db(), token, text("name"), now=now())
    return see("republication.receipt", token=token)
