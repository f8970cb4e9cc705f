"""This process's store: made after the fork, one for each process."""

from desk import db, models
from desk.ring import Doorbell
from desk.settings import Settings
from desk.store import Store, silent

_store: Store | None = None
_ = models.ALL  # every table must be mapped before the first query


def store() -> Store:
    """The store of this process."""
    global _store
    if _store is None:
        settings = Settings.from_env()
        ring = Doorbell(settings.redis_url) if settings.redis_url else silent
        _store = Store(db.connect(settings.database_url), ring)
    return _store


def forget() -> None:
    """Let go of connections that a parent process opened, without closing its end of them."""
    global _store
    if _store is not None:
        _store.database.engine.dispose(close=False)
        _store = None
