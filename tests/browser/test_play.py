"""One story from assignment to kill, played by signed-in people in a real browser, with real web, worker and beat."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import acts
from tests.browser.stage import Stage, stage

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def the_play(stage: Stage) -> None:
    """Invite, assign, offer to two, accept, write, file, return, approve, embargo, remind, wire, correct, kill; and
    what goes wrong on the way. While the embargo stands, other things are done."""
    acts.the_doors_open(stage)
    acts.a_licensee_is_taken_on(stage)
    acts.a_reminder_is_laid(stage)
    acts.a_story_is_offered_to_two_and_the_first_has_it(stage)
    acts.she_is_signed_out_while_she_writes_and_nothing_is_lost(stage)
    acts.she_files_with_two_clicks_and_goes_back(stage)
    acts.it_is_returned_and_filed_again(stage)
    acts.two_editors_save_at_once_and_the_slower_has_their_text_still(stage)
    lift = acts.it_is_approved_and_put_under_an_embargo(stage)
    acts.a_wire_item_becomes_a_story(stage)
    acts.one_declines_with_a_reason_and_another_is_reassigned(stage)
    acts.the_question_mark_lists_the_keys(stage)
    acts.the_embargo_lifts_by_itself_and_the_licensee_acknowledges(stage, lift)
    acts.the_reminder_comes_by_itself(stage)
    acts.it_is_corrected(stage)
    acts.it_is_killed(stage)


def test_one_story_goes_from_assignment_to_kill(browser: Browser, tmp_path: Path, pictures: Path) -> None:
    with stage(browser, tmp_path, pictures, {}) as ours:
        the_play(ours)
