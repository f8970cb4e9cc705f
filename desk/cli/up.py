"""`desk up`: everything with one command. Migrates, starts the broker if none is named, then the Procfile."""

import errno
import http.client
import socket
import sys
import urllib.request
from collections.abc import Callable

import click
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from desk import db
from desk.cli import database, demo
from desk.cli.asking import ask_broker, database_trouble
from desk.cli.lock import LOCK, only_one
from desk.cli.office import open_store
from desk.cli.supervisor import Process, read_procfile, run
from desk.cli.valkey import EmbeddedValkey
from desk.demo import wires as demo_wires
from desk.errors import Invalid, NotNow, Unavailable
from desk.settings import Settings, environment, resource

LAST_PORT = 65535
SENDING = {"worker": 30.0}  # hand-overs under way may finish


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Load the demo newsroom, if the database is empty.")
def up(with_demo: bool) -> None:
    """Run the desk: web, worker, beat, and a broker of its own unless REDIS_URL names one."""
    settings = Settings.from_env()
    settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    with only_one(settings.var / LOCK, settings.url) as lock:
        _must_be_free(settings.host, settings.port)
        _must_answer(settings)
        click.echo("Bringing the database up to date …")
        database.bring_up(settings)
        lines = _welcome(settings, with_demo)
        env = environment() | _for_children(settings, with_demo)
        processes = []
        if settings.redis_url is None:
            broker = EmbeddedValkey(settings.var / "valkey")
            env["REDIS_URL"] = broker.url
            processes.append(broker.process(env))
        for name, command in read_procfile(resource("Procfile")).items():
            processes.append(
                Process(
                    name=name,
                    command=command,
                    env=env,
                    layer=1 if name == "web" else 2,  # readers first: the others would slow its start
                    grace=SENDING.get(name, 6.0),
                    finishing="finish sending" if name in SENDING else "stop",
                    ready=_web_answers(settings) if name == "web" else None,
                )
            )
        if with_demo and (drip := demo_wires.command(settings)):
            processes.append(Process(name="drip", command=drip, env=env, layer=2, grace=2))
        sys.exit(run(processes, lock=lock, on_ready=lambda: click.echo("\n".join(lines))))


def _must_be_free(host: str, port: int) -> None:
    """Said once and plainly here, not by a web server that dies of it again and again."""
    if not 1 <= port <= LAST_PORT:
        raise Invalid("PORT must lie between 1 and %(last)s, not be %(port)s.", last=LAST_PORT, port=port)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # a connection that has just ended is no hindrance
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise NotNow(
                "Port %(port)s is in use by another program. Stop that one, or set PORT to a port that is free.",
                port=port,
            ) from None
        raise Invalid(
            "The desk can't listen at %(host)s, port %(port)s (%(why)s): set DESK_HOST and PORT to others.",
            host=host, port=port, why=error.strerror,
        ) from None  # fmt: skip


def _must_answer(settings: Settings) -> None:
    """A database or a broker that is named must be there: never a silent fall-back."""
    try:
        engine = db.connect(settings.database_url).engine
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        engine.dispose()
    except DBAPIError as error:
        raise Unavailable(
            "%(said)s See that %(folder)s is yours and that its disk has room, or set DESK_VAR to another folder."
            if settings.database_url.startswith("sqlite")
            else "%(said)s Start it, or name another.",
            said=database_trouble(error, settings.database_url),
            folder=settings.var,
        ) from error
    if settings.redis_url is not None:
        try:
            ask_broker(settings.redis_url)
        except Unavailable as error:
            raise Unavailable(
                "%(said)s That is the broker that REDIS_URL names: start it, name another, or leave REDIS_URL unset: "
                "then one is started here.",
                said=error,
            ) from error


def _for_children(settings: Settings, with_demo: bool) -> dict[str, str]:
    env = {"DESK_VAR": str(settings.var), "PORT": str(settings.port)}
    if with_demo:
        env |= {"DESK_DEMO": "1", "DESK_PRIVATE_ADDRESSES": "1"}
    return env


def _welcome(settings: Settings, with_demo: bool) -> list[str]:
    """What is printed once the web answers: the address, and links by which to come in."""
    store = open_store(settings)
    lines = ["", f"Dateline is at {settings.url}"]
    if with_demo:
        lines += demo.load(store, settings)
    elif link := database.first_link(store, settings):
        lines += ["Nobody runs this newsroom yet. Its first administrator comes in once by this link:", f"  {link}"]
    store.database.engine.dispose()
    return [*lines, "Stop with Ctrl-C.", ""]


def _web_answers(settings: Settings) -> Callable[[], bool]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104  # it is compared, not bound

    def ready() -> bool:
        try:
            with direct.open(f"http://{host}:{settings.port}/healthz", timeout=0.3) as answer:
                return bool(answer.status == 200)
        except (OSError, http.client.HTTPException):
            return False

    return ready
