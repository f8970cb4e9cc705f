"""`/readyz` says what is silent: a dead pool, a dead beat and a dead ticker are told apart."""

import pytest
from flask.testing import FlaskClient

from desk import heartbeats
from desk.http.transactions import DeskFlask
from desk.store import Store


@pytest.mark.parametrize("dead", heartbeats.NAMES)
def test_readyz_names_what_has_gone_silent_and_nothing_else(
    app: DeskFlask, client: FlaskClient, store: Store, dead: str
) -> None:
    now = app.now()
    with store.write() as session:
        for name in heartbeats.NAMES:
            heartbeats.beat(session, name, "a", now - heartbeats.SILENT_AFTER * (2 if name == dead else 0.5))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    said = answer.get_json()
    assert (said["status"], said["silent"]) == ("degraded", [dead])
    assert set(said["heartbeats"]) == set(heartbeats.NAMES)
