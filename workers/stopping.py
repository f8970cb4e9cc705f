"""Whether this worker was told to stop, for its whole pool to see: a child itself hears nothing of a clean stop."""

import mmap
from collections.abc import Callable

Stop = Callable[[], bool]  # asked between two pieces of work: whether to begin no more

_told = mmap.mmap(-1, 1)  # anonymous memory, shared with every child forked from here; no lock for a killed one to keep


def tell(**_: object) -> None:
    """From now on nothing more is begun; what is under way is finished."""
    _told[0] = 1


def told() -> bool:
    """Whether this worker, or the one that this process is a child of, was told to stop."""
    return _told[0] == 1
