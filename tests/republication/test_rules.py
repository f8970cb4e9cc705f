"""The notice machine, and who is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from desk.errors import NotNow
from desk.republication import rules
from desk.stories.models import CAUSES

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


def test_a_notice_that_was_not_sent_cannot_be_chased() -> None:
    with pytest.raises(NotNow):
        rules.step("due", "chase")


class Notice(RuleBasedStateMachine):
    """Any steps in any order: a notice goes forward, and acknowledged it stays."""

    def __init__(self) -> None:
        super().__init__()
        self.state: rules.NoticeState = "due"
        self.path: list[str] = ["due"]

    @precondition(lambda self: self.state != "acknowledged")
    @rule(name=st.sampled_from(["send", "chase", "escalate", "acknowledge"]))
    def step(self, name: rules.Step) -> None:
        try:
            self.state = rules.step(self.state, name)
        except NotNow:
            return
        self.path.append(self.state)

    @precondition(lambda self: self.state == "acknowledged")
    @rule(name=st.sampled_from(["send", "chase", "escalate", "acknowledge"]))
    def nothing_follows_a_receipt(self, name: rules.Step) -> None:
        with pytest.raises(NotNow):
            rules.step(self.state, name)

    @invariant()
    def it_only_goes_forward(self) -> None:
        order = ["due", "sent", "chased", "escalated", "acknowledged"]
        places = [order.index(state) for state in self.path]
        assert places == sorted(set(places))


TestNotice = Notice.TestCase
TestNotice.settings = settings(max_examples=30, stateful_step_count=10, deadline=None)
