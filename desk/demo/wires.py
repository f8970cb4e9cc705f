"""The demo's wire: sample files of agencies that do not exist, dropped one by one into the folders that are watched.

`python -m desk.demo.wires FOLDER` drops what is not dropped yet over the first minutes and then waits quietly to be
stopped, so that whoever keeps processes running has nothing to start again. What was dropped is noted in the folder.
"""

import shlex
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from desk import clock
from desk.demo.dates import stamped
from desk.settings import Settings

SAMPLES = Path(__file__).parent / "samples"
AGENCIES = {
    "Nordpress": "UTC",
    "Atlas": "UTC",
    "Capital": "Europe/Brussels",
    "Bosporus": "Europe/Istanbul",
    "Alpen": "UTC",
}
NOTE = ".dropped"
FIRST = 4.0  # seconds until the first file
MINUTES = 4.0  # over which they are dropped


def inbox(settings: Settings) -> Path:
    """The folder in which each agency has a watched folder of its own."""
    return settings.wire_root / "inbox"


def make_folders(folder: Path) -> dict[str, Path]:
    """Make the watched folders, by agency; what lies in them stays."""
    folders = {agency: folder / agency.lower() for agency in AGENCIES}
    for path in folders.values():
        path.mkdir(parents=True, exist_ok=True)
    return folders


def left(folder: Path) -> list[Path]:
    """The sample files that were not dropped into `folder` yet, in their order."""
    note = folder / NOTE
    dropped = set(note.read_text().split()) if note.exists() else set()
    return [sample for sample in sorted(SAMPLES.glob("*.xml")) if sample.name not in dropped]


def command(settings: Settings) -> str | None:
    """The command line of the process that drops the files, or None if there is nothing left to drop."""
    folder = inbox(settings)
    if not folder.is_dir() or not left(folder):
        return None
    return shlex.join([sys.executable, "-m", "desk.demo.wires", str(folder)])


def drip(folder: Path, seconds: float, *, now: Callable[[], datetime], wait: Callable[[float], None]) -> None:
    """Drop the files that are left, the first after four seconds, the last `seconds` after the first."""
    samples = left(folder)
    gap = seconds / max(1, len(samples) - 1)
    for n, sample in enumerate(samples):
        wait(gap if n else FIRST)
        drop(folder, sample, now())


def drop(folder: Path, sample: Path, now: datetime) -> Path:
    """Put one sample, told as of `now`, into its agency's folder, whole or not at all; and note that it was."""
    target = folder / sample.stem.partition("-")[2] / sample.name
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(stamped(sample.read_bytes(), now))
    part.rename(target)
    with (folder / NOTE).open("a") as note:
        note.write(f"{sample.name}\n")
    return target


def main(arguments: Sequence[str]) -> None:
    """Drop the files, then wait for a signal."""
    drip(Path(arguments[0]), MINUTES * 60, now=clock.utcnow, wait=time.sleep)
    while True:
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1:])
