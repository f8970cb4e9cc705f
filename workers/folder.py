"""A watched folder: which of its files lie ready, their bytes, and where they are put when they were read.

Never follows a link out of the folder, never waits on what is not a plain file, and leaves alone what is hidden or
still being written. Only what was read and kept whole is moved; what could not be read stays where it was put.
"""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from desk.errors import TooLarge, Unreadable

DONE = "done"
UNFINISHED = (".part", ".partial", ".filepart", ".tmp")
SETTLED = 2.0  # seconds: a file untouched for so long is whole
LOOK_AGAIN = 1.0  # seconds: a younger one is, if it has not changed meanwhile


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was when it was looked at; `name` can be stored and shown, whatever bytes the real one has."""

    path: Path
    real: Path
    name: str
    size: int
    touched: int
    inode: int

    @property
    def looked(self) -> str:
        """How it looked, for whoever wants to know whether it is the same still."""
        return f"{self.size} {self.touched} {self.inode}"


def ready(root: Path, most: int, now: datetime, pause: Callable[[float], None]) -> tuple[list[Seen], list[str]]:
    """The files that are whole, those first touched first; and a sentence for each that is left alone: it is larger
    than `most` bytes, or a link out of the folder.

    `pause` waits so many seconds, once, if there are young files. Raises OSError if the folder can't be read.
    """
    seen, refused = _look(root, most)
    edge = int((now.timestamp() - SETTLED) * 1_000_000_000)
    young = [file for file in seen if file.touched > edge]
    if young:
        pause(LOOK_AGAIN)
        again = set(_look(root, most)[0])
        seen = [file for file in seen if file.touched <= edge or file in again]
    return sorted(seen, key=lambda file: (file.touched, file.name)), refused


def read(file: Seen, most: int) -> bytes:
    """Its bytes. Raises TooLarge for more than `most`, Unreadable for what is no plain file now, OSError."""
    handle = os.open(file.real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Unreadable("%(name)s is not a plain file.", name=file.name)
        data = opened.read(most + 1)
    if len(data) > most:
        raise TooLarge("%(name)s is larger than %(limit)s bytes.", name=file.name, limit=most)
    return data


def put_away(file: Seen) -> None:
    """Move a file out of sight, into the folder `done` beside it; where its name is taken it gets one of its own.

    One that was written anew since it was looked at stays, for the next look. Raises OSError.
    """
    if _state(file.path) != (file.size, file.touched, file.inode):
        return
    beside = file.path.parent / DONE
    if beside.is_symlink():  # else whoever may write here could have files put wherever this process may
        raise OSError(errno.ELOOP, f"{DONE} is a link")
    beside.mkdir(exist_ok=True)
    target = beside / file.path.name
    if target.exists():
        target = beside / f"{file.path.stem[:100]}-{file.touched:x}{file.path.suffix[:20]}"
    file.path.rename(target)


def _look(root: Path, most: int) -> tuple[list[Seen], list[str]]:
    inside = root.resolve(strict=True)
    seen, refused = [], []
    for entry in os.scandir(root):
        name = os.fsencode(entry.name).decode("utf-8", "replace")
        if name.startswith(".") or name.lower().endswith(UNFINISHED):
            continue
        try:
            real = Path(entry.path).resolve(strict=True)
            if entry.is_symlink() and not real.is_relative_to(inside):
                refused.append(f"{name} points out of the folder: it was left alone.")
            elif stat.S_ISREG(real.stat().st_mode):
                path = Path(entry.path)
                file = Seen(path, real, name, *_state(path))
                if file.size > most:
                    refused.append(f"{name} is larger than {most} bytes: it was left alone.")
                else:
                    seen.append(file)
        except OSError:  # gone between two looks, or a link to nowhere
            continue
    return seen, refused


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino
