"""The board: every story of the desks by its deadline, and what waits for me."""

from flask import Response, render_template, request

from desk.http.answers import see
from desk.http.context import actor, db, me, now
from desk.http.routing import Pages
from desk.newsroom import board
from desk.newsroom.beginning import beginning
from desk.people import queries
from desk.permissions import could
from desk.revisions import Kind

pages = Pages("board", __name__)


def _revisions() -> set[tuple[Kind, int]]:
    return {("desk", desk.id) for desk in queries.desks(db(), closed=True)} | {("wire", 0)}


@pages.read("/", may="self", live=_revisions)
def page() -> str | Response:
    """The board of one desk, or of all; correspondents without a desk's view are shown their own work."""
    if not could(actor(), "board.read"):
        return see("mine.page")
    view = board.page(db(), actor(), me(), desk=request.args.get("desk"), view=request.args.get("view"), now=now())
    if actor().is_admin and view.empty and (start := beginning(db())):
        return render_template("board/start.html", start=start, can_make=view.can_make)
    return render_template("board/page.html", board=view, agency=queries.newsroom(db()).agency)


@pages.read("/waiting", may="board.read", live=_revisions)
def waiting() -> str:
    """What waits for me, in the order in which to act."""
    todos = board.waiting(db(), actor(), now())
    return render_template("board/waiting.html", todos=todos, agency=queries.newsroom(db()).agency)
