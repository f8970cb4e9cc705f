"""The table of a story's moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import NotNow
from desk.permissions import TABLE
from desk.stories import workflow
from desk.stories.models import STATES


def test_every_move_names_states_that_exist_and_a_permission_that_exists() -> None:
    for move in workflow.MOVES.values():
        assert {*move.before, move.after or "held"} <= set(STATES)
        assert move.permission in TABLE


def test_killed_is_final() -> None:
    assert not list(workflow.open_moves("killed"))


def test_the_desks_first_save_of_filed_copy_makes_it_editing() -> None:
    assert workflow.saving("filed", by_desk=True) == "desk_edit"
    assert workflow.saving("filed", by_desk=False) is None


def test_a_save_in_a_returned_story_leaves_it_in_reporting_whoever_saves() -> None:
    for by_desk in (True, False):
        assert workflow.saving("reporting", by_desk=by_desk) == "write"


def test_any_save_takes_an_approval_away() -> None:
    for state in ("approved", "scheduled"):
        for by_desk in (True, False):
            assert workflow.saving(state, by_desk=by_desk) == "void"


def test_a_published_story_is_not_saved_without_a_next_edition() -> None:
    with pytest.raises(NotNow, match="Prepare a correction"):
        workflow.saving("published", by_desk=True)


@given(st.sampled_from(STATES), st.booleans())
def test_a_save_is_refused_or_makes_a_legal_move_or_none(state: str, by_desk: bool) -> None:
    try:
        name = workflow.saving(state, by_desk=by_desk)
    except NotNow:
        return
    assert name is None or state in workflow.MOVES[name].before


@given(st.sampled_from(STATES), st.sampled_from(sorted(workflow.MOVES)))
def test_a_move_is_legal_exactly_where_it_is_offered(state: str, name: str) -> None:
    offered = name in {move.name for move in workflow.open_moves(state)}
    if offered:
        workflow.after(state, name)
    else:
        with pytest.raises(NotNow):
            workflow.after(state, name)
