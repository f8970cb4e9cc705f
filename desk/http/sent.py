"""What a form sent, given back when it could not be taken: nothing that was typed is lost with a refusal."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import request
from werkzeug.exceptions import HTTPException

from desk.http import cookies
from desk.http.translating import gettext as _

SECRETS = frozenset({"csrf_token", "password", "old"})  # never given back on a page
HELD = "held:"  # before the names of fields that wait at the door


@dataclass(frozen=True, slots=True)
class Sent:
    """One field. `typed`: somebody wrote it, and it is shown; else it is sent again unseen."""

    name: str
    value: str
    label: str
    typed: bool

    @property
    def rows(self) -> int:
        """How many lines it wants to be read in, within reason."""
        return min(18, max(1, self.value.count("\n") + 1 + len(self.value) // 80))


def sent() -> list[Sent]:
    """The fields of this request's form but for secrets; none where a body could not be read."""
    try:
        return of(request.form.items(multi=True))
    except HTTPException:
        return []


def of(fields: Iterable[tuple[str, str]]) -> list[Sent]:
    """These fields, names and values, but for secrets."""
    return [_field(name, value) for name, value in fields if name not in SECRETS]


def to_give_back() -> list[Sent]:
    """What was sent, if somebody typed any of it on a page of ours; nothing of what another site sent.

    A form with a password comes back at the door only, with what waits there.
    """
    ours = request.method == "POST" and cookies.same_origin() and not request.headers.get("HX-Request")
    fields = sent() if ours else []
    if fields and "password" in request.form:
        fields = [one for one in fields if one.name.startswith(HELD) or one.name == "held_action"]
    return fields if any(one.typed for one in fields) else []


def _field(name: str, value: str) -> Sent:
    known = _words().get(name.removeprefix(HELD))
    written = known is not None or " " in value.strip() or "\n" in value.strip()
    label = known or name.removeprefix(HELD).replace("_", " ").capitalize()
    return Sent(name, value, label, typed=written and bool(value.strip()))


def _words() -> dict[str, str]:
    return {
        "headline": _("Headline"),
        "byline": _("Byline"),
        "places": _("Places"),
        "body": _("Copy"),
        "abstract": _("Abstract"),
        "ednote": _("Note to the desk"),
        "note": _("Note"),
        "why": _("Why"),
        "reason": _("Reason"),
        "words": _("In your words"),
        "wrong": _("What was wrong"),
        "right": _("What is right"),
        "slug": _("Slug"),
        "title": _("Working title"),
        "brief": _("The brief"),
        "deadline": _("Deadline"),
        "publish": _("Publish at"),
        "embargo": _("Embargo until"),
        "deadline_zone": _("in the time of"),
        "publish_zone": _("in the time of"),
        "embargo_zone": _("in the time of"),
        "where": _("Where it is"),
        "name": _("Name"),
        "contact": _("Contact"),
    }
