"""Captured mail: what would have gone out, had a mail server been set."""

from flask import render_template

from desk.http.context import actor, db
from desk.http.routing import Pages
from desk.outbox import queries

pages = Pages("mail", __name__)


@pages.read("/mail", may="mail.read")
def page() -> str:
    """Captured mail by story. Mail that lets somebody in is shown to administrators only."""
    return render_template("mail/page.html", threads=queries.captured(db(), bearers=actor().is_admin))


@pages.read("/mail/<public_id>", may="mail.read")
def one(public_id: str) -> str:
    """One captured mail as it would have gone out."""
    return render_template("mail/one.html", mail=queries.captured_mail(db(), public_id, bearers=actor().is_admin))
