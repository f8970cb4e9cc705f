"""What follows from one attempt."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.outbox import rules
from desk.outbox.kinds import KINDS, Policy
from desk.outbox.rules import Outcome, decide

HOUR = 3600


@pytest.mark.parametrize(("urgency", "tries"), [(1, 30), (2, 10), (3, 10)])
def test_a_webhook_is_tried_over_about_75_hours(urgency: int, tries: int) -> None:
    gaps = rules.GAPS["webhook", urgency]
    assert len(gaps) + 1 == tries
    assert 75 * HOUR <= sum(gaps) < 76 * HOUR


@pytest.mark.parametrize("channel", ["mail", "webhook"])
def test_what_is_urgent_is_tried_every_half_minute_for_ten_minutes_and_then_backs_off(channel: str) -> None:
    waits = [rules.gap(channel, 1, n) for n in range(1, 25)]
    tried_at = [sum(waits[:n]) for n in range(len(waits))]
    assert len([at for at in tried_at if at <= 600]) >= 20
    assert max(waits[:20]) == 30
    assert waits[20:] == sorted(waits[20:])
    assert waits[-1] > 30


def test_mail_is_tried_after_half_a_minute_doubling_to_an_hour() -> None:
    assert [rules.gap("mail", 2, n) for n in (1, 2, 3, 7, 8, 20)] == [30, 60, 120, 1920, 3600, 3600]
    assert rules.gap("mail", 1, 200) == 3600


def test_shorter_back_off_for_a_trial_keeps_the_proportions() -> None:
    assert [rules.gap("mail", 2, n, 1) for n in (1, 2, 8)] == [1, 2, 120]
    assert rules.gap("webhook", 2, 2, 3) == 30


def test_mail_is_given_up_after_three_days() -> None:
    young = decide("mail", "repeat", "later", urgency=1, attempts=70, since_first=timedelta(hours=71))
    old = decide("mail", "repeat", "later", urgency=1, attempts=75, since_first=timedelta(hours=72), said="451 busy")
    assert (young.state, old.state, old.why) == ("due", "dead", "451 busy (75 tries)")


@pytest.mark.parametrize(
    ("channel", "policy", "outcome", "attempts", "state"),
    [
        ("mail", "repeat", "taken", 1, "done"),
        ("mail", "park", "taken", 1, "done"),
        ("mail", "repeat", "unknown", 1, "due"),
        ("mail", "park", "unknown", 1, "parked"),
        ("mail", "park", "later", 1, "due"),
        ("mail", "repeat", "refused", 1, "dead"),
        ("mail", "repeat", "gone", 1, "dead"),
        ("webhook", "repeat", "later", 9, "due"),
        ("webhook", "repeat", "later", 10, "dead"),
        ("webhook", "repeat", "unknown", 3, "due"),
        ("webhook", "repeat", "refused", 1, "dead"),
        ("webhook", "repeat", "gone", 1, "dead"),
    ],
)
def test_each_outcome_has_its_consequence(
    channel: str, policy: Policy, outcome: Outcome, attempts: int, state: str
) -> None:
    found = decide(channel, policy, outcome, urgency=2, attempts=attempts, since_first=timedelta())
    assert found.state == state


@given(
    channel=st.sampled_from(["mail", "webhook"]),
    policy=st.sampled_from(["repeat", "park"]),
    outcome=st.sampled_from(["taken", "later", "refused", "gone", "unknown"]),
    urgency=st.sampled_from([1, 2, 3]),
    attempts=st.integers(1, 200),
    hours=st.integers(0, 500),
    retry_after=st.none() | st.integers(0, 86400),
)
def test_no_outcome_leads_nowhere_and_no_park_kind_goes_again_unless_it_was_turned_away(
    channel: str, policy: Policy, outcome: Outcome, urgency: int, attempts: int, hours: int, retry_after: int | None
) -> None:
    found = decide(
        channel,
        policy,
        outcome,
        urgency=urgency,
        attempts=attempts,
        since_first=timedelta(hours=hours),
        retry_after=retry_after,
    )
    assert found.state in ("due", "done", "parked", "dead")
    if found.state == "due":
        assert found.wait > 0
        assert found.at_least >= (retry_after or 0)
        assert policy == "repeat" or outcome == "later"


def test_every_kind_states_its_policy_and_only_reminders_are_parked() -> None:
    assert {kind.name for kind in KINDS.values() if kind.policy == "park"} == {"reminder"}
    assert all(kind.urgency in (1, 2, 3) for kind in KINDS.values())
