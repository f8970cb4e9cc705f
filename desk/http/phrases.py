"""Sentences and choices for templates that need more than a filter: what happened, what a form offers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from babel.lists import format_list
from flask import request, url_for
from flask_babel import get_locale
from markupsafe import Markup
from sqlalchemy.orm import Session

from desk import clock, marking, text
from desk.assignments.models import MEDIA, Offer
from desk.drafts.models import Version
from desk.drafts.rules import Changed
from desk.http.context import problem, visit
from desk.http.forms import sentence
from desk.http.standing import state_tone
from desk.http.translating import gettext as _
from desk.http.translating import ngettext
from desk.http.words import field_word, frame_word, medium_word, role_word, rung_word, stamp, state_word
from desk.newsroom import crew
from desk.newsroom.bands import SOON
from desk.newsroom.crew import Member
from desk.newsroom.history import Happened
from desk.newsroom.storypage import StoryPage
from desk.outbox.kinds import KINDS
from desk.outbox.models import Message
from desk.people import queries as people_queries
from desk.people.models import Desk, Person
from desk.permissions import permits
from desk.stories.workflow import MOVES

BAR_MOVES = frozenset({"hold", "release", "spike", "unspike"}) | {
    "approve", "withdraw", "return", "publish", "on_authority", "schedule", "unschedule", "prepare_edition",
    "abandon_edition", "kill",
}  # fmt: skip
_NOTES = ("note", "why", "reason")


def as_copy(html: str) -> Markup:
    """Canonical HTML as a page shows it: what desk.text.clean_html made, or was made of what it made."""
    return Markup(html)  # noqa: S704  # canonical HTML, escaped where it was made


def state_kind(state: str, moves: frozenset[str]) -> str:
    """The chip of a story's state: blue where the reader's move is next."""
    return "need" if {"approve", "publish"} & moves else state_tone(state)


def happened(entry: Happened, zone: str) -> str:
    """An entry of a history as a sentence, its instants by the clock of `zone`."""
    params = {
        name: stamp(value, zone) if isinstance(value, datetime) else value for name, value in entry.params.items()
    }
    return str(_(entry.sentence, **params))


def message_words(message: Message) -> str:
    """What a message in the bell says, in a sentence, with the words that somebody put to it."""
    facts: Mapping[str, Any] = message.facts
    by, n = facts.get("by", ""), facts.get("n") or facts.get("number")
    declined, ended = facts.get("answer") == "declined", facts.get("ended")
    words = {
        "offer": _("%(by)s asks whether you can", by=by),
        "answered": _("%(by)s declined", by=by) if declined else _("%(by)s accepted", by=by),
        "said": _("%(by)s says how it goes", by=by),
        "filed": _("%(by)s filed version %(n)s, %(words)s words", by=by, n=n, words=facts.get("words")),
        "handed_in": _("%(by)s handed in what was asked for", by=by),
        "approved": _("%(by)s approved version %(n)s", by=by, n=n),
        "returned": _("%(by)s returned version %(n)s", by=by, n=n) if n else _("%(by)s sent it back", by=by),
        "approval_voided": _("%(by)s withdrew the approval of version %(n)s", by=by, n=n)
        if facts.get("withdrawn")
        else _("the approval of version %(n)s no longer stands", n=n)
        if facts.get("why")
        else _("%(by)s saved a new version: the approval no longer stands", by=by),
        "unscheduled": _("%(by)s put it on hold: it does not go out at its time", by=by)
        if facts.get("held")
        else _("%(by)s took it off the schedule", by=by),
        "reminder": _("reminder: %(left)s", left=rung_word(facts.get("rung", ""))),
        "assignment_ended": {
            "reassigned": _("given to somebody else"),
            "done": _("done"),
            "published": _("done: the story is published"),
        }.get(ended or "", _("%(by)s cancelled it", by=by)),
        "offer_lapsed": _("%(by)s took it", by=by) if ended == "taken" else _("the offer to you is withdrawn"),
        "published": _("edition %(n)s is out", n=n),
        "own_authority": _("%(by)s published it on their own authority", by=by),
        "killed": _("%(by)s killed it", by=by),
        "spiked": _("%(by)s spiked it", by=by),
        "work_left": _("nobody has it any more"),
        "notice_silent": _("no answer to edition %(n)s from %(names)s", n=n, names=_named(facts.get("licensees", ()))),
        "webhook_failing": _("the webhook has taken nothing for an hour"),
        "webhook_off": _("the webhook is switched off"),
        "wire_changed": wire_words(facts),
        "story_changed": _("%(by)s changed what is wanted: %(what)s", by=by, what=wanted_words(facts)),
    }
    said = words.get(message.kind) or (_(KINDS[message.kind].about) if message.kind in KINDS else message.kind)
    if message.kind == "deadline_moved" and (person := visit().person):
        due = stamp(datetime.fromisoformat(facts["deadline"]), person.present_zone)
        said = _("%(by)s moved the deadline: %(time)s", by=by, time=due)
    note = facts.get("words") if message.kind == "said" else next((facts[k] for k in _NOTES if facts.get(k)), "")
    return f"{said}: “{note}”" if note else str(said)


def wanted_words(facts: Mapping[str, Any]) -> str:
    """What is wanted otherwise than before, in a few words: `the brief, the places`."""
    return ", ".join(frame_word(one["field"]) for one in facts.get("changes", ()))


def wire_words(facts: Mapping[str, Any]) -> str:
    """What became of the wire copy that a story stands on: `Nordpress killed the wire it stands on`."""
    source = facts.get("source", "")
    words = {
        "killed": _("%(source)s killed the wire it stands on", source=source),
        "withheld": _("%(source)s withholds the wire it stands on", source=source),
        "restored": _("%(source)s lets the wire it stands on be used again", source=source),
        "embargo": _("%(source)s changed the embargo of the wire it stands on", source=source),
    }
    return words.get(facts.get("change", "")) or str(_("%(source)s changed the wire it stands on", source=source))


def _named(things: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(thing.get("name", "")) for thing in things)


def night(zone: str) -> bool:
    """Whether it is night in that zone: between 22:00 and 06:00."""
    return _hours(zone) == "night"


def hours_words(zone: str) -> str:
    """Whether people work in that zone at this hour, or sleep."""
    words = {"night": _("night there"), "office": _("working hours"), "": _("outside working hours")}
    return str(words[_hours(zone)])


def _hours(zone: str) -> str:
    return crew.hours(int(clock.hhmm(visit().now, zone)[:2]))


def names(session: Session, offers: Sequence[Offer]) -> str:
    """Those to whom something was offered: `Olena Demchuk and 2 others`."""
    found = people_queries.people(session, [offer.person_id for offer in offers])
    first, more = found[offers[0].person_id].name, len(offers) - 1
    return (
        str(ngettext("%(first)s and one other", "%(first)s and %(num)s others", more, first=first)) if more else first
    )


def soon(at: datetime) -> bool:
    """Whether that is within the hours in which a board calls a deadline near."""
    return visit().now <= at <= visit().now + SOON


def readings(at: datetime, pairs: Sequence[tuple[str, str]]) -> list[clock.Reading]:
    """One instant on several labelled clocks."""
    return clock.labelled(at, pairs, visit().now, _)


def on_clocks(at: datetime, pairs: Sequence[tuple[str, str]]) -> str:
    """One instant on several labelled clocks, in a line: `tomorrow 18:00 Kyiv · 17:00 Brussels (World desk)`."""
    return " · ".join(
        f"{'' if n and one.same_day else one.day + ' '}{one.time} {clock.place_of(one.zone)}"
        f"{f' ({one.label})' if one.label else ''}"
        for n, one in enumerate(readings(at, pairs))
    )


def paragraphs(changes: Sequence[text.Change]) -> list[list[text.Change]]:
    """Marked text, its paragraphs parted: each a list of runs that are same, gone or new."""
    found: list[list[text.Change]] = [[]]
    for kind, run in changes:
        first, *more = run.split("\n\n")
        found[-1].append((kind, first))
        found += [[(kind, part)] for part in more]
    return [runs for runs in found if any(run.strip() for _kind, run in runs)]


def marked_words(changes: Sequence[text.Change]) -> Markup:
    """Text, escaped, with what went and what came marked in it."""
    return Markup(marking.marked_words(changes))  # noqa: S704  # escaped there


def what_changed(marks: Mapping[str, Changed]) -> str:
    """In which fields two versions differ, in a few words: `headline, 2 paragraphs`."""
    words = [field_word(name).lower() for name in marks if name != "body_html"]
    if body := marks["body_html"].marked if "body_html" in marks else None:
        n = body.blocks
        words.append(ngettext("%(num)s paragraph", "%(num)s paragraphs", n) if n else _("marks in the copy"))
    return ", ".join(words) or str(_("nothing"))


def copy_html(version: Version, agency: str, marks: Mapping[str, Changed] | None = None) -> Markup:
    """The body with its dateline run on into the first paragraph, and what changed marked in both, if `marks` say so.

    The body was cleaned when it was saved, and is marked from what was.
    """
    marked = marks["body_html"].marked if marks and "body_html" in marks else None
    body = Markup(marked.html if marked else version.body_html)  # noqa: S704  # canonical HTML, made by desk.markup
    line = _dateline(version, agency, marks.get("dateline_places") if marks else None)
    if not line or not version.body_html.startswith("<p>"):
        return body
    before, opening, rest = body.partition('<p dir="auto">' if marked else "<p>")
    return Markup("{}{}<span class='dl' dir='auto'>{}</span> {}").format(before, opening, line, rest)


def _dateline(version: Version, agency: str, changed: Changed | None) -> Markup | str:
    line = text.dateline(version.dateline_places, agency)
    if changed is None:
        return line
    old = text.dateline("".join(run for kind, run in changed.changes if kind != "new").split("/"), agency)
    marks = [Markup("<del>{}</del>").format(old)] * bool(old) + [Markup("<ins>{}</ins>").format(line)] * bool(line)
    return Markup(" ").join(marks)


def dateline_of(typed: str, agency: str = "") -> str:
    """The dateline that typed places make; without any, an example of one."""
    places = [part.strip() for part in typed.replace("/", ",").split(",") if part.strip()]
    return text.dateline(places or [_("Odesa"), _("Istanbul")], agency or _("agency"))


def may_write(page: StoryPage) -> bool:
    """Whether the reader may change this story's copy as it stands."""
    actor = visit().actor
    state = page.story.state
    return (
        actor is not None
        and permits(actor, "copy.write", page.facts)
        and any(state in MOVES[move].before for move in ("write", "desk_edit", "void"))
    )


def open_words(people: Sequence[Person]) -> str:
    """Who has this copy open to write it, in a sentence; empty where nobody has."""
    if not people:
        return ""
    names = format_list([one.name for one in people], locale=get_locale())
    return str(ngettext("%(names)s has this copy open.", "%(names)s have this copy open.", len(people), names=names))


def greeting(name: str) -> str:
    """A greeting by the reader's own clock: `Good afternoon, Marta.`"""
    found = visit()
    zone = found.person.present_zone if found.person else "UTC"
    hour, first = int(clock.hhmm(found.now, zone)[:2]), name.partition(" ")[0]
    if 4 <= hour < 12:
        return str(_("Good morning, %(name)s.", name=first))
    return str(
        _("Good afternoon, %(name)s.", name=first) if 12 <= hour < 18 else _("Good evening, %(name)s.", name=first)
    )


def work_line(member: Member) -> str:
    """What somebody has open, as a reason to ask them or not."""
    if not member.work and member.offers:
        offers = ngettext("one offer to answer", "%(num)s offers to answer", member.offers)
        return str(_("Nothing open, %(offers)s", offers=offers))
    if not member.work:
        return str(_("Nothing open"))
    first, more = member.work[0], len(member.work) - 1
    words = _(
        "Has %(slug)s, %(due)s", slug=first.slug or _("a story"), due=clock.due_words(first.deadline_at, visit().now, _)
    )
    return f"{words}; {ngettext('one more', '%(num)s more', more)}" if more else str(words)


def desk_choices(desks: Sequence[Desk]) -> list[tuple[str, str]]:
    """Desks, each with where its clock is, or that it is closed."""
    where = {desk.id: _("closed") if desk.closed_at else clock.place_of(desk.zone) for desk in desks}
    return [(desk.public_id, f"{desk.name}, {where[desk.id]}") for desk in desks]


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
