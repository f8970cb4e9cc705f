"""A real desk for the browser: `desk up` in a process of its own, with a mail sink beside it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A desk that runs: its address, its state folder, what it printed, its process."""

    url: str
    var: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def link(self) -> str:
        """The first one-time link that it printed."""
        found = re.search(r"http\S+/come-in/\w+", self.log.read_text())
        assert found, self.log.read_text()
        return found[0]


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def desk_up(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[Running]:
    """Run `desk up` with its state under `folder`, until the block ends; then it must go within its grace."""
    port = free_port()
    var, log = folder / "var", folder / "desk.log"
    given = {
        **os.environ,
        "DESK_VAR": str(var),
        "PORT": str(port),
        "DESK_URL": f"http://localhost:{port}",
        "DESK_PRIVATE_ADDRESSES": "1",
        "DESK_TICK": "0.5",
        **(env or {}),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("desk")), "up", *arguments],
            env=given,
            cwd=cwd,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(lambda: "Stop with Ctrl-C" in log.read_text() or process.poll() is not None, log)
            assert process.poll() is None, log.read_text()
            yield Running(f"http://localhost:{port}", var, log, process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _wait(holds: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"the desk did not come up:\n{log.read_text()}")
        time.sleep(0.1)
