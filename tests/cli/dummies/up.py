"""`desk up` with nothing but the supervisor: runs what the JSON in its first argument names."""

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from desk.cli import supervisor
from desk.cli.lock import only_one
from desk.cli.valkey import EmbeddedValkey
from desk.errors import NotNow


def say(sentence: str) -> None:
    """Onto the screen."""
    sys.stdout.write(f"{sentence}\n")


def main() -> int:
    """Exit status 2, with the sentence, when it is refused."""
    given = json.loads(sys.argv[1])
    supervisor.LEFTOVERS = 0.3
    env = dict(os.environ)
    ready = (lambda: False) if given.get("never_ready") else None
    processes = [supervisor.Process(env=env, ready=ready, **process) for process in given["processes"]]
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(only_one(Path(given["lock"]))) if "lock" in given else None
        except NotNow as refusal:
            say(str(refusal))
            return 2
        if "valkey" in given:
            valkey = EmbeddedValkey(Path(given["valkey"]))
            say(f"valkey at {valkey.url}")
            processes.insert(0, valkey.process(env))
        return supervisor.run(
            processes, lock=lock, on_ready=lambda: say("all ready"), orphan_grace=given["orphan_grace"]
        )


if __name__ == "__main__":
    sys.exit(main())
