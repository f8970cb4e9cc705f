"""Whether the desk lives: `/healthz` for the process, `/readyz` for what it stands on."""

import redis
from flask import Response, jsonify
from redis.exceptions import RedisError
from sqlalchemy import text

from desk import heartbeats
from desk.http.context import db, now, visit
from desk.http.routing import Pages

pages = Pages("health", __name__)


@pages.read("/healthz", may="public")
def live() -> Response:
    """This process answers."""
    return jsonify(status="ok")


@pages.read("/readyz", may="public")
def ready() -> tuple[Response, int]:
    """Database, broker and heartbeats; `degraded` (200) means that work goes on, later than it should."""
    db().execute(text("SELECT 1"))
    seen = heartbeats.latest(db())
    silent = heartbeats.silent(db(), now())
    broker = _broker_answers()
    answer = {
        "status": "ok" if broker and not silent else "degraded",
        "database": "ok",
        "broker": "ok" if broker else "down",
        "heartbeats": {name: at.isoformat() for name, at in sorted(seen.items())},
        "silent": silent,
    }
    return jsonify(answer), 200


def _broker_answers() -> bool:
    url = visit().settings.redis_url
    if url is None:
        return False
    try:
        with redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5) as broker:
            return bool(broker.ping())
    except (RedisError, OSError):
        return False
