"""`desk wires`: sources, polling them now, and reading wire files without a database."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

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
    """Add a feed by its address, or a folder to watch."""
    settings = Settings.from_env()
    kind = "feed" if where.lower().startswith(("http://", "https://")) else "folder"
    if kind == "feed":
        net.check_address(where, private=settings.private_addresses)
    else:
        where = str(Path(where).absolute())
    with open_store(settings).write() as session:
        source = wiring.add_source(
            session, SYSTEM, name=name, kind=kind, url=where, zone=zone, every=every, now=clock.utcnow()
        )
    click.echo(f"{source.name} is added: it is polled every {source.every} s.")


@wires.command("poll")
@click.argument("names", nargs=-1, metavar="[NAME…]")
def poll(names: tuple[str, ...]) -> None:
    """Poll sources now (all that are not stopped, if none is named) and say what came."""
    settings = Settings.from_env()
    store = open_store(settings)
    with store.read() as session:
        chosen = _chosen(list(queries.sources(session)), names)
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
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(as_json: bool) -> None:
    """The sources, and how each is doing."""
    with open_store().read() as session:
        rows = [_row(source) for source in queries.sources(session)]
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


def _chosen(sources: list[Source], names: tuple[str, ...]) -> list[Source]:
    known = {source.name: source for source in sources}
    for name in names:
        if name not in known:
            raise Invalid("There is no source called %(name)s: `desk wires list` shows them.", name=name)
    return [known[name] for name in names] if names else [one for one in sources if one.stopped_at is None]


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
