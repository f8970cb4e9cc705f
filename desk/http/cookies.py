"""Cookies: the session's, the door's (before sign-in), and flashes; and the CSRF tokens derived from them.

A token is the HMAC of the session's digest, or of the door cookie before there is a session, so that no GET writes.
"""

import hashlib
import hmac
import re

from flask import Request, Response, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from desk import chance
from desk.http.context import visit
from desk.people import signing
from desk.settings import Settings

FLASHES_LAST = 120
LEFT_LASTS = 7 * 24 * 3600  # as long as a browser keeps text


def session_name(settings: Settings) -> str:
    """The session cookie's name: bound to this host over https."""
    return "__Host-desk" if settings.secure else "desk"


def session_sha(req: Request, settings: Settings) -> str | None:
    """The digest of the session cookie, if the browser sent one that can be ours."""
    cookie = req.cookies.get(session_name(settings), "")
    return signing.digest(cookie) if re.fullmatch(r"[0-9a-f]{64}", cookie) else None


def begin_session(response: Response, begun: signing.Begun) -> None:
    """Give the browser its session."""
    _set(response, session_name(visit().settings), begun.cookie, expires=begun.expires_at)


def end_session(response: Response) -> None:
    """Take the browser's session away, and name who left: the next page's script drops what it kept of theirs."""
    settings, person = visit().settings, visit().person
    response.delete_cookie(session_name(settings), secure=settings.secure, httponly=True, samesite="Lax")
    if person is not None:  # to be read by a script: it holds no secret
        response.set_cookie("desk_left", person.public_id, LEFT_LASTS, secure=settings.secure, samesite="Lax")


def csrf_token() -> str:
    """The token for forms on this page. On a page before sign-in it hangs on the door cookie, set with the page."""
    found = visit()
    if found.session_sha and found.actor:
        return _mac("session", found.session_sha)
    return _mac("door", _door())


def csrf_holds() -> bool:
    """Whether the request's token fits its session, or its door cookie (a form opened before signing in)."""
    given = (request.form.get("csrf_token") or request.headers.get("X-CSRF-Token") or "").encode()
    door = request.cookies.get(_door_name(), "")
    sha = visit().session_sha
    anchors = [("door", door)] if door else []
    if sha:
        anchors.append(("session", sha))
    return any(hmac.compare_digest(token.encode(), given) for kind, value in anchors for token in _macs(kind, value))


def none_came() -> bool:
    """Whether the browser sent no cookie that a form could belong to: it takes none, or it has forgotten ours."""
    return not any(request.cookies.get(name) for name in (session_name(visit().settings), _door_name()))


def same_origin() -> bool:
    """Whether the browser says that this request comes from one of our own pages."""
    return request.headers.get("Sec-Fetch-Site") in ("same-origin", "none") or (
        request.headers.get("Origin") == visit().settings.url
    )


def flash(text: str, kind: str = "good") -> None:
    """Say something at the top of the next page (`kind`: good, warn, bad)."""
    g.setdefault("flashes", []).append((kind, text))


def read_flashes() -> list[tuple[str, str]]:
    """What the last request had to say, and what this one has; said once."""
    said: list[tuple[str, str]] = []
    if raw := request.cookies.get("desk_flash"):
        g.flashes_read = True
        try:
            said = [(kind, text) for kind, text in _serializer().loads(raw, max_age=FLASHES_LAST)]
        except BadSignature:
            said = []
    fresh: list[tuple[str, str]] = g.pop("flashes", [])
    return said + fresh


def finish(response: Response) -> Response:
    """Set the door cookie and flashes that this request made; forget flashes that were shown."""
    if door := g.pop("new_door", None):
        _set(response, _door_name(), door)
    if flashes := g.pop("flashes", None):
        _set(response, "desk_flash", _serializer().dumps(flashes), max_age=FLASHES_LAST)
    elif g.pop("flashes_read", False):
        response.delete_cookie("desk_flash", secure=visit().settings.secure, httponly=True, samesite="Lax")
    return response


def _set(response: Response, name: str, value: str, **more: object) -> None:
    secure = visit().settings.secure
    response.set_cookie(name, value, secure=secure, httponly=True, samesite="Lax", path="/", **more)  # type: ignore[arg-type]  # expires or max_age


def _door_name() -> str:
    return "__Host-desk-door" if visit().settings.secure else "desk_door"


def _door() -> str:
    door = request.cookies.get(_door_name()) or g.get("new_door")
    if not door:
        door = g.new_door = chance.token(16)
    return str(door)


def _mac(kind: str, value: str) -> str:
    return _macs(kind, value)[0]


def _macs(kind: str, value: str) -> list[str]:
    keys = visit().settings.secret_keys
    return [hmac.new(key.encode(), f"csrf:{kind}:{value}".encode(), hashlib.sha256).hexdigest() for key in keys]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(reversed(visit().settings.secret_keys)), salt="flash")
