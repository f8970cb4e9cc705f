"""Whether the servers that are named answer now: one sentence of `desk up` and of `desk doctor` alike."""

from sqlalchemy.exc import DBAPIError

from desk import servers, trouble
from desk.errors import Unavailable


def database_trouble(error: DBAPIError, url: str) -> str:
    """Why a database can't be used, in a sentence that names where it is, and never its password."""
    if url.startswith("sqlite"):
        return f"The database file can't be used: {error.orig}."
    said = str(trouble.of(error.orig or error, servers.at(url, 5432, "DATABASE_URL"))).rstrip(".")
    return f"{said}. That is the database that DATABASE_URL names."


def ask_broker(url: str) -> None:
    """Say PING to a broker. Raises Unavailable with a sentence that names where it is, and never its password."""
    import redis  # a third of a second, which a start with a broker of our own need not wait for
    from redis.exceptions import RedisError

    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as broker:
            broker.ping()
    except (RedisError, OSError) as error:
        raise Unavailable("%(said)s", said=trouble.of(error, servers.at(url, 6379, "REDIS_URL"))) from error
    except (TypeError, ValueError) as error:  # an option that this client does not take; its words may be a password's
        raise Unavailable("REDIS_URL has an option that is not understood.") from error
