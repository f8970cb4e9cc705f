"""Routes: each names the permission it needs; one that names none is refused to everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint

from desk.permissions import TABLE
from desk.revisions import Kind

View = Callable[..., Any]
Revisions = Callable[..., set[tuple[Kind, int]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What dispatch must know of a route.

    `again` is the endpoint whose page is given back, filled, when the input is refused. `prepare` runs before the
    write transaction with a read-only session (hashing, name look-ups); its result is `visit().prepared`.
    `live` names the revisions on which the page's ETag hangs.
    """

    may: str
    again: str | None = None
    prepare: View | None = None
    live: Revisions | None = None


RULE = "desk_rule"


class Pages(Blueprint):
    """A blueprint whose routes can't be made without a permission."""

    def read(self, path: str, *, may: str, live: Revisions | None = None) -> Callable[[View], View]:
        """A page: GET and HEAD, in a read-only transaction."""
        return self._route(path, ["GET"], Rule(may, live=live))

    def act(
        self, path: str, *, may: str, again: str | None = None, prepare: View | None = None
    ) -> Callable[[View], View]:
        """A verb: POST, in a write transaction committed before the response goes out."""
        return self._route(path, ["POST"], Rule(may, again=again, prepare=prepare))

    def _route(self, path: str, methods: list[str], rule: Rule) -> Callable[[View], View]:
        if rule.may not in TABLE:
            raise ValueError(f"{path} names a permission that is not in the table: {rule.may}")

        def register(view: View) -> View:
            setattr(view, RULE, rule)
            self.add_url_rule(path, view.__name__, view, methods=methods)
            return view

        return register
