"""What follows from one attempt."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.outbox import rules
from desk.outbox.kinds import KINDS, Policy
from desk.outbox.rules import Outcome, decide

HOUR = 3600


def test_the_gaps_of_a_webhook_are_ten_tries_over_about_75_hours() -> None:
    assert rules.WEBHOOK_TRIES == 10
    assert 75 * HOUR <= sum(rules.WEBHOOK_GAPS) < 76 * HOUR


def test_mail_is_tried_after_half_a_minute_doubling_to_an_hour() -> None:
    assert [rules.gap("mail", n) for n in (1, 2, 3, 7, 8, 20)] == [30, 60, 120, 1920, 3600, 3600]


def test_shorter_back_off_for_a_trial_keeps_the_proportions() -> None:
    assert [rules.gap("mail", n, 1) for n in (1, 2, 8)] == [1, 2, 120]
    assert rules.gap("webhook", 2, 3) == 30


def test_mail_is_given_up_after_three_days() -> None:
    young = decide("mail", "repeat", "later", attempts=70, since_first=timedelta(hours=71))
    old = decide("mail", "repeat", "later", attempts=75, since_first=timedelta(hours=72), said="451 busy")
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
    found = decide(channel, policy, outcome, attempts=attempts, since_first=timedelta())
    assert found.state == state


@given(
    channel=st.sampled_from(["mail", "webhook"]),
    policy=st.sampled_from(["repeat", "park"]),
    outcome=st.sampled_from(["taken", "later", "refused", "gone", "unknown"]),
    attempts=st.integers(1, 200),
    hours=st.integers(0, 500),
    retry_after=st.none() | st.integers(0, 86400),
)
def test_no_outcome_leads_nowhere_and_no_park_kind_goes_again_unless_it_was_turned_away(
    channel: str, policy: Policy, outcome: Outcome, attempts: int, hours: int, retry_after: int | None
) -> None:
    found = decide(
        channel, policy, outcome, attempts=attempts, since_first=timedelta(hours=hours), retry_after=retry_after
    )
    assert found.state in ("due", "done", "parked", "dead")
    if found.state == "due":
        assert found.wait > 0
        assert found.at_least >= (retry_after or 0)
        assert policy == "repeat" or outcome == "later"


def test_every_kind_states_its_policy_and_only_reminders_are_parked() -> None:
    assert {kind.name for kind in KINDS.values() if kind.policy == "park"} == {"reminder"}
    assert all(kind.urgency in (1, 2, 3) for kind in KINDS.values())
