"""The whole timetable on one screen: what beat rings, and how often. Seconds.

The same verbs are run by every worker's ticker, so that no beat means late, not stopped.
"""

from typing import Any

EVERY = {
    "workers.desk.tick": 5.0,
    "workers.deliver.lane": 5.0,
    "workers.fetch.due": 5.0,
    "workers.desk.sweep": 60.0,
    "workers.desk.prune": 3600.0,
    "workers.desk.alive": 15.0,
}
ARGUMENTS: dict[str, list[tuple[str, ...]]] = {
    "workers.deliver.lane": [("mail",), ("webhook",)],
    "workers.desk.alive": [("beat",)],
}

SCHEDULE: dict[str, dict[str, Any]] = {
    f"{name} {' '.join(arguments)}".strip(): {
        "task": name,
        "schedule": seconds,
        "args": arguments,
        "options": {"expires": seconds * 2},
    }
    for name, seconds in EVERY.items()
    for arguments in ARGUMENTS.get(name, [()])
}
