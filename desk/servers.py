"""Servers of our own, by the addresses that an operator writes: read strictly, and named without any password.

What can't be used is refused as settings are read, with a sentence that names the variable; it quotes nothing of the
address, since a part that stands in the wrong place may be a part of the password.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from desk.errors import Invalid

LAST_PORT = 65535
LIKE = {
    "DATABASE_URL": "postgresql://NAME:PASSWORD@HOST:5432/DATABASE or sqlite:////FOLDER/FILE",
    "REDIS_URL": "redis://NAME:PASSWORD@HOST:6379/0, or rediss://… for TLS",
    "SMTP_URL": "smtp://NAME:PASSWORD@HOST:587?starttls=1 or smtps://NAME:PASSWORD@HOST",
    "DESK_URL": "https://desk.example.org",
}
_ESCAPED = "; in a name or a password, @ is written %40, : is %3A, / is %2F, # is %23, ? is %3F"
_NO_PORT = f"what stands as its port is not a whole number from 1 to {LAST_PORT}"


@dataclass(frozen=True)
class MailServer:
    """A mail server, as SMTP_URL names it."""

    host: str
    port: int
    implicit_tls: bool
    starttls: bool
    user: str
    password: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Read smtp://user:password@host:587?starttls=1 or smtps://… . Raises Invalid for what is neither."""
        parts = _read("SMTP_URL", url.strip(), ("smtp", "smtps"))
        options = parse_qs(parts.query, keep_blank_values=True)
        starttls = options.pop("starttls", ["0"])[-1] in ("1", "true", "yes")
        if options:
            raise _refused("SMTP_URL", url, "after the ? only starttls=1 is understood")
        implicit = parts.scheme == "smtps"
        usual = 465 if implicit else 587 if starttls else 25
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname or "", parts.port or usual, implicit, starttls and not implicit, user, password)


def database(url: str) -> str:
    """The address of a database as SQLAlchemy takes it. Raises Invalid for one that it can't use."""
    from sqlalchemy import make_url  # it takes a while, and who only asks for help reads no address
    from sqlalchemy.exc import ArgumentError

    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            url = "postgresql+psycopg://" + url.removeprefix(scheme)
    if not url.startswith(("sqlite://", "postgresql+psycopg://")):
        raise _refused("DATABASE_URL", url, "it begins with neither sqlite:// nor postgresql://")
    try:
        read = make_url(url)
    except ValueError:  # it is the port that SQLAlchemy makes a number of
        raise _refused("DATABASE_URL", url, _NO_PORT) from None
    except ArgumentError:
        raise _refused("DATABASE_URL", url, "it can't be read as an address") from None
    if read.port is not None and not 1 <= read.port <= LAST_PORT:
        raise _refused("DATABASE_URL", url, _NO_PORT)
    try:
        read.get_dialect()().create_connect_args(read)
    except (ArgumentError, ValueError, TypeError):
        raise _refused("DATABASE_URL", url, "it names a server for a file, or has an option wrong") from None
    return url


def broker(url: str) -> str:
    """The address of a Valkey or Redis server, as all of Celery, our own clients and the rate limits take it.

    Raises Invalid for one that any of them can't use: a socket of the machine, for one.
    """
    parts = _read("REDIS_URL", url, ("redis", "rediss"))
    number = parts.path.removeprefix("/")
    if number and not (number.isascii() and number.isdecimal()):
        raise _refused("REDIS_URL", url, "what follows its host is not the number of a database")
    if any(not option.startswith("ssl_") for option in parse_qs(parts.query, keep_blank_values=True)):
        raise _refused("REDIS_URL", url, "after the ? only what begins with ssl_ is understood")
    return url


def web(url: str) -> str:
    """The address under which this desk's pages are reached, without a / at its end. Raises Invalid."""
    parts = _read("DESK_URL", url, ("http", "https"))
    if parts.query or parts.fragment or parts.username is not None:
        raise _refused("DESK_URL", url, "it has more than a scheme, a host, a port and a path")
    return url.rstrip("/")


def at(url: str, usual: int, otherwise: str) -> str:
    """Where a server is, to be shown: `otherwise` if that can't be told from a name and password, which never are."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "localhost", parts.port or usual
    except ValueError:
        return otherwise
    if "@" in parts.path + parts.query + parts.fragment:  # a / or # in a password: what looks like the host is none
        return otherwise
    return f"{host}:{port}"


def _read(name: str, url: str, schemes: Collection[str]) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _refused(name, url, "it can't be read as an address") from None
    if parts.scheme not in schemes:
        raise _refused(name, url, f"it does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise _refused(name, url, _NO_PORT)
    if not parts.hostname:
        raise _refused(name, url, "it names no host")
    if "@" in parts.path + parts.query + parts.fragment:
        raise _refused(name, url, "its name or password has a sign in it that must be written otherwise")
    return parts


def _refused(name: str, url: str, why: str) -> Invalid:
    return Invalid(
        "%(name)s can't be used: %(why)s. It is written %(like)s%(escaped)s.",
        field=name, name=name, why=why, like=LIKE[name], escaped=_ESCAPED if "@" in url else "",
    )  # fmt: skip
