"""Decisions on copy: approved, that withdrawn again, or returned with a note."""

from flask import Response
from flask_babel import gettext as _

from desk.http.answers import see
from desk.http.context import actor, db, now
from desk.http.cookies import flash
from desk.http.forms import text
from desk.http.routing import Pages
from desk.newsroom import approving

pages = Pages("approvals", __name__)


@pages.act("/stories/<public_id>/approve", may="copy.approve", again="stories.page")
def approve(public_id: str) -> Response:
    """Approve the version that was on the page; a newer one refuses."""
    approving.approve(db(), actor(), public_id, text("version"), text("note"), now())
    flash(_("Approved. It waits for an editor to publish it."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/withdraw-approval", may="copy.approve", again="stories.page")
def withdraw(public_id: str) -> Response:
    """Take one's own approval back, as long as nothing is out by it."""
    approving.withdraw(db(), actor(), public_id, text("version"), text("note"), now())
    flash(_("Your approval is withdrawn: it is at the desk again, and its editors are told."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/return", may="copy.approve", again="stories.page")
def send_back(public_id: str) -> Response:
    """Return it to its writer with a note."""
    approving.send_back(db(), actor(), public_id, text("version"), text("note"), now())
    flash(_("Returned. Whoever wrote it has your note."))
    return see("stories.page", public_id=public_id)
