"""`desk stories`: what it lists, and what it says of a desk that is not there."""

import json

import pytest
from click.testing import CliRunner

from desk import db
from desk.cli.stories import stories
from desk.db import Database
from desk.errors import Invalid
from desk.store import Store
from tests import factories


def test_the_stories_of_a_desk_are_listed_and_a_desk_that_is_not_there_is_refused_with_those_that_are(
    clone: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", clone.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("DESK_SECRET_KEY", "k" * 64)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(db, "connect", lambda url: clone)
    with Store(clone).write() as session:
        factories.story(session, factories.desk(session, "World desk"), "A/ONE")
        factories.story(session, factories.desk(session, "Sports desk"), "B/TWO")
    listed = CliRunner().invoke(stories, ["list", "--json", "--desk", "world desk"])
    assert json.loads(listed.output)["slug"] == "A/ONE"
    refused = CliRunner().invoke(stories, ["list", "--desk", "Nope"])
    assert (refused.exit_code, type(refused.exception)) == (1, Invalid)
    assert str(refused.exception) == "There is no desk called Nope. The desks: Sports desk, World desk."
