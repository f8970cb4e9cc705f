"""What must hold of commissions and of the answers to them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.assignments import rules
from desk.assignments.models import OFFER_STATES
from desk.errors import Invalid, NotNow
from tests.factories import NOW


def test_a_deadline_in_the_past_or_right_now_is_refused() -> None:
    for late in (timedelta(), timedelta(seconds=1), timedelta(days=400)):
        with pytest.raises(Invalid, match="past already") as refused:
            rules.ahead(NOW - late, NOW)
        assert refused.value.field == "deadline"


def test_a_deadline_moved_to_where_it_is_is_refused() -> None:
    with pytest.raises(Invalid, match="the deadline already"):
        rules.moved(NOW + timedelta(hours=1), NOW + timedelta(hours=1), NOW)


@given(st.text())
def test_a_word_on_how_it_goes_is_one_line_of_at_most_280_characters_or_refused(words: str) -> None:
    line = " ".join(words.split())
    if 0 < len(line) <= 280:
        assert rules.said(words) == line
    else:
        with pytest.raises(Invalid) as refused:
            rules.said(words)
        assert refused.value.field == "words"


def test_an_offer_is_declined_with_a_reason_only() -> None:
    for empty in ("", "  \n "):
        with pytest.raises(Invalid, match="Give a reason"):
            rules.reason(empty)
    assert rules.reason(" on leave ") == "on leave"


def test_a_reason_that_may_be_left_out_is_still_not_a_novel() -> None:
    assert rules.why("  ") == ""
    with pytest.raises(Invalid):
        rules.why("x" * 1001)


@pytest.mark.parametrize("words", [0, -1, 100_001])
def test_a_length_that_nobody_can_mean_is_refused(words: int) -> None:
    with pytest.raises(Invalid):
        rules.length(words)


def test_a_medium_is_one_that_the_desk_commissions() -> None:
    assert rules.medium("pictures") == "pictures"
    with pytest.raises(Invalid, match="text, pictures"):
        rules.medium("opera")


@given(
    state=st.sampled_from(OFFER_STATES),
    winner=st.none() | st.integers(1, 3),
    person=st.integers(1, 3),
)
def test_whoever_has_the_assignment_is_never_told_that_they_lost_it(
    state: str, winner: int | None, person: int
) -> None:
    try:
        standing = rules.answer(state, winner=winner, person=person)
    except NotNow:
        assert state != "made"
        return
    assert standing != "lost" or (winner is not None and winner != person)
    assert (standing == "take") == (state == "made")
    assert standing != "mine" or winner == person


@pytest.mark.parametrize(
    ("state", "has_it", "offer", "had_it", "became"),
    [
        ("open", False, "made", False, None),
        ("accepted", True, "accepted", False, None),
        ("filed", True, "accepted", False, None),
        ("accepted", False, None, False, None),
        ("done", True, "accepted", False, "done"),
        ("cancelled", True, "accepted", False, "cancelled"),
        ("cancelled", False, "withdrawn", False, "cancelled"),
        ("open", False, "withdrawn", False, "withdrawn"),
        ("cancelled", False, "withdrawn", True, "reassigned"),
        ("accepted", False, "withdrawn", True, "reassigned"),
        ("accepted", False, "lapsed", False, "lapsed"),
        ("done", False, "declined", False, "declined"),
    ],
)
def test_what_became_of_it_is_said_from_where_a_person_stands(
    state: str, has_it: bool, offer: str | None, had_it: bool, became: str | None
) -> None:
    assert rules.became(state, has_it=has_it, offer=offer, had_it=had_it) == became
