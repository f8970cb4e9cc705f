"""`desk doctor`: what this desk stands on, a line each, with the way out."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from desk import clock, db, heartbeats
from desk import mail as mails
from desk.cli import schema, valkey
from desk.cli.asking import ask_broker, database_trouble
from desk.cli.lock import LOCK, is_held
from desk.cli.office import show
from desk.db import Database
from desk.errors import Invalid, Unavailable
from desk.people import asking
from desk.people.models import Newsroom
from desk.republication.queries import has_licensees
from desk.settings import Settings
from desk.wires import folders
from desk.wires import queries as wires

WAYS_OUT = {
    "ticker": "It runs beside the worker: look at the worker's log, start it with `desk up`",
    "worker": "Its pool takes no bells (the tickers do its work meanwhile): see if the broker is there, start it again",
    "beat": "The tickers do its work meanwhile: look at its log, start it with `desk up`",
}
ASKED = {"ask_mail": "mail address", "ask_phone": "telephone number"}
Line = tuple[str, bool, str]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(as_json: bool) -> None:
    """Check database, migrations, broker, heartbeats, mail and folders; exit status 1 if anything is wrong."""
    lines = list(_look())
    show(
        [{"what": what, "state": "ok" if fine else "WRONG", "says": says} for what, fine, says in lines],
        as_json=as_json,
        empty="",
    )
    sys.exit(0 if all(fine for _, fine, _ in lines) else 1)


def _look() -> Iterator[Line]:
    try:
        settings = Settings.from_env(makes=False)
    except Invalid as error:
        yield "settings", False, str(error)
        return
    yield _folder(settings)
    yield from _database(settings)
    yield _broker(settings)
    yield _mail(settings)


def _database(settings: Settings) -> Iterator[Line]:
    absent = _absent(settings)
    if absent is not None:  # to connect would make it
        yield "database", False, f"{absent} does not exist: `desk init` makes it"
        return
    database = db.connect(settings.database_url)
    try:
        at = schema.current(database.engine)
    except DBAPIError as error:
        yield "database", False, f"{database_trouble(error, settings.database_url)} Start it, or set another"
    else:
        yield "database", True, database.engine.dialect.name
        current = at == schema.head()
        yield "migrations", current, "up to date" if current else "behind this release: run `desk db upgrade`"
        if current:
            yield from _heartbeats(database)
            yield from _wires(database, settings)
            yield from _ask(database)
    finally:
        database.engine.dispose()


def _absent(settings: Settings) -> Path | None:
    """The file that a SQLite database is to be in, if it is not there."""
    url = make_url(settings.database_url)
    file = Path(url.database or ":memory:")
    return file if url.get_backend_name() == "sqlite" and file.name != ":memory:" and not file.exists() else None


def _folder(settings: Settings) -> Line:
    if not settings.var.is_dir():
        return "folder", False, f"{settings.var} does not exist: `desk init` makes it, or set DESK_VAR"
    if not os.access(settings.var, os.W_OK):
        return "folder", False, f"{settings.var} can't be written by this user: chown it, or set DESK_VAR"
    if settings.var.stat().st_mode & 0o007:
        return "folder", False, f"{settings.var} is open to everybody: chmod 700 {settings.var}"
    return "folder", True, str(settings.var)


def _heartbeats(database: Database) -> Iterator[Line]:
    now = clock.utcnow()
    with database.reading() as session:
        seen, silent = heartbeats.latest(session), heartbeats.silent(session, now)
    for name in heartbeats.NAMES:
        age = f"{int((now - seen[name]).total_seconds())} s" if name in seen else None
        if age is None:
            yield name, False, f"never seen. {WAYS_OUT[name]}"
        elif name in silent:
            yield name, False, f"silent for {age}. {WAYS_OUT[name]}"
        else:
            yield name, True, f"seen {age} ago"


def _wires(database: Database, settings: Settings) -> Iterator[Line]:
    """Whether the watched folders are where folders may be watched; what stands elsewhere is never read.

    Releases before this one put what they could not read into a folder `failed` beside it; this one looks in none.
    """
    with database.reading() as session:
        watched = [one for one in wires.sources(session) if one.kind == "folder" and one.stopped_at is None]
    wrong, failed = [], []
    for source in watched:
        try:
            where = folders.inside(settings.wire_root, source.url) / "failed"
        except Invalid as error:
            wrong.append(f"{source.name} is not read: {error}")
        else:
            failed += [str(where)] if _has_files(where) else []
    if failed:
        wrong.append(
            f"files lie unread in {', '.join(failed)}, where an earlier release put what it could not read: move those "
            "that are wanted into the folder above, which is watched, and delete the others"
        )
    yield from (("wires", False, says) for says in wrong)
    if not wrong:
        yield "wires", True, f"folders are watched below {settings.wire_root}"


def _ask(database: Database) -> Iterator[Line]:
    """Whether licensees, once there are some, are told of an address and a telephone number at which to ask."""
    with database.reading() as session:
        newsroom = session.get(Newsroom, 1)
        missing = asking.missing(newsroom) if newsroom is not None and has_licensees(session) else None
    if missing:
        names = " and ".join(ASKED[name] for name in missing)
        yield "licensees", False, f"no {names} is set where they can ask: an administrator sets it under Settings"
    elif missing is not None:
        yield "licensees", True, "they are told where to ask"


def _has_files(folder: Path) -> bool:
    try:
        return any(one.is_file() for one in folder.iterdir())
    except OSError:  # there is none, which is as it should be, or it is not ours to look into
        return False


def _broker(settings: Settings) -> Line:
    if settings.redis_url is not None:
        return _asked(settings.redis_url, "Work goes on by the tickers, later than it should: start it again.")
    if not is_held(settings.var / LOCK):
        return "broker", True, "embedded: `desk up` starts it"
    url = valkey.running_url(settings.var / "valkey")
    if url is None:
        return (
            "broker",
            False,
            "embedded, and a desk runs without it: look at `desk up`'s screen, stop it, start it again",
        )
    return _asked(url, f"It is the embedded one; its log is {settings.var / 'valkey' / 'valkey.log'}.")


def _asked(url: str, way_out: str) -> Line:
    try:
        ask_broker(url)
    except Unavailable as error:
        return "broker", False, f"{error} {way_out}"
    return "broker", True, "answers"


def _mail(settings: Settings) -> Line:
    if settings.smtp_url is None:
        return "mail", True, "captured and shown at /mail, never sent: set SMTP_URL to send"
    handed = mails.SmtpMailer(settings.smtp_url, timeout=10).greet()
    return "mail", handed.outcome == "taken", handed.said
