"""The line of steps over a story: what was done, and when; what was left out; where it is; what is to come."""

from collections.abc import Sequence
from datetime import datetime

from flask import request

from desk import clock
from desk.errors import NotNow, Overtaken
from desk.http.context import problem, visit
from desk.http.phrases import happened
from desk.http.translating import gettext as _
from desk.http.words import stamp, state_word
from desk.newsroom.history import Happened
from desk.newsroom.storypage import StoryPage
from desk.stories.workflow import UNDER_EMBARGO

STEPS = ("commissioned", "reporting", "filed", "editing", "approved", "published")
OUT = ("story_published", "own_authority")
EMBARGO = ("embargo_set", "embargo_taken_away")

Step = tuple[str, str]  # its words, and "done", "skipped", "now" where the story is, "over" for its end, or ""


def story_steps(page: StoryPage, history: Sequence[Happened]) -> list[Step]:
    """The steps of a story, by what is recorded of it (`history`, oldest first) and by the reader's clock.

    A step behind the story that nobody took is said to be skipped, and so is an approval where an edition is out on
    somebody's own authority. A story that was killed or spiked ends with that, after what it had come to.
    """
    story, over = page.story, page.over
    state = over.before if over else story.came_from or story.state
    state = "approved" if state == "scheduled" else state
    steps = ("pitched", *STEPS) if state == "pitched" else STEPS
    here = steps.index(state) if state in steps else 0
    taken = _taken(page, history)
    ended = over is not None or state == "published"
    line: list[Step] = []
    for n, step in enumerate(steps[: here + 1] if over else steps):
        if n > here:
            line.append((_label(step), ""))
        elif n == here and not ended:
            line.append((_stepped(step, taken.get(step)), "now"))
        elif step in taken:
            line.append((_stepped(step, taken[step]), "done"))
        elif step == "approved" and _is_out(page):
            line.append((_("Not approved: on own authority"), "skipped"))
        else:
            line.append((_("%(step)s: skipped", step=_label(step)), "skipped"))
    if over is not None:
        last = _("KILLED") if story.state == "killed" else _("SPIKED")
        line.append((f"{last} {_when(over.at)}", "over"))
    return line


def led_here(page: StoryPage, history: Sequence[Happened]) -> str:
    """What came before an act that was too late, when and by whom; empty where the refusal says it or nothing did."""
    found = problem()
    if not isinstance(found, NotNow) or isinstance(found, Overtaken):
        return ""
    of_embargo = request.path.endswith("embargo") and page.story.state in UNDER_EMBARGO
    entry = next(
        (one for one in reversed(history) if (one.verb in EMBARGO if of_embargo else one.after == page.story.state)),
        None,
    )
    if entry is None:
        return ""
    what = happened(entry, visit().zone)
    time = stamp(entry.at, visit().zone)
    if entry.why:
        return _("%(time)s: %(what)s, “%(why)s”", time=time, what=what, why=entry.why)
    return _("%(time)s: %(what)s", time=time, what=what)


def _taken(page: StoryPage, history: Sequence[Happened]) -> dict[str, datetime | None]:
    """The steps that were taken, each with when, or None where the line has no time for it."""
    reached = {entry.after: entry.at for entry in reversed(history) if entry.after}  # each state, when first
    accepted = [one.accepted_at for one, _offers in page.assignments if one.accepted_at]
    filed = [one.filed_at for one in page.versions if one.filed_at]
    out = next((entry for entry in reversed(history) if entry.verb in OUT), None)
    approved = [entry.at for entry in history if entry.verb == "copy_approved"]
    made = page.story.made_at
    taken: dict[str, datetime | None] = {"pitched": made, "commissioned": reached.get("commissioned", made)}
    if accepted or "reporting" in reached:
        taken["reporting"] = min(accepted, default=reached.get("reporting"))
    if filed:
        taken["filed"] = filed[-1]
    if "editing" in reached:
        taken["editing"] = None
    if page.decision is not None:
        taken["approved"] = page.decision.at
    elif approved and _is_out(page) and out is not None and out.verb == "story_published":
        taken["approved"] = approved[-1]
    if page.published_at is not None and _is_out(page):
        taken["published"] = page.published_at
    return taken


def _is_out(page: StoryPage) -> bool:
    """Whether the steps are those of an edition that is out, or that was killed: no other is being prepared."""
    return page.out and (page.over is not None or not page.story.next_cause)


def _label(step: str) -> str:
    return state_word(step).capitalize()


def _stepped(step: str, at: datetime | None) -> str:
    return f"{_label(step)} {_when(at)}" if at is not None else _label(step)


def _when(at: datetime) -> str:
    """When, by the reader's clock and with its place, and on which day unless that is today."""
    zone, now = visit().zone, visit().now
    today = clock.day_words(at, zone, now, _) == clock.day_words(now, zone, now, _)
    return f"{clock.hhmm(at, zone)} {clock.place_of(zone)}" if today else stamp(at, zone)
