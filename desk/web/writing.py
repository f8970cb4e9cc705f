"""Writing copy: a page without script that takes text over a bad line and never loses any."""

from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from desk import typed
from desk.drafts import queries as drafts
from desk.drafts import rules
from desk.drafts.rules import Copy
from desk.errors import Invalid, NotNow
from desk.http import answers
from desk.http.answers import see
from desk.http.context import actor, db, me, now
from desk.http.cookies import flash
from desk.http.forms import Form, listed, sentence, text
from desk.http.phrases import open_words
from desk.http.routing import Pages
from desk.http.words import stamp
from desk.newsroom import copydesk, keeping, presence
from desk.newsroom.keeping import Kept
from desk.people import queries as people
from desk.people.models import Desk
from desk.stories import workflow

pages = Pages("writing", __name__)
TYPED = ("assignment", "headline", "abstract", "byline", "places", "body", "ednote")


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
    copy, base, of = _copy(public_id), _base(), text("assignment") or None
    act = copydesk.file if request.form.get("do") == "file" else copydesk.save
    done = act(db(), actor(), public_id, copy, base_n=base, now=now(), assignment=of)
    if isinstance(done, copydesk.Stale | Kept):
        return _not_taken(public_id, done, copy)
    if isinstance(done, copydesk.Filed):
        return _filed(public_id, of, done)
    return _saved(public_id, of, done)


@pages.act("/stories/<public_id>/write/here", may="copy.write")
def here(public_id: str) -> Response:
    """An open page says that it is open; the answer, plain text, says who else has this copy open."""
    others = presence.here(db(), actor(), public_id, now=now(), assignment=text("assignment") or None)
    return Response(open_words(others), mimetype="text/plain")


@pages.act("/stories/<public_id>/write/gone", may="copy.write")
def gone(public_id: str) -> Response:
    """An open page says that it is left."""
    presence.gone(db(), actor(), public_id, assignment=text("assignment") or None)
    return Response(status=204)


@pages.read("/stories/<public_id>/filed", may="copy.write")
def filed(public_id: str) -> Response | str:
    """The desk has it: what was filed, and when. What was never filed is still to be written."""
    of, keep = request.args.get("assignment"), request.args.get("keep")
    work = copydesk.writing(db(), actor(), public_id, of)
    version = drafts.last_filed(db(), work.draft.id)
    if version is None:
        return see("writing.page", public_id=public_id, assignment=of, keep=keep)
    return render_template(
        "writing/filed.html",
        work=work,
        version=version,
        bylines=drafts.bylines(db(), [version.id])[version.id],
        desk=db().get_one(Desk, work.story.desk_id),
        keep=bool(keep),
    )


@pages.read("/lost/<public_id>", may="copy.write")
def lost(public_id: str) -> str:
    """Text that could not be saved, to copy from."""
    kept = keeping.read(db(), actor(), public_id)
    return render_template("writing/lost.html", kept=kept, body=typed.html_to_paragraphs(kept.copy.body_html))


@pages.act("/lost/<public_id>/done", may="copy.write")
def done_with_lost(public_id: str) -> Response:
    """Its writer is done with it: it waits no longer."""
    keeping.done(db(), actor(), public_id, now())
    flash(_("That text is put away."))
    return see("mine.page")


def _saved(public_id: str, of: str | None, done: copydesk.Saved | copydesk.Unchanged) -> Response:
    """On: for the desk to the text as it reads now, unless it goes on writing; for whoever has the assignment, here."""
    on = not done.by_desk or text("do") == "go_on" or done.version is None
    saved = done.version.n if isinstance(done, copydesk.Saved) else None
    if saved and not on:
        flash(_("Saved as version %(n)s.", n=saved))
    elif isinstance(done, copydesk.Unchanged) and done.version is not None:
        flash(_stands(done.version.n, newer=done.newer))
    _say_ended(done.ended if isinstance(done, copydesk.Saved) else None)
    if not on:
        return _to_the_text(public_id, of)
    return see("writing.page", public_id=public_id, saved=saved, assignment=of, keep=text("keep") or None)


def _stands(n: int, *, newer: bool) -> str:
    """Why a save made no version."""
    if newer:
        return str(_("You had typed nothing here. Version %(n)s was saved meanwhile, and stands.", n=n))
    return str(_("It stands already, as version %(n)s: nothing was changed.", n=n))


def _say_ended(ended: copydesk.Ended | None) -> None:
    """What a new version ended, said where its writer reads on."""
    if ended is None:
        return
    names = ", ".join(ended.approvers) or _("nobody")
    if ended.off is None:
        flash(_("That ended the approval by %(names)s: it has to be approved again.", names=names), "warn")
    else:
        said = _(
            "That ended the approval by %(names)s and took it off the schedule: it does not go out %(time)s.",
            names=names,
            time=stamp(ended.off, me().present_zone),
        )
        flash(said, "warn")


def _to_the_text(public_id: str, of: str | None) -> Response:
    return see("stories.further_text", public_id=of) if of else see("stories.page", public_id=public_id)


def _filed(public_id: str, of: str | None, done: copydesk.Filed) -> Response:
    """On: for whoever had the assignment to what they need know, for the desk to where it goes on."""
    _say_ended(done.ended)
    if not done.by_desk:
        return see("writing.filed", public_id=public_id, assignment=of, keep=text("keep") or None)
    flash(_("Filed as version %(n)s.", n=done.version.n))
    if not drafts.bylines(db(), [done.version.id])[done.version.id]:
        flash(_("It has no byline. If somebody is to be named, write the name in and save it."), "warn")
    return _to_the_text(public_id, of)


def _page(work: copydesk.Writing, form: Form) -> str:
    return _shown(
        "writing/desk.html" if work.by_desk else "writing/page.html",
        work,
        form,
        saved=request.args.get("saved", type=int),
        closed=None if form.typed else _closed(work),  # what was typed and refused stays on the page
    )


def _shown(template: str, work: copydesk.Writing, form: Form, **more: Any) -> str:
    return render_template(
        template,
        work=work,
        form=form,
        desk=db().get_one(Desk, work.story.desk_id),
        agency=people.newsroom(db()).agency,
        author=people.people(db(), [work.latest.author_id or 0]).get(work.latest.author_id or 0)
        if work.latest
        else None,
        others=presence.others(db(), actor(), work.draft.id, now()),
        keep=bool(request.values.get("keep")),
        **more,
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
        return answers.keeping(outcome.refusal, url_for("writing.lost", public_id=outcome.lost))
    return _stale(public_id, outcome, copy)


def _stale(public_id: str, outcome: copydesk.Stale, copy: Copy) -> tuple[str, int]:
    """Somebody saved first: both texts, marked, and the form filled with what was typed, over the newer version."""
    work = copydesk.writing(db(), actor(), public_id, text("assignment") or None)
    changes = rules.compare(work.copy, rules.canonical(copy))
    given: dict[str, Any] = {name: request.form.get(name, "") for name in TYPED}
    form = Form(base_n=outcome.latest.n, **given)
    own = outcome.latest.author_id == actor().person_id
    return _shown("writing/stale.html", work, form, changes=changes, lost=outcome.lost, own=own), 409


def _base() -> int:
    base = text("base_n")
    if not (base.isascii() and base.isdigit() and len(base) < 10):
        raise Invalid("This form does not say which version it began from. Open the page again.")
    return int(base)


def _copy(public_id: str) -> Copy:
    """The copy that was typed. A byline is a line: name, then title after a comma; ours are known by their name."""
    known = {person.name.casefold(): person.public_id for person in people.everybody(db())}
    typed_lines = request.form.get("byline", "").replace("،", ",").splitlines()
    lines = (line.partition(",") for line in typed_lines if line.strip())
    bylines = tuple((name.strip(), title.strip(), known.get(name.strip().casefold())) for name, _c, title in lines)
    return Copy(
        headline=text("headline"),
        abstract=text("abstract"),
        bylines=bylines,
        dateline_places=tuple(listed("places")),
        body_html=typed.paragraphs_to_html(request.form.get("body", "")),
        ednote=text("ednote"),
    )
