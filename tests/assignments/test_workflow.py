"""The tables of moves, read as sentences."""

import pytest

from desk.assignments import workflow
from desk.assignments.models import OFFER_STATES, STATES
from desk.errors import NotNow
from desk.permissions import TABLE

ALL = [*workflow.MOVES.values(), *workflow.OFFER_MOVES.values()]


def test_an_assignment_goes_from_open_to_done_by_the_moves_of_the_table() -> None:
    state = "open"
    for name in ("accept", "say", "file", "return", "write", "file", "publish"):
        state = workflow.after(state, name)
    assert state == "done"


def test_every_move_names_known_states_a_permission_and_one_verb_of_the_newsroom() -> None:
    for move in workflow.MOVES.values():
        assert set(move.before) <= set(STATES)
        assert move.after is None or move.after in STATES
    for move in workflow.OFFER_MOVES.values():
        assert {*move.before, move.after} <= set(OFFER_STATES)
    for move in ALL:
        assert move.permission in TABLE
        module, _, verb = move.verb.partition(".")
        assert module in ("commissioning", "copydesk", "approving", "publishing")
        assert verb.isidentifier()


def test_nothing_leads_out_of_done_or_cancelled() -> None:
    assert not list(workflow.open_moves("done"))
    assert not list(workflow.open_moves("cancelled"))


@pytest.mark.parametrize("state", ["declined", "withdrawn", "lapsed"])
def test_an_offer_that_was_answered_or_is_gone_stays_so(state: str) -> None:
    for name in workflow.OFFER_MOVES:
        with pytest.raises(NotNow):
            workflow.offer_after(state, name)


def test_filed_copy_is_neither_reassigned_nor_cancelled_nor_given_another_deadline() -> None:
    assert {move.name for move in workflow.open_moves("filed")} == {
        "file", "hand_in", "return", "send_back", "finish", "publish", "kill", "spike",
    }  # fmt: skip


def test_a_move_that_is_not_legal_is_refused_in_a_sentence() -> None:
    with pytest.raises(NotNow, match="This assignment is filed: move deadline is not possible now"):
        workflow.after("filed", "move_deadline")


@pytest.mark.parametrize("state", OFFER_STATES)
def test_every_refused_answer_says_what_became_of_the_offer(state: str) -> None:
    for name, move in workflow.OFFER_MOVES.items():
        if state not in move.before:
            with pytest.raises(NotNow, match="This offer has"):
                workflow.offer_after(state, name)
