"""Forms: what was typed, read into values; and what was typed, given back when it was refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import request

from desk.clock import Ambiguous
from desk.errors import DeskError, Incomplete, Invalid, Past
from desk.http.context import problem, visit
from desk.http.translating import gettext
from desk.http.words import stamp, state_word
from desk.text import shorten

_COMMAS = str.maketrans(dict.fromkeys("\n/;،؛、，", ","))  # those of Arabic and Chinese keyboards, too


class Form:
    """A form on a page: `values` are what it shows, `error(field)` the sentence beside a field.

    On a page that is given back after a refusal the values are those that were typed. Where a page has several forms,
    each is told the last parts of the addresses it may be `sent_to`, so that only the one that was sent is given back.
    """

    def __init__(self, *, sent_to: tuple[str, ...] = (), **defaults: Any) -> None:
        self.problem = problem() if not sent_to or request.path.rpartition("/")[2] in sent_to else None
        self.typed = self.problem is not None
        self._defaults = defaults

    def __getitem__(self, name: str) -> Any:
        if self.typed and (name in request.form or name not in self._defaults):
            return request.form.get(name, "")
        value = self._defaults.get(name)
        return "" if value is None else value

    def all(self, name: str) -> list[str]:
        """The values of a field that can be given several times."""
        return request.form.getlist(name) if self.typed else list(self._defaults.get(name) or [])

    def error(self, name: str) -> str | None:
        """The sentence that belongs to this field, in the reader's language."""
        return next((says for field, says in self.errors if field == name), None)

    @property
    def errors(self) -> list[tuple[str | None, str]]:
        """All that was wrong: each field (None: the form as a whole) with its sentence."""
        each = self.problem.each if isinstance(self.problem, Incomplete) else [self.problem] if self.problem else []
        return [(one.field, sentence(one)) for one in each]

    @property
    def said(self) -> str:
        """What was wrong, whichever field it belongs to."""
        return sentence(self.problem) if self.problem else ""

    def past(self, name: str) -> datetime | None:
        """The instant typed into a field that is past, to be agreed to if it is meant; or agreed to before."""
        if isinstance(self.problem, Past) and self.problem.field == name:
            return self.problem.at
        return instant(f"{name}_past") if self.typed else None

    def twice(self, name: str) -> Ambiguous | None:
        """The two moments to choose from, where the typed local time comes twice."""
        return self.problem if isinstance(self.problem, Ambiguous) and self.problem.field == name else None

    @property
    def message(self) -> str | None:
        """The sentence that belongs to no field of its own."""
        return sentence(self.problem) if self.problem and self.problem.field is None else None


def sentence(error: DeskError) -> str:
    """An error in the reader's language, its times by the reader's clock."""
    if isinstance(error, Incomplete):
        return " ".join(sentence(one) for one in error.each)
    zone = visit().zone
    params = {name: stamp(at, zone) if isinstance(at, datetime) else at for name, at in error.params.items()}
    if "state" in params:
        params["state"] = state_word(str(params["state"]))
    return gettext(error.message, **params)


def text(name: str) -> str:
    """One typed field without the blanks around it; absent is empty."""
    return request.form.get(name, "").strip()


def texts(name: str) -> list[str]:
    """All values of a field, empty ones left out."""
    return [value.strip() for value in request.form.getlist(name) if value.strip()]


def listed(name: str) -> list[str]:
    """A field in which several things stand, separated by commas, slashes or lines."""
    return parted(request.form.get(name, ""))


def parted(typed: str) -> list[str]:
    """Several things typed into one field, separated by commas, slashes or lines."""
    return [part.strip() for part in typed.translate(_COMMAS).split(",") if part.strip()]


def whole(name: str, *, required: bool = False, most: int = 1_000_000) -> int | None:
    """A whole number; empty is None unless it is required. Raises Invalid that names the field."""
    raw = text(name).replace(",", "").replace("\u202f", "")
    if not raw and not required:
        return None
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9 or int(raw) > most:
        raise Invalid("%(value)s is not a whole number this field can take.", field=name, value=shorten(raw, 40) or "–")
    return int(raw)


def instant(name: str) -> datetime | None:
    """The instant that a hidden field or a box holds; None for none, and for what is no instant."""
    try:
        at = datetime.fromisoformat(text(name))
    except ValueError:
        return None
    return at if at.tzinfo else None


def ticked(name: str) -> bool:
    """Whether a box is ticked."""
    return name in request.form


def values(names: Mapping[str, str]) -> dict[str, str]:
    """Several text fields at once: form name to argument name."""
    return {argument: text(name) for name, argument in names.items()}
