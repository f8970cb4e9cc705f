"""What comes in with a request, as text that can be kept: cleaned here, once, before anything reads it.

Text pasted from elsewhere may carry what nobody sees and PostgreSQL does not take; to refuse it would ask people to
find what they can't see. A password is left as it was typed: it is never stored, and compared with itself only.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, iter_multi_items

from desk.http.sent import SECRETS
from desk.text import clean


class Fields(ImmutableMultiDict[str, Any]):
    """The fields of a form or a query, each of them text and nothing else (a file stays as it is)."""

    def __init__(self, given: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__([(name, _cleaned(name, value)) for name, value in iter_multi_items(given or ())])


class Incoming(Request):
    """A request as the desk's pages read it."""

    parameter_storage_class = Fields


def _cleaned(name: str, value: Any) -> Any:
    return clean(value) if isinstance(value, str) and name not in SECRETS else value
