"""Sentences and choices for templates that need more than a filter: what happened, what a form offers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from desk import clock, text
from desk.assignments.models import MEDIA
from desk.drafts.models import Version
from desk.http.context import problem, visit
from desk.http.forms import sentence
from desk.http.words import state_word
from desk.newsroom.history import Happened
from desk.newsroom.storypage import StoryPage
from desk.outbox.kinds import KINDS
from desk.outbox.models import Message
from desk.people.models import Desk, Person
from desk.permissions import permits
from desk.stories.workflow import MOVES

RARE_MOVES = frozenset({"hold", "release", "spike", "unspike"})
STEPS = ("commissioned", "reporting", "filed", "editing", "approved", "published")


def medium_word(medium: str) -> str:
    """What is commissioned."""
    words: dict[str, str] = {
        "text": _("text"),
        "pictures": _("pictures"),
        "video": _("video"),
        "audio": _("audio"),
        "graphic": _("graphic"),
    }
    return words.get(medium, medium)


def cause_word(cause: str) -> str:
    """Why there is an edition."""
    words: dict[str, str] = {
        "first": _("first edition"),
        "update": _("update"),
        "correction": _("correction"),
        "clarification": _("clarification"),
        "retransmission": _("sent again"),
        "kill": _("killed"),
    }
    return words.get(cause, cause)


def role_word(role: str) -> str:
    """What somebody does on a desk."""
    words: dict[str, str] = {"editor": _("editor"), "approver": _("approver"), "correspondent": _("correspondent")}
    return words.get(role, role)


def delivery_word(state: str) -> str:
    """What became of a hand-over."""
    words: dict[str, str] = {
        "due": _("on its way"),
        "handing": _("on its way"),
        "done": _("handed over"),
        "parked": _("perhaps handed over"),
        "dead": _("could not be handed over"),
        "cancelled": _("cancelled"),
        "captured": _("captured, not sent"),
    }
    return words.get(state, state)


def notice_word(state: str) -> str:
    """How far a licensee is with a notice."""
    words: dict[str, str] = {
        "due": _("on its way"),
        "sent": _("told"),
        "chased": _("chased"),
        "escalated": _("silent"),
        "acknowledged": _("acknowledged"),
    }
    return words.get(state, state)


def as_copy(html: str) -> Markup:
    """Canonical HTML as a page shows it: what desk.text.clean_html made, or was made of what it made."""
    return Markup(html)  # noqa: S704  # canonical HTML, escaped where it was made


def field_word(field: str) -> str:
    """A field of copy."""
    words: dict[str, str] = {
        "headline": _("Headline"),
        "abstract": _("Abstract"),
        "bylines": _("Byline"),
        "dateline_places": _("Dateline"),
        "body_html": _("Copy"),
        "ednote": _("Note to the desk"),
    }
    return words.get(field, field)


def state_kind(state: str, moves: frozenset[str]) -> str:
    """The chip of a story's state: blue where the reader's move is next."""
    if {"approve", "publish"} & moves:
        return "need"
    return {"published": "good", "approved": "good", "killed": "bad", "spiked": "bad", "held": "warn"}.get(state, "")


def story_steps(page: StoryPage) -> list[tuple[str, str]]:
    """The line of steps over a story, with what is done and where it is."""
    labels = (_("Commissioned"), _("Reporting"), _("Filed"), _("Desk edit"), _("Approved"), _("Published"))
    state = page.story.came_from or page.story.state
    state = {"scheduled": "approved", "killed": "published", "pitched": "commissioned"}.get(state, state)
    at = STEPS.index(state) if state in STEPS else 0
    over = state == "published"
    return [(label, "done" if n < at or over else "now" if n == at else "") for n, label in enumerate(labels)]


def happened(entry: Happened, zone: str) -> str:
    """An entry of a history as a sentence, its instants by the clock of `zone`."""
    params = {
        name: stamp(value, zone) if isinstance(value, datetime) else value for name, value in entry.params.items()
    }
    return str(_(entry.sentence, **params))


def message_words(message: Message) -> str:
    """What a message in the bell is about, with whoever caused it."""
    facts: Mapping[str, object] = message.facts
    about = _(KINDS[message.kind].about) if message.kind in KINDS else message.kind
    by = facts.get("by")
    words = facts.get("words") or facts.get("note") or facts.get("why")
    said = f"{about}, {by}" if by else str(about)
    return f"{said}: “{words}”" if words else said


def stamp(at: datetime, zone: str) -> str:
    """A time with its day and place: `today 14:37 Brussels`."""
    return str(
        _(
            "%(day)s %(time)s %(place)s",
            day=clock.day_words(at, zone, visit().now, _),
            time=clock.hhmm(at, zone),
            place=clock.place_of(zone),
        )
    )


def readings(at: datetime, pairs: Sequence[tuple[str, str]]) -> list[clock.Reading]:
    """One instant on several labelled clocks."""
    return clock.labelled(at, pairs, visit().now, _)


def copy_html(version: Version, agency: str) -> Markup:
    """The body with its dateline run on into the first paragraph. The body was cleaned when it was saved."""
    line = text.dateline(version.dateline_places, agency)
    body = Markup(version.body_html)  # noqa: S704  # canonical HTML of desk.text.clean_html
    if line and body.startswith("<p>"):
        return Markup("<p><span class='dl'>{}</span> ").format(line) + body[3:]
    return body


def dateline_of(typed: str) -> str:
    """The dateline that typed places make, as a hint."""
    places = [part.strip() for part in typed.replace("/", ",").split(",") if part.strip()]
    return text.dateline(places or [_("Odesa"), _("Istanbul")], _("agency"))


def may_write(page: StoryPage) -> bool:
    """Whether the reader may change this story's copy as it stands."""
    actor = visit().actor
    state = page.story.state
    return (
        actor is not None
        and permits(actor, "copy.write", page.facts)
        and any(state in MOVES[move].before for move in ("write", "desk_edit", "void"))
    )


def desk_choices(desks: Sequence[Desk]) -> list[tuple[str, str]]:
    """Desks, each with where its clock is."""
    return [(desk.public_id, f"{desk.name}, {clock.place_of(desk.zone)}") for desk in desks]


def person_choices(people: Sequence[Person], but: int | None = None) -> list[tuple[str, str, str]]:
    """People to ask, each with where they are and what time it is there."""
    now = visit().now
    return [
        (one.public_id, one.name, f"{clock.place_of(one.present_zone)}, {clock.hhmm(now, one.present_zone)}")
        for one in people
        if one.id != but
    ]


def person_options(people: Sequence[Person]) -> list[tuple[str, str]]:
    """People by name."""
    return [(one.public_id, one.name) for one in people]


def role_choices(desks: Sequence[Desk]) -> list[tuple[str, str]]:
    """Every role on every desk."""
    roles = ("editor", "approver", "correspondent")
    return [(f"{desk.public_id}:{role}", f"{desk.name}: {role_word(role)}") for desk in desks for role in roles]


def state_options(states: Sequence[str]) -> list[tuple[str, str]]:
    """States of a story, in their words."""
    return [(state, state_word(state)) for state in states]


def media_choices() -> list[tuple[str, str]]:
    """What can be commissioned."""
    return [(medium, medium_word(medium)) for medium in MEDIA]


def page_url(number: int) -> str:
    """This page's address with another page number."""
    return url_for(request.endpoint or "", **{**request.args.to_dict(), "page": number})  # type: ignore[arg-type]  # query words


def problem_with(field: str) -> str | None:
    """What was wrong with a field of the form that is given back, on pages without a form of their own."""
    found = problem()
    return sentence(found) if found is not None and found.field == field else None
