"""The notice machine, and who is told."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import NotNow
from desk.republication import rules
from desk.stories.models import CAUSES

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
IDS = st.sets(st.integers(1, 8))


def test_every_cause_of_an_edition_has_its_telling() -> None:
    assert set(rules.TELLINGS) == {*CAUSES, "test"}
    assert len({telling.event for telling in rules.TELLINGS.values()}) == len(rules.TELLINGS)


@given(granted=IDS, before=IDS)
def test_a_correction_and_a_kill_reach_everyone_told_before_and_other_causes_only_the_granted(
    granted: set[int], before: set[int]
) -> None:
    for cause in CAUSES:
        found = rules.told(cause, granted=granted, told_before=before)
        assert found == sorted(granted | before if cause in ("correction", "kill") else granted)


def test_a_notice_is_sent_once_any_of_its_deliveries_is_done() -> None:
    assert rules.state_of(acknowledged=False, handed=["due", "dead"]) == "due"
    assert rules.state_of(acknowledged=False, handed=["done", "dead"]) == "sent"
    assert rules.state_of(acknowledged=True, handed=["dead"]) == "acknowledged"
    assert rules.state_of(acknowledged=False, handed=["done"], chased=True) == "chased"
    assert rules.state_of(acknowledged=False, handed=["done"], chased=True, escalated=True) == "escalated"


@pytest.mark.parametrize(
    ("handed", "state"),
    [
        ([], "due"),
        (["due", "captured"], "due"),
        (["captured"], "captured"),
        (["captured", "dead"], "captured"),
        (["dead", "cancelled"], "failed"),
        (["cancelled"], "cancelled"),
    ],
)
def test_what_was_captured_failed_or_cancelled_is_not_said_to_be_on_its_way(
    handed: list[str], state: rules.Standing
) -> None:
    assert rules.state_of(acknowledged=False, handed=handed) == state
    assert rules.state_of(acknowledged=False, handed=[*handed, "done"]) == "sent"


HOUR = timedelta(hours=1)


def chase(state: rules.Standing, cause: str = "correction", **at: float | None) -> rules.Chase:
    """What is to be done at noon about a notice made, sent and chased at these hours of that day."""
    hours = {"made": 10.0, "sent": None, "chased": None, **at}
    instants = {name: None if hour is None else NOON + (hour - 12) * HOUR for name, hour in hours.items()}
    return rules.chase(
        cause, state, made_at=instants["made"] or NOON, sent_at=instants["sent"], chased_at=instants["chased"], now=NOON
    )


def test_a_correction_is_chased_an_hour_after_it_was_handed_over_and_a_kill_after_half_of_one() -> None:
    assert chase("sent", sent=11) == "chase"
    assert chase("sent", sent=11.5) == NOON + HOUR / 2
    assert chase("sent", "kill", sent=11.5) == "chase"
    assert chase("sent", "update", sent=1) is None


def test_who_does_not_answer_the_chase_either_is_named_to_the_desk() -> None:
    assert chase("chased", sent=10, chased=11.5) == NOON + HOUR / 2
    assert chase("chased", sent=10, chased=11) == "escalate"


@pytest.mark.parametrize("state", ["acknowledged", "escalated", "captured", "cancelled"])
def test_what_is_answered_over_or_never_went_out_is_not_chased(state: rules.Standing) -> None:
    assert chase(state, sent=1, chased=2) is None


def test_what_is_not_handed_over_yet_is_waited_for_and_not_for_ever() -> None:
    assert chase("due") == chase("failed") == NOON + rules.LOOK_AGAIN
    assert chase("due", made=12 - 24 * 5) is None


@pytest.mark.parametrize("standing", get_args(rules.Standing))
def test_only_what_was_sent_is_chased_and_whoever_has_the_link_acknowledges_once(standing: rules.Standing) -> None:
    possible = {name for name in get_args(rules.Step) if (standing, name) in rules.STEPS}
    also = {"sent": {"chase"}, "chased": {"escalate"}}.get(standing, set())
    assert possible == (set() if standing == "acknowledged" else {"acknowledge", *also})
    for name in {*get_args(rules.Step)} - possible:
        with pytest.raises(NotNow):
            rules.step(standing, name)


@pytest.mark.parametrize(
    ("state", "tried", "reached"),
    [
        ("due", False, True),
        ("handing", True, True),
        ("captured", True, True),
        ("dead", True, True),
        ("dead", False, False),
        ("cancelled", True, True),
        ("cancelled", False, False),
    ],
)
def test_what_ended_before_any_attempt_reached_nobody(state: str, tried: bool, reached: bool) -> None:
    assert rules.has_reached(state, NOON if tried else None) is reached
