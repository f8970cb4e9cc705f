"""Errors as responses: one place where the error tree becomes statuses and pages."""

from collections.abc import Iterable

import structlog
from flask import Flask, Response, current_app, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.exceptions import HTTPException

from desk import errors
from desk.db import is_down, is_lost_race
from desk.http import cookies, sent
from desk.http.context import visit
from desk.http.forms import Form, sentence
from desk.http.races import broken
from desk.http.routing import RULE

STATUS: tuple[tuple[type[errors.DeskError], int], ...] = (
    (errors.NotFound, 404),
    (errors.Forbidden, 403),
    (errors.NotNow, 409),
    (errors.SignInNeeded, 401),
    (errors.Throttled, 429),
    (errors.TooLarge, 413),
    (errors.Unavailable, 503),
    (errors.Unreachable, 502),
    (errors.DeskError, 422),
)
PAGES = frozenset({400, 403, 404, 405, 409, 413, 429, 500, 503})
log = structlog.get_logger()


def status_of(error: errors.DeskError) -> int:
    """The HTTP status that says what kind of refusal this is."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(errors.DeskError, _desk_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(Exception, _unexpected)


def see(endpoint: str, **values: object) -> Response:
    """Go on to another page after a verb (303, so that Back and Reload never repeat it)."""
    return make_response(redirect(url_for(endpoint, **values), 303))  # type: ignore[arg-type]  # Flask's own keyword names


def held(status: int) -> Response:
    """Nothing typed is lost: the form that could not be taken, with all its fields, to be sent again.

    For an expired session (401) after signing in on this very page, for an old form (400) by one press.
    """
    return _held(request.form.items(multi=True), request.full_path, status)


def unfit() -> errors.Invalid:
    """Why a form of our own page that anybody may send can't be taken; sent again from the page given back, it can."""
    if cookies.none_came():
        return errors.Invalid(
            "This browser sent no cookie back, and without one nothing is taken here. Send it once more;"
            " if you read this again, allow cookies for this address first."
        )
    return errors.Invalid("This page was open for too long. Nothing was sent: send it once more.")


def still_held(action: str) -> Response:
    """The door of `held` once more, when signing in on it failed: what was typed is still there."""
    return _held(waiting(), action, 401)


def waiting() -> list[tuple[str, str]]:
    """What waits at the door to be sent again: names and values."""
    held = [(name, value) for name, value in request.form.items(multi=True) if name.startswith(sent.HELD)]
    return [(name.removeprefix(sent.HELD), value) for name, value in held]


def page(status: int, message: str, *, kept: str | None = None) -> Response:
    """The error page of a status, with a sentence. What somebody typed is given back on it, to be sent again or copied.

    `kept` is the address at which the desk keeps that text as well.
    """
    name = status if status in PAGES else 400 if status < 500 else 500
    shown = render_template(
        f"errors/{name}.html",
        message=message,
        status=status,
        given=sent.to_give_back(),
        action=request.full_path.rstrip("?"),
        kept=kept,
        way=_way(status),
    )
    return make_response(shown, status)


def _way(status: int) -> str | None:
    """Where a refused act of one thing leads: to the page that has its button, and shows how it stands now."""
    view = current_app.view_functions.get(request.endpoint or "")
    again = getattr(getattr(view, RULE, None), "again", None)
    return url_for(again, **request.view_args) if status in (403, 409) and again and request.view_args else None


def keeping(error: errors.DeskError, kept: str) -> Response:
    """A refusal of text that the desk keeps for its writer at the address `kept`, all the same."""
    return refused(page(status_of(error), sentence(error), kept=kept), error)


def refused(response: Response, error: errors.DeskError) -> Response:
    """The response with the status of a refusal, and when to come again if that is known."""
    response.status_code = status_of(error)
    if isinstance(error, errors.Throttled):
        response.headers["Retry-After"] = str(error.params.get("seconds", 60))
    return response


def _held(fields: Iterable[tuple[str, str]], action: str, status: int) -> Response:
    shown = render_template(
        "door/held.html",
        given=sent.of(fields),
        action=action,
        status=status,
        form=Form(email=""),
        cookieless=cookies.none_came(),
    )
    return make_response(shown, status)


def _desk_error(error: errors.DeskError) -> Response:
    visit().db = None
    if isinstance(error, errors.Gone) and request.method == "GET" and "HX-Request" not in request.headers:
        return see("assignments.show", public_id=error.params["assignment"])
    return refused(page(status_of(error), sentence(error)), error)


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    visit().db = None
    response = page(error.code, "")
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _database_error(error: DBAPIError) -> Response:
    visit().db = None
    if is_down(error) or is_lost_race(error):
        log.warning("database does not answer, or is too busy", error=str(error.orig))
        response = page(503, "")
        response.headers["Retry-After"] = "10"
        return response
    constraint = broken(error) if isinstance(error, IntegrityError) else None
    log.exception("database error", path=request.path, constraint=constraint, exc_info=error)
    return page(500, "")


def _unexpected(error: Exception) -> Response:
    visit().db = None
    log.exception("unexpected error", path=request.path, exc_info=error)
    return page(500, "")
