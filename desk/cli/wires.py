"""`desk wires`: sources, polling them now, and reading wire files without a database."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from desk import clock, net
from desk.actor import SYSTEM
from desk.cli.office import open_store, show
from desk.errors import DeskError, Invalid
from desk.newsroom import wiring
from desk.settings import Settings
from desk.wires import queries, reading, rules
from desk.wires.models import Source
from workers import fetch

BRIEFLY = ("name", "health", "last_new", "next_poll", "said")  # what a terminal has room for


@click.group()
def wires() -> None:
    """Copy from other agencies."""


@wires.command("add")
@click.argument("name")
@click.argument("where", metavar="URL|FOLDER")
@click.option("--zone", default="UTC", show_default=True, help="Where times without a zone are meant.")
@click.option("--every", default=60, show_default=True, help="Seconds between two polls.")
def add(name: str, where: str, zone: str, every: int) -> None:
    """Add a feed by its address, or a folder to watch: one below DESK_WIRES."""
    settings = Settings.from_env()
    where = _place(where, settings)
    with open_store(settings).write() as session:
        source = wiring.add_source(
            session, SYSTEM, name=name, url=where, zone=zone, every=every, root=settings.wire_root, now=clock.utcnow()
        )
    click.echo(f"{source.name} is added: it is polled every {source.every} s.")


@wires.command("change")
@click.argument("name")
@click.option("--name", "new_name", help="What it is called from now on.")
@click.option("--where", metavar="URL|FOLDER", help="Where it is from now on.")
@click.option("--zone", help="Where times without a zone are meant.")
@click.option("--every", type=int, help="Seconds between two polls.")
def change(name: str, new_name: str | None, where: str | None, zone: str | None, every: int | None) -> None:
    """Change a source: what is not given stays as it is."""
    settings = Settings.from_env()
    where = _place(where, settings) if where is not None else None
    with open_store(settings).write() as session:
        source = _called(session, name)
        wiring.change_source(
            session, SYSTEM, source.public_id,
            name=source.name if new_name is None else new_name, url=source.url if where is None else where,
            zone=source.zone if zone is None else zone, every=source.every if every is None else every,
            root=settings.wire_root, now=clock.utcnow(),
        )  # fmt: skip
        click.echo(f"{source.name} is changed: {source.url}, every {source.every} s, times of {source.zone}.")


@wires.command("stop")
@click.argument("name")
@click.option("--why", default="", help="Why, for whoever asks.")
def stop(name: str, why: str) -> None:
    """Read a source no more until it is started again; it stays in the lists."""
    with open_store().write() as session:
        wiring.stop_source(session, SYSTEM, _called(session, name).public_id, why=why, now=clock.utcnow())
    click.echo(f"{name} is stopped: `desk wires start` reads it again.")


@wires.command("start")
@click.argument("name")
def start(name: str) -> None:
    """Read a source again that was stopped or removed."""
    settings = Settings.from_env()
    with open_store(settings).write() as session:
        source = _called(session, name)
        wiring.start_source(session, SYSTEM, source.public_id, root=settings.wire_root, now=clock.utcnow())
    click.echo(f"{name} is read again, at once.")


@wires.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Read a source no more, and list it no more; what it sent stays."""
    with open_store().write() as session:
        wiring.remove_source(session, SYSTEM, _called(session, name).public_id, now=clock.utcnow())
    click.echo(f"{name} is removed, and what it sent stays: `desk wires start` reads it again.")


@wires.command("poll")
@click.argument("names", nargs=-1, metavar="[NAME…]")
def poll(names: tuple[str, ...]) -> None:
    """Poll sources now (all that are not stopped, if none is named) and say what came."""
    settings = Settings.from_env()
    store = open_store(settings)
    with store.read() as session:
        chosen = [_called(session, name) for name in names] or _running(session)
    if not chosen:
        click.echo("There is no source to poll: `desk wires add NAME URL` makes one.")
    failed = False
    for source in chosen:
        polled = fetch.poll_now(store, source.public_id, settings=settings, now=clock.utcnow)
        failed = failed or polled is None or polled.outcome != "taken"
        click.echo(f"{source.name}: {_says(source, polled)}")
    if failed:
        sys.exit(1)


@wires.command("list")
@click.option("--removed", is_flag=True, help="Those that were removed, and only those.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(removed: bool, as_json: bool) -> None:
    """The sources, and how each is doing."""
    with open_store().read() as session:
        rows = [_row(source) for source in queries.sources(session, removed=removed)]
    if not as_json:
        rows = [{name: row[name] for name in BRIEFLY} for row in rows]
    show(rows, as_json=as_json, empty="There are no sources yet: `desk wires add NAME URL|FOLDER` makes one.")


@wires.command("parse")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--zone", default="UTC", show_default=True, help="Where times without a zone are meant.")
def parse(files: tuple[str, ...], zone: str) -> None:
    """Read wire files ("-" is standard input) and print one JSON object a line for each item.

    Needs no database. A file that can't be read is one line on standard error, and the exit status is 1.
    """
    zone = clock.find_zone(zone)
    failed = False
    for path in files:
        name = os.fsencode(path).decode("utf-8", "replace")
        try:
            data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
            items = reading.read(data, file=name, zone=zone)
        except DeskError as error:
            failed = True
            click.echo(f"{name}: {net.one_line(str(error))}", err=True)
        except OSError as error:
            failed = True
            click.echo(f"{name}: {error.strerror}", err=True)
        else:
            for item in items:
                click.echo(item.to_json_line())
    if failed:
        sys.exit(1)


def _place(where: str, settings: Settings) -> str:
    """Where copy is to come from: an address that this desk may talk to, or a path from the root."""
    if where and "://" not in where:
        return str(Path(where).absolute())
    if rules.kind_of(where) == "feed":
        net.check_address(where, private=settings.private_addresses)
    return where


def _called(session: Session, name: str) -> Source:
    """The source of that name, removed or not."""
    known = {one.name: one for removed in (True, False) for one in queries.sources(session, removed=removed)}
    if name not in known:
        raise Invalid("There is no source called %(name)s: `desk wires list` shows them.", name=name)
    return known[name]


def _running(session: Session) -> list[Source]:
    return [one for one in queries.sources(session) if one.stopped_at is None]


def _says(source: Source, polled: fetch.Polled | None) -> str:
    if polled is None:
        return f"stopped: {source.stopped_why or 'by hand'}" if source.stopped_at else "is being polled by a worker"
    taken = polled.taken
    came = f"{taken.new} new, {taken.revised} revised, {taken.same} as before"
    return f"{came}. {polled.said}" if polled.said else came


def _row(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "health": rules.health(source, clock.utcnow()),
        "kind": source.kind,
        "url": source.url,
        "every": source.every,
        "last_poll": _utc(source.last_poll_at),
        "last_new": _utc(source.last_new_at),
        "next_poll": _utc(source.next_poll_at),
        "failures": source.failures,
        "said": source.stopped_why if source.stopped_at else source.said,
    }


def _utc(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
