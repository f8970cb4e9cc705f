"""Which folders of this server are watched: those below one root, the setting DESK_WIRES, and no other.

Files are moved out of a watched folder once they were read, so a slip of the hand must not name a folder of the system.
It is judged by where a path really leads, when a source is made and again each time that it is read.
"""

from pathlib import Path

from desk.errors import Invalid
from desk.text import shorten


def inside(root: Path, where: str) -> Path:
    """Where this path really leads, symbolic links and `..` resolved. Raises Invalid unless that is below `root`."""
    try:
        real, top = Path(where).resolve(), root.resolve()
    except (OSError, ValueError, RuntimeError):  # a name that no disk takes, links that lead in a circle
        raise _none(where) from None
    if real == top or not real.is_relative_to(top):
        raise Invalid(
            "%(path)s is not below %(root)s, and only folders below that are watched: their files are moved once they "
            "were read. Use a folder in there, or name another root by the setting DESK_WIRES.",
            field="url",
            path=shorten(where, 100),
            root=str(root),
        )
    return real


def existing(root: Path, where: str) -> Path:
    """The same, of a folder that is there. Raises Invalid."""
    real = inside(root, where)
    try:
        there = real.is_dir()
    except OSError:  # a longer name than a disk takes
        there = False
    if not there:
        raise _none(where)
    return real


def _none(where: str) -> Invalid:
    return Invalid("There is no folder %(path)s on this server.", field="url", path=shorten(where, 100))
