"""create_app: wiring only."""

from datetime import timedelta
from typing import Any

from flask import Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.middleware.proxy_fix import ProxyFix

from desk import db
from desk.http import answers, cookies, login, rendering
from desk.http.transactions import DeskFlask, open_visit
from desk.settings import Settings, resource
from desk.store import Ring, Store, silent
from desk.web.blueprints import blueprints

MOST_BODY = 12 * 1024 * 1024
THREADS = 16
CEILING = "1200 per minute"
BROKER: dict[str, Any] = {"socket_connect_timeout": 0.1, "socket_timeout": 0.1}
CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def create_app(settings: Settings, *, database: db.Database | None = None, ring: Ring = silent) -> DeskFlask:
    """The web app. The engine is made here unless a test brings its own database."""
    app = DeskFlask(
        "desk.web",
        template_folder=str(resource("templates")),
        static_folder=str(resource("web/static") if resource("web/static").exists() else resource("desk/web/static")),
        static_url_path="/static",
    )
    app.settings = settings
    app.store = Store(database or db.connect(settings.database_url, pool_size=THREADS), ring)
    app.config.update(
        SECRET_KEY=settings.secret_keys[0],
        MAX_CONTENT_LENGTH=MOST_BODY,
        MAX_FORM_MEMORY_SIZE=MOST_BODY,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        BABEL_TRANSLATION_DIRECTORIES=str(resource("translations")),
    )
    app.before_request(lambda: open_visit(app))
    login.install(app)
    answers.install(app)
    rendering.install(app)
    _limit(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    app.after_request(_headers)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # how Werkzeug wraps
    return app


def _limit(app: DeskFlask) -> None:
    """A ceiling for each reader and page; without a broker it is counted in memory. What has not changed is free.

    By session where there is one: a whole newsroom may stand behind one address. A cookie that is no session of ours
    counts for nothing, or anybody could be somebody else each time.
    """
    settings = app.settings
    Limiter(
        lambda: login.standing_session(app.store) or get_remote_address(),
        app=app,
        default_limits=[CEILING],
        default_limits_deduct_when=lambda response: response.status_code != 304,
        storage_uri=settings.redis_url or "memory://",
        storage_options=BROKER if settings.redis_url else {},
        in_memory_fallback_enabled=True,
        swallow_errors=True,
    )


def _headers(response: Response) -> Response:
    response = cookies.finish(response) if request.endpoint != "static" else response
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if request.endpoint == "static" and request.args.get("v"):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif request.endpoint != "static":
        headers.setdefault("Cache-Control", "private, no-store")
        headers.add("Vary", "Cookie")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
