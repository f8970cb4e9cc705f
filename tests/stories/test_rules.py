"""The gates of publication."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Invalid, NotNow
from desk.stories import rules
from desk.stories.models import STATES
from desk.stories.rules import Gates, Go, Wait
from tests.factories import NOW

HOUR = timedelta(hours=1)
READY = Gates(state="approved", lacks=None, approved=True)


def test_a_story_goes_out_when_all_gates_are_open() -> None:
    assert rules.publish(READY, NOW) == Go()


def test_under_an_embargo_ahead_it_waits_for_the_last_one_to_lift() -> None:
    gates = replace(READY, embargoes=(NOW + HOUR, NOW + 2 * HOUR, NOW - HOUR))
    assert rules.publish(gates, NOW) == Wait(NOW + 2 * HOUR)
    assert rules.publish(gates, NOW + 2 * HOUR) == Go()


@pytest.mark.parametrize(
    ("gates", "sentence"),
    [
        (Gates("filed", None, False), "The approval is missing"),
        (Gates("approved", None, False), "The approval is missing"),
        (Gates("commissioned", "copy", False), "The approval is missing"),
        (Gates("approved", "headline", True), "The headline is missing"),
        (Gates("approved", "body", True), "no words"),
        (Gates("held", None, True), "on hold"),
        (Gates("published", None, True), "published already"),
        (Gates("spiked", None, True), "was spiked"),
        (Gates("killed", None, True), "final"),
    ],
)
def test_a_shut_gate_is_named(gates: Gates, sentence: str) -> None:
    with pytest.raises(NotNow, match=sentence):
        rules.publish(gates, NOW)


def test_on_authority_the_copy_must_be_there_and_no_embargo_ahead() -> None:
    rules.on_authority(Gates("filed", None, False), NOW)
    for gates, sentence in (
        (Gates("filed", "body", False), "no words"),
        (Gates("editing", None, False, (NOW + HOUR,)), "embargo stands until 2026-11-24 14:37"),
        (Gates("approved", None, True), "ordinary way"),
        (Gates("published", None, True), "published already"),
    ):
        with pytest.raises(NotNow, match=sentence):
            rules.on_authority(gates, NOW)


def test_a_schedule_needs_a_time_ahead_and_waits_for_every_embargo() -> None:
    with pytest.raises(Invalid, match="past already"):
        rules.schedule(READY, NOW, NOW)
    assert rules.schedule(READY, NOW + HOUR, NOW) == Wait(NOW + HOUR)
    under = replace(READY, embargoes=(NOW + 2 * HOUR,))
    assert rules.schedule(under, NOW + HOUR, NOW) == Wait(NOW + 2 * HOUR)


def test_a_correction_says_what_was_wrong_and_what_is_right() -> None:
    for wrong, right, field in (("", "Five", "wrong"), ("Four", " ", "right")):
        with pytest.raises(Invalid) as refused:
            rules.next_edition("correction", wrong, right)
        assert refused.value.field == field
    with pytest.raises(Invalid) as refused:
        rules.next_edition("kill", "a", "b")
    assert refused.value.field == "cause"
    assert rules.next_edition("update", "", "") == ("update", "", "")


times = st.none() | st.integers(-9, 9).map(lambda hours: NOW + hours * HOUR)


@given(times, st.lists(times, max_size=4))
def test_release_is_never_before_any_time_that_holds_it_back(
    at: datetime | None, embargoes: list[datetime | None]
) -> None:
    release = rules.release_at(at, embargoes)
    given_times = [one for one in (at, *embargoes) if one is not None]
    assert (release is None) == (not given_times)
    assert all(release is not None and release >= one for one in given_times)


@given(
    st.sampled_from(STATES),
    st.sampled_from(["copy", "headline", "body", None]),
    st.booleans(),
    st.lists(times.filter(bool), max_size=3).map(tuple),
)
def test_nothing_is_published_without_approval_or_copy_or_under_embargo(state, lacks, approved, embargoes) -> None:  # type: ignore[no-untyped-def]  # hypothesis gives them
    try:
        decision = rules.publish(Gates(state, lacks, approved, embargoes), NOW)
    except NotNow:
        return
    assert approved
    assert lacks is None
    assert state in ("approved", "scheduled")
    assert isinstance(decision, Wait) == any(at > NOW for at in embargoes)
