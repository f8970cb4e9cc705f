"""The request as an edge: how a view gets its transaction, and when that is committed.

GET and HEAD run in a read-only transaction. Everything else: the body is read whole and the session looked up in a
read transaction, with CSRF and `prepare`; only then the write transaction begins and the session is looked up again,
so that a slow upload never holds the write lock. The commit comes inside dispatch, before the response is final.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Request, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from desk import clock, revisions
from desk.errors import DeskError, Forbidden, Invalid, NotFound, NotNow, SignInNeeded
from desk.http import answers, cookies, login
from desk.http.context import Visit, db, visit
from desk.http.incoming import Incoming
from desk.http.races import is_race
from desk.http.routing import RULE, Rule, View
from desk.permissions import could
from desk.settings import RELEASE, Settings
from desk.store import Store

Result = TypeVar("Result")

READS = ("GET", "HEAD")
NUL = "\x00"  # in a form it is dropped, in an address it names nothing
UNLOGGED = frozenset({"static"})  # files that are the same for everybody


class DeskFlask(Flask):
    """Flask, with transactions in its dispatch and no route without a permission."""

    request_class = Incoming
    store: Store
    settings: Settings
    now: Callable[[], Any] = staticmethod(clock.utcnow)

    def dispatch_request(self) -> ResponseReturnValue:
        if request.routing_exception is not None:
            self.raise_routing_exception(request)
        if request.endpoint in UNLOGGED or request.method == "OPTIONS":
            return super().dispatch_request()
        view = self.view_functions[request.endpoint or ""]
        rule: Rule | None = getattr(view, RULE, None)
        if rule is None:
            raise Forbidden("This page has no rule that says who may see it, so nobody may.")
        if NUL in request.path:
            raise NotFound("There is no such page.")
        if request.method in READS:
            return self._read(rule, view)
        return self._write(rule, view)

    def _read(self, rule: Rule, view: View) -> Response:
        with self.store.read() as session:
            if not self._enter(session, rule):
                return self._to_the_door()
            tag = _etag(session, rule)
            unchanged = tag is not None and tag in request.if_none_match
            response = Response(status=304) if unchanged else self._answer(view)
            if tag and response.status_code in (200, 304):
                response.set_etag(tag)
                response.headers["Cache-Control"] = "private, no-cache"
            return response

    def _write(self, rule: Rule, view: View) -> Response:
        request.get_data(parse_form_data=True)
        with self.store.read() as session:
            entered = self._enter(session, rule)
            if not entered:
                # only what our own page sent: else a stranger's form would be signed in for, and sent again
                if cookies.same_origin():
                    return answers.held(401)
                raise SignInNeeded("You are not signed in.")
            if not cookies.csrf_holds():
                if cookies.same_origin():
                    # anybody's form is given back whole, for a password is never held
                    public = rule.may == "public" and rule.again
                    return self._again(rule, answers.unfit()) if public else answers.held(400)
                raise Invalid("This form is too old or came from another place. Open the page again and repeat it.")
            try:
                visit().prepared = rule.prepare(**_arguments()) if rule.prepare else None
            except DeskError as error:
                return self._again(rule, error)

        def act(session: Session) -> Response:
            g.pop("flashes", None)  # what an attempt said that has to be made again
            if not self._enter(session, rule):
                raise SignInNeeded("You were signed out a moment ago.")
            return self._answer(view)

        try:
            return self.store.run(act)
        except (Invalid, NotNow) as error:
            g.pop("flashes", None)
            return self._again(rule, error)
        except SignInNeeded:
            return answers.held(401)
        except IntegrityError as error:
            g.pop("flashes", None)
            if not is_race(error):
                raise
            return self._again(
                rule,
                NotNow(
                    "Somebody else changed this a moment before you. Look again, then repeat it if it still stands."
                ),
            )
        finally:
            visit().db = None

    def _again(self, rule: Rule, error: DeskError) -> Response:
        """The page of the form, filled with what was typed and the sentence that says why not."""
        if rule.again is None:
            raise error
        view = self.view_functions[rule.again]
        try:
            with self.store.read() as session:
                self._enter(session, getattr(view, RULE))
                visit().problem = error
                response = self._answer(view)
        except DeskError:
            raise error from None  # that page is no longer theirs: the first sentence says why
        return answers.refused(response, error)

    def _answer(self, view: View) -> Response:
        return self.make_response(self.ensure_sync(view)(**_arguments()))

    def _enter(self, session: Session, rule: Rule) -> bool:
        """Look the reader up in `session`; False if the route needs somebody and nobody is signed in."""
        visit().db = session
        login.enter()
        actor = visit().actor
        if rule.may == "public":
            return True
        if actor is None:
            return False
        if not could(actor, rule.may):
            raise Forbidden("This page is not for your role. Ask an administrator if you need it.")
        return True

    def _to_the_door(self) -> Response:
        target = request.full_path if request.query_string else request.path
        response = self.make_response(redirect(url_for("door.sign_in", next=None if target == "/" else target)))
        response.headers["Cache-Control"] = "no-store"
        return response


def beforehand(act: Callable[[Session], Result]) -> Result:
    """Only for `prepare`: a short write of its own, committed before what `prepare` does next.

    The read transaction is let go of first: a request that held two connections could starve the pool.
    """
    db().rollback()
    return cast(DeskFlask, current_app).store.run(act)


def open_visit(app: DeskFlask) -> None:
    """Begin the request's state; called before each request."""
    g.visit = Visit(settings=app.settings, now=app.now())


def _arguments() -> dict[str, Any]:
    return dict(request.view_args or {})


def _etag(session: Session, rule: Rule) -> str | None:
    """The hash of all on which a live page hangs; the minute is in it, as a row becomes late with nobody writing."""
    found = visit()
    if rule.live is None or found.actor is None or found.person is None:
        return None
    mine: set[tuple[revisions.Kind, int]] = {("person", found.actor.id), ("newsroom", 0)}
    wanted = rule.live(**_arguments()) | mine
    parts = (
        RELEASE,
        found.actor,
        found.person.language,
        found.person.present_zone,
        _address(request),
        request.cookies.get("desk_flash"),
        revisions.read(session, wanted),
        clock.minute_floor(found.now).isoformat(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _address(req: Request) -> str:
    return req.full_path + (req.headers.get("HX-Request") or "")
