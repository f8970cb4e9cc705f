"""Assignments and offers, from both sides: the desk gives them, a correspondent answers."""

from flask import Response, render_template, request
from flask_babel import gettext as _

from desk import clock
from desk.assignments import queries
from desk.assignments.models import Assignment
from desk.drafts import queries as drafts
from desk.errors import NotNow
from desk.http.answers import see
from desk.http.context import actor, db, me, now, problem
from desk.http.cookies import flash
from desk.http.forms import Form, text, texts, whole
from desk.http.moments import agreed_past, needed_moment, typed_moment
from desk.http.phrases import names
from desk.http.routing import Pages
from desk.http.sent import Sent, sent
from desk.http.words import stamp
from desk.newsroom import commissioning, crew, jobs, reading
from desk.people import queries as people
from desk.people.models import Desk
from desk.stories.models import Story
from desk.web.choices import zone_names
from desk.web.readback import due

pages = Pages("assignments", __name__)


@pages.read("/assignments/<public_id>", may="self")
def show(public_id: str) -> str | tuple[str, int]:
    """One assignment: what is wanted, by when on three clocks, what there is to press; or what became of it (410)."""
    return _shown(public_id)


def _shown(public_id: str) -> str | tuple[str, int]:
    job = jobs.job(db(), actor(), public_id)
    if jobs.told_only(actor(), job):
        return render_template("mine/gone.html", job=job, form=Form()), 410
    where = job.assignment.said if job.assignment.state == "filed" else ""
    return render_template(
        "mine/assignment.html",
        job=job,
        form=Form(where=where),
        may_give=jobs.may_give(actor(), job),
    )


@pages.read("/offers/<public_id>", may="self")
def offer(public_id: str) -> str | tuple[str, int]:
    """An offer, reached from a mail: the assignment as it stands for this person now."""
    _offer, assignment = queries.offer(db(), public_id)
    return _shown(assignment.public_id)


@pages.act("/offers/<public_id>/accept", may="assignment.answer", again="assignments.offer")
def accept(public_id: str) -> Response:
    """Accept: the first of several has it."""
    outcome = commissioning.accept(db(), actor(), public_id, now=now())
    if isinstance(outcome, commissioning.Lost):
        raise NotNow("%(name)s was a moment faster and has it now. Thank you all the same.", name=outcome.by.name)
    by = stamp(outcome.assignment.deadline_at, me().present_zone)
    flash(_("It is yours. The desk wants it by %(time)s.", time=by))
    return see("assignments.show", public_id=outcome.assignment.public_id)


@pages.act("/offers/<public_id>/decline", may="assignment.answer", again="assignments.offer")
def decline(public_id: str) -> Response:
    """Decline, with a reason."""
    commissioning.decline(db(), actor(), public_id, reason=text("reason"), now=now())
    flash(_("Declined. The desk hears at once."))
    return see("mine.page")


@pages.act("/offers/<public_id>/withdraw", may="assignment.give", again="assignments.offer")
def withdraw(public_id: str) -> Response:
    """Take an offer back."""
    found = commissioning.withdraw_offer(db(), actor(), public_id, why=text("why"), now=now())
    flash(_("The offer is taken back. %(name)s is told.", name=names(db(), [found])))
    return _to_story(db().get_one(Assignment, found.assignment_id))


@pages.act("/assignments/<public_id>/say", may="assignment.answer", again="assignments.show")
def say(public_id: str) -> Response:
    """Say in a word how it goes."""
    commissioning.say(db(), actor(), public_id, text("words"), now=now())
    flash(_("The desk knows."))
    return see("assignments.show", public_id=public_id)


@pages.act("/assignments/<public_id>/hand-in", may="assignment.answer", again="assignments.show")
def hand_in(public_id: str) -> Response:
    """Hand in pictures, video, audio or a graphic: say where it is."""
    commissioning.hand_in(db(), actor(), public_id, text("where"), now=now())
    flash(_("It is in. The desk hears where it is, and no reminder will come."))
    return see("assignments.show", public_id=public_id)


@pages.act("/assignments/<public_id>/done", may="assignment.give", again="assignments.change")
def finish(public_id: str) -> Response:
    """Say that it is done."""
    assignment = commissioning.finish(db(), actor(), public_id, now=now())
    flash(_("It is done. Who had it is told."))
    return _to_story(assignment)


@pages.act("/assignments/<public_id>/send-back", may="assignment.give", again="assignments.change")
def send_back(public_id: str) -> Response:
    """Send back with a note what was filed or handed in beside the main copy."""
    assignment = commissioning.send_back(db(), actor(), public_id, text("note"), now=now())
    flash(_("It is sent back. Who has it is told, with your note."))
    return _to_story(assignment)


@pages.read("/stories/<public_id>/assignments/new", may="assignment.give")
def new(public_id: str) -> str:
    """A further assignment on a story: by when, what, and who can take it."""
    story, _facts = reading.story_for(db(), actor(), public_id, "assignment.give")
    desk = db().get_one(Desk, story.desk_id)
    return render_template(
        "stories/assign.html",
        story=story,
        form=Form(deadline_zone=desk.zone, medium="text"),
        candidates=crew.candidates(db(), actor(), desk.id),
        zones=zone_names(),
    )


@pages.act("/stories/<public_id>/assignments", may="assignment.give", again="assignments.new")
def assign(public_id: str) -> Response:
    """A further assignment on a story."""
    story, _facts = reading.story_for(db(), actor(), public_id)
    zone = db().get_one(Desk, story.desk_id).zone
    moment = needed_moment("deadline", now=now(), default_zone=zone)
    made = commissioning.assign(
        db(),
        actor(),
        public_id,
        medium=text("medium") or "text",
        brief=text("brief"),
        length=whole("length"),
        moment=moment,
        people=texts("people"),
        editor=me().public_id,
        past_ok=agreed_past("deadline", moment),
        now=now(),
    )
    say_assigned(made)
    return see("stories.page", public_id=public_id)


@pages.read("/assignments/<public_id>/change", may="assignment.give")
def change(public_id: str) -> str:
    """Move the deadline, offer it to others, reassign it, or cancel it; say that it is done, or send it back."""
    job = jobs.to_give(db(), actor(), public_id)
    assignment = job.assignment
    stands, zone = assignment.deadline_wall.isoformat(" ", "minutes"), assignment.deadline_zone
    offers = queries.offers_of(db(), [assignment.id])[assignment.id]
    moves = jobs.moves(db(), job)
    return render_template(
        "stories/assignment.html",
        job=job,
        moves=moves,
        ended=jobs.ended(db(), assignment),
        left_over=_left_over(moves),
        form=Form(),
        moving=Form(sent_to=("deadline",), deadline=stands, deadline_zone=zone),
        asking=Form(sent_to=("offer", "reassign"), deadline_zone=zone),
        cancelling=Form(sent_to=("cancel",)),
        offers=offers,
        asked={of.person_id: of for of in offers},
        text=drafts.further_texts(db(), job.story.id).get(assignment.id),
        named=people.people(db(), [of.person_id for of in offers] + [assignment.assignee_id or 0]),
        candidates=crew.candidates(db(), actor(), job.desk.id, but=assignment.assignee_id),
        zones=zone_names(),
    )


# the forms of the page by the last part of their address, and the moves of which any one has it shown
_FORMS = {
    "done": {"finish"}, "send-back": {"send_back"}, "deadline": {"move_deadline"}, "cancel": {"cancel"},
    "offer": {"offer", "reassign"}, "reassign": {"offer", "reassign"},
}  # fmt: skip


def _left_over(moves: frozenset[str]) -> list[Sent]:
    """What was typed into a form that the page no longer has, as the assignment is further or over by now."""
    shown = _FORMS.get(request.path.rpartition("/")[2], set()) & moves
    return [] if problem() is None or shown else [one for one in sent() if one.typed]


@pages.act("/assignments/<public_id>/deadline", may="assignment.give", again="assignments.change")
def move_deadline(public_id: str) -> Response:
    """Move the deadline; the rungs that have not fired move with it."""
    assignment = queries.assignment(db(), public_id)
    moment = needed_moment("deadline", now=now(), default_zone=assignment.deadline_zone)
    past_ok = agreed_past("deadline", moment)
    commissioning.move_deadline(db(), actor(), public_id, moment=moment, past_ok=past_ok, why=text("why"), now=now())
    by = due(assignment)
    flash(_("The deadline is now %(time)s. Whom it concerns is told, and reminders move with it.", time=by))
    return _to_story(assignment)


@pages.act("/assignments/<public_id>/offer", may="assignment.give", again="assignments.change")
def offer_to(public_id: str) -> Response:
    """Offer it to further people."""
    moment, past_ok = _new_deadline(public_id)
    made = commissioning.offer(
        db(), actor(), public_id, people=texts("people"), moment=moment, past_ok=past_ok, now=now()
    )
    assignment = queries.assignment(db(), public_id)
    flash(_("Offered to %(names)s. Due %(time)s.", names=names(db(), made), time=due(assignment)))
    return _to_story(assignment)


@pages.act("/assignments/<public_id>/reassign", may="assignment.give", again="assignments.change")
def reassign(public_id: str) -> Response:
    """Take it from whoever has it, and give it to others."""
    moment, past_ok = _new_deadline(public_id)
    made = commissioning.reassign(
        db(), actor(), public_id, people=texts("people"), moment=moment, past_ok=past_ok, why=text("why"), now=now()
    )
    assignment = queries.assignment(db(), public_id)
    if made:
        says = _("Taken back, and offered to %(names)s. Due %(time)s.", names=names(db(), made), time=due(assignment))
    else:
        says = _("Taken back, and due %(time)s. Nobody is asked yet.", time=due(assignment))
    flash(says)
    return _to_story(assignment)


@pages.act("/assignments/<public_id>/cancel", may="assignment.give", again="assignments.change")
def cancel(public_id: str) -> Response:
    """Cancel it; who had it is told."""
    assignment = commissioning.cancel(db(), actor(), public_id, why=text("why"), now=now())
    flash(_("The assignment is cancelled. Who had it is told."))
    return _to_story(assignment)


def _new_deadline(public_id: str) -> tuple[clock.Moment | None, bool]:
    """Another deadline for an assignment that is given to others, if one was typed, and whether it may be past."""
    default_zone = queries.assignment(db(), public_id).deadline_zone
    moment = typed_moment("deadline", now=now(), default_zone=default_zone)
    return moment, agreed_past("deadline", moment)


def say_assigned(made: Assignment) -> None:
    """Say who was asked, or that nobody was yet, and by when it is due on their clocks."""
    offers = queries.offers_of(db(), [made.id])[made.id]
    if offers:
        flash(_("Offered to %(names)s. Due %(time)s.", names=names(db(), offers), time=due(made)))
    else:
        flash(_("It is on the board, due %(time)s. Nobody is asked yet.", time=due(made)))


def _to_story(assignment: Assignment) -> Response:
    return see("stories.page", public_id=db().get_one(Story, assignment.story_id).public_id)
