"""A watched folder: which of its files lie ready, their bytes, and where they are put when they were read.

Never follows a link out of the folder, never waits on what is not a plain file, and leaves alone what is hidden or
still being written.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from desk.errors import TooLarge, Unreadable

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


def ready(root: Path, now: datetime, pause: Callable[[float], None]) -> tuple[list[Seen], list[str]]:
    """The files that are whole, those first touched first; and a sentence for each that was refused.

    `pause` waits so many seconds, once, if there are young files. Raises OSError if the folder can't be read.
    """
    seen, refused = _look(root)
    edge = int((now.timestamp() - SETTLED) * 1_000_000_000)
    young = [file for file in seen if file.touched > edge]
    if young:
        pause(LOOK_AGAIN)
        again = set(_look(root)[0])
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


def put_away(file: Seen, into: Literal["done", "failed"]) -> None:
    """Move a file out of sight, into a folder beside it; where its name is taken it gets one of its own.

    One that was written anew since it was looked at stays, for the next look. Raises OSError.
    """
    if _state(file.path) != (file.size, file.touched, file.inode):
        return
    beside = file.path.parent / into
    beside.mkdir(exist_ok=True)
    target = beside / file.path.name
    if target.exists():
        target = beside / f"{file.path.stem[:100]}-{file.touched:x}{file.path.suffix[:20]}"
    file.path.rename(target)


def _look(root: Path) -> tuple[list[Seen], list[str]]:
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
                seen.append(Seen(path, real, name, *_state(path)))
        except OSError:  # gone between two looks, or a link to nowhere
            continue
    return seen, refused


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino
