"""Forms: what was typed, read into values; and what was typed, given back when it was refused."""

from collections.abc import Mapping
from typing import Any

from flask import request

from desk.clock import Ambiguous
from desk.errors import DeskError, Invalid
from desk.http.context import problem
from desk.http.translating import gettext
from desk.text import shorten


class Form:
    """A form on a page: `values` are what it shows, `error(field)` the sentence beside a field.

    On a page that is given back after a refusal the values are those that were typed.
    """

    def __init__(self, **defaults: Any) -> None:
        self.problem = problem()
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
        return sentence(self.problem) if self.problem and self.problem.field == name else None

    @property
    def said(self) -> str:
        """What was wrong, whichever field it belongs to."""
        return sentence(self.problem) if self.problem else ""

    def twice(self, name: str) -> Ambiguous | None:
        """The two moments to choose from, where the typed local time comes twice."""
        return self.problem if isinstance(self.problem, Ambiguous) and self.problem.field == name else None

    @property
    def message(self) -> str | None:
        """The sentence that belongs to no field of its own."""
        return sentence(self.problem) if self.problem and self.problem.field is None else None


def sentence(error: DeskError) -> str:
    """An error in the reader's language."""
    return str(gettext(error.message, **error.params) if error.params else gettext(error.message))


def text(name: str) -> str:
    """One typed field without the blanks around it; absent is empty."""
    return request.form.get(name, "").strip()


def texts(name: str) -> list[str]:
    """All values of a field, empty ones left out."""
    return [value.strip() for value in request.form.getlist(name) if value.strip()]


def listed(name: str) -> list[str]:
    """A field in which several things stand, separated by commas, slashes or lines."""
    raw = request.form.get(name, "").replace("\n", ",").replace("/", ",").replace(";", ",")
    return [part.strip() for part in raw.split(",") if part.strip()]


def whole(name: str, *, required: bool = False, most: int = 1_000_000) -> int | None:
    """A whole number; empty is None unless it is required. Raises Invalid that names the field."""
    raw = text(name).replace(",", "").replace("\u202f", "")
    if not raw and not required:
        return None
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9 or int(raw) > most:
        raise Invalid("%(value)s is not a whole number this field can take.", field=name, value=shorten(raw, 40) or "–")
    return int(raw)


def ticked(name: str) -> bool:
    """Whether a box is ticked."""
    return name in request.form


def values(names: Mapping[str, str]) -> dict[str, str]:
    """Several text fields at once: form name to argument name."""
    return {argument: text(name) for name, argument in names.items()}
