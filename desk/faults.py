"""A worker's death where it hurts, on demand: for the tests that kill, and off unless DESK_FAULT names a point."""

import os
import signal
from pathlib import Path

from desk.settings import Settings

POINTS = ("after_claim", "before_send", "after_send", "before_mark")


class Faults:
    """Dies by SIGKILL at the point that DESK_FAULT names, once: the file `fault.POINT` in the state folder says it
    has been. Remove the file and it happens again."""

    def __init__(self, point: str | None, folder: Path) -> None:
        self._point = point
        self._flag = folder / f"fault.{point}"

    @classmethod
    def of(cls, settings: Settings) -> "Faults":
        return cls(settings.fault, settings.var)

    def at(self, point: str) -> None:
        """Die here, if this is the point and it has not happened yet."""
        if point != self._point:
            return
        try:
            self._flag.touch(exist_ok=False)  # one process of many is the one
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
