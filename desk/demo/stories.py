"""The thirty stories of the demo, desk by desk. Minutes are counted from the load: `-300` is five hours ago."""

from desk.demo import africa, americas, asia, world
from desk.demo.script import Script

ALL: tuple[Script, ...] = (*world.STORIES, *asia.STORIES, *americas.STORIES, *africa.STORIES)
