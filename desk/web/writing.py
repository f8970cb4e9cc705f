"""Writing copy: a page without script that takes text over a bad line and never loses any."""

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from desk import typed
from desk.drafts import queries as drafts
from desk.drafts import rules
from desk.drafts.rules import Copy
from desk.errors import Invalid, NotNow
from desk.http.answers import keeping, see
from desk.http.context import actor, db, now
from desk.http.cookies import flash
from desk.http.forms import Form, listed, sentence, text
from desk.http.routing import Pages
from desk.newsroom import copydesk
from desk.newsroom.keeping import Kept
from desk.people import queries as people
from desk.people.models import Desk
from desk.stories import workflow

pages = Pages("writing", __name__)


@pages.read("/stories/<public_id>/write", may="copy.write")
def page(public_id: str) -> str:
    """The filing page: headline, byline, places, copy, a note to the desk."""
    work = copydesk.writing(db(), actor(), public_id, request.values.get("assignment") or None)
    copy = work.copy
    form = Form(
        base_n=work.latest.n if work.latest else 0,
        assignment=request.args.get("assignment", ""),
        headline=copy.headline,
        abstract=copy.abstract,
        byline="\n".join(", ".join(part for part in (name, title) if part) for name, title, _ in copy.bylines),
        places=", ".join(copy.dateline_places),
        body=typed.html_to_paragraphs(copy.body_html),
        ednote=copy.ednote,
    )
    return _page(work, form)


@pages.act("/stories/<public_id>/write", may="copy.write", again="writing.page")
def save(public_id: str) -> Response | tuple[str, int]:
    """Save a version, or save and file; text typed over an older version is kept and shown beside the newer."""
    copy, base = _copy(public_id), _base()
    of = text("assignment") or None
    if request.form.get("do") == "file":
        filed = copydesk.file(db(), actor(), public_id, copy, base_n=base, now=now(), assignment=of)
        if isinstance(filed, copydesk.Stale | Kept):
            return _not_taken(public_id, filed, copy)
        return see("writing.filed", public_id=public_id, assignment=of, keep=text("keep") or None)
    saved = copydesk.save(db(), actor(), public_id, copy, base_n=base, now=now(), assignment=of)
    if isinstance(saved, copydesk.Stale | Kept):
        return _not_taken(public_id, saved, copy)
    n = saved.version.n if saved.version else None
    return see("writing.page", public_id=public_id, saved=n, assignment=of, keep=text("keep") or None)


@pages.read("/stories/<public_id>/filed", may="copy.write")
def filed(public_id: str) -> Response | str:
    """The desk has it: what was filed, and when. What was never filed is still to be written."""
    of, keep = request.args.get("assignment"), request.args.get("keep")
    work = copydesk.writing(db(), actor(), public_id, of)
    version = drafts.last_filed(db(), work.draft.id)
    if version is None:
        return see("writing.page", public_id=public_id, assignment=of, keep=keep)
    desk = db().get_one(Desk, work.story.desk_id)
    return render_template("writing/filed.html", work=work, version=version, desk=desk, keep=bool(keep))


@pages.read("/lost/<public_id>", may="copy.write")
def lost(public_id: str) -> str:
    """Text that could not be saved, to copy from."""
    lost, copy = copydesk.read_lost(db(), actor(), public_id)
    return render_template("writing/lost.html", lost=lost, copy=copy, body=typed.html_to_paragraphs(copy.body_html))


@pages.act("/lost/<public_id>/done", may="copy.write")
def done_with_lost(public_id: str) -> Response:
    """The text was taken over: it waits no longer."""
    copydesk.take_lost(db(), actor(), public_id, now())
    flash(_("That text is put away."))
    return see("mine.page")


def _page(work: copydesk.Writing, form: Form) -> str:
    return render_template(
        "writing/page.html",
        work=work,
        form=form,
        desk=db().get_one(Desk, work.story.desk_id),
        agency=people.newsroom(db()).agency,
        saved=request.args.get("saved", type=int),
        keep=bool(request.values.get("keep")),
        closed=None if form.typed else _closed(work),  # what was typed and refused stays on the page
    )


def _closed(work: copydesk.Writing) -> str | None:
    """Why nothing that is typed into this copy could be saved now, and the way out; None where it can."""
    if not work.draft.is_main:
        return None
    try:
        workflow.saving(work.story.state, by_desk=True)
    except NotNow as error:
        return sentence(error)
    return None


def _not_taken(public_id: str, outcome: copydesk.Stale | Kept, copy: Copy) -> Response | tuple[str, int]:
    if isinstance(outcome, Kept):
        return keeping(outcome.refusal, url_for("writing.lost", public_id=outcome.lost))
    return _stale(public_id, outcome, copy)


def _stale(public_id: str, outcome: copydesk.Stale, copy: Copy) -> tuple[str, int]:
    """Somebody saved first: both texts, marked, and the form filled with what was typed, over the newer version."""
    work = copydesk.writing(db(), actor(), public_id, text("assignment") or None)
    changes = rules.compare(work.copy, rules.canonical(copy))
    author = people.people(db(), [outcome.latest.author_id or 0]).get(outcome.latest.author_id or 0)
    form = Form(**{**{name: request.form.get(name, "") for name in request.form}, "base_n": outcome.latest.n})
    return (
        render_template(
            "writing/stale.html",
            work=work,
            form=form,
            changes=changes,
            latest=outcome.latest,
            author=author,
            lost=outcome.lost,
            keep=bool(text("keep")),
            desk=db().get_one(Desk, work.story.desk_id),
        ),
        409,
    )


def _base() -> int:
    base = text("base_n")
    if not (base.isascii() and base.isdigit() and len(base) < 10):
        raise Invalid("This form does not say which version it began from. Open the page again.")
    return int(base)


def _copy(public_id: str) -> Copy:
    """The copy that was typed. A byline is a line: name, then title after a comma; ours are known by their name."""
    known = {person.name.casefold(): person.public_id for person in people.everybody(db())}
    lines = (line.partition(",") for line in request.form.get("byline", "").splitlines() if line.strip())
    bylines = tuple((name.strip(), title.strip(), known.get(name.strip().casefold())) for name, _c, title in lines)
    return Copy(
        headline=text("headline"),
        abstract=text("abstract"),
        bylines=bylines,
        dateline_places=tuple(listed("places")),
        body_html=typed.paragraphs_to_html(request.form.get("body", "")),
        ednote=text("ednote"),
    )
