"""Who is asking: the session looked up in the database, behind Flask-Login's request loader.

Flask-Login's own cookie session, remember cookie and session protection are off: the database decides.
"""

from flask import Flask, Request, Response, current_app, request
from flask.sessions import NullSession, SessionInterface
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from desk.http.context import db, visit
from desk.http.cookies import session_sha
from desk.people import queries
from desk.people.models import Person, SignIn
from desk.store import Store


class Reader(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """The signed-in person, as Flask-Login wants to see them."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.id = person.public_id


class NoCookieSession(SessionInterface):
    """Flask's cookie session can't be revoked, so there is none."""

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return NullSession()

    def should_set_cookie(self, app: Flask, session: object) -> bool:
        return False

    def save_session(self, app: Flask, session: object, response: Response) -> None:
        return None


def install(app: Flask) -> None:
    """Wire the login manager into the app."""
    app.session_interface = NoCookieSession()
    app.config.update(REMEMBER_COOKIE_NAME="never set", SESSION_PROTECTION=None)
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app, add_context_processor=False)
    app.extensions["desk_login"] = manager
    manager.request_loader(_load)


def enter() -> None:
    """Look the reader up again in the session that is now open, and fill the visit."""
    found = visit()
    found.session_sha = session_sha(request, found.settings)
    manager: LoginManager = current_app.extensions["desk_login"]
    manager._load_user()  # again for each transaction: what was read before may have been revoked since
    reader = current_user._get_current_object()
    found.person = reader.person if isinstance(reader, Reader) else None
    found.actor = queries.actor_of(db(), found.person) if found.person else None
    # an error page has no session to read these from
    found.language = found.person.language if found.person else "en"
    found.zone = found.person.present_zone if found.person else "UTC"


def standing_session(store: Store) -> str | None:
    """The digest of the request's session, if that stands; before its transactions, as the ceiling counts by it."""
    sha = session_sha(request, visit().settings)
    if sha is None:
        return None
    try:
        with store.read() as session:
            return session.scalar(select(SignIn.sha256).where(SignIn.sha256 == sha, SignIn.expires_at > visit().now))
    except SQLAlchemyError:
        return None  # the page itself will say that the database does not answer


def _load(req: Request) -> Reader | None:
    found = visit()
    if found.session_sha is None:
        return None
    person = db().scalar(
        select(Person)
        .join(SignIn, SignIn.person_id == Person.id)
        .where(SignIn.sha256 == found.session_sha, SignIn.expires_at > found.now, Person.disabled_at.is_(None))
    )
    return Reader(person) if person else None
