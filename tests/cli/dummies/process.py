"""A stand-in for web, worker and beat. Says its process number, then does as it is told by its arguments."""

import os
import signal
import sys
import time
from types import FrameType


def finish(_signum: int, _frame: FrameType | None) -> None:
    """Takes its time, and finishes."""
    time.sleep(1.5)
    os.write(1, b"sent\n")
    os._exit(0)


options = set(sys.argv[1:])
if "stubborn" in options:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "sending" in options:
    signal.signal(signal.SIGTERM, finish)
if "parent" in options and os.fork() == 0:
    options.discard("dies")
    if "moves" in options:
        os.setsid()
os.write(1, b"pid %d\n" % os.getpid())
if "dies" in options:
    sys.exit(3)
if "floods" in options:
    while True:
        os.write(1, b"copy copy copy\n" * 1000)
while True:
    time.sleep(60)
