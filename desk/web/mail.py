"""Captured mail: what would have gone out, had a mail server been set."""

from flask import render_template, request

from desk.http.context import actor, db
from desk.http.routing import Pages
from desk.outbox import queries
from desk.people import queries as people
from desk.republication import queries as republication

pages = Pages("mail", __name__)


@pages.read("/mail", may="mail.read")
def page() -> str:
    """Captured mail, newest first, all or that to one reader. What lets somebody in is shown to administrators only."""
    readers = people.everybody(db(), disabled=True), republication.licensees(db())
    asked = request.args.get("to", "")
    person = next((("person", one.id) for one in readers[0] if one.public_id == asked), None)
    to = person or next((("licensee", one.id) for one in readers[1] if one.public_id == asked), None)
    captured = queries.captured(db(), bearers=actor().is_admin, to=to, before=request.args.get("before", ""))
    return render_template(
        "mail/page.html", page=captured, wanted=asked if to else "", readers=[*readers[0], *readers[1]]
    )


@pages.read("/mail/<public_id>", may="mail.read")
def one(public_id: str) -> str:
    """One captured mail as it would have gone out."""
    return render_template("mail/one.html", mail=queries.captured_mail(db(), public_id, bearers=actor().is_admin))
