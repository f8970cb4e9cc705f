"""The acts of the play, each played by signed-in people at their own browsers; a later one goes on from the earlier."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.stage import (
    BRUSSELS,
    Stage,
    assign,
    come_in,
    fill,
    link_in,
    press,
    sign_in,
    wait,
    write,
)

PEOPLE = (
    ("Olena Demchuk", "Europe/Kyiv", "correspondent", "Black Sea Correspondent"),
    ("Nino Kapanadze", "Asia/Tbilisi", "correspondent", ""),
    ("Jonas Weber", "Europe/Berlin", "approver", ""),
    ("Emil Larsen", "Europe/Brussels", "editor", ""),
)
VESSELS = "\n\nEleven vessels wait."


def the_doors_open(stage: Stage) -> None:
    """The first administrator comes in, makes a desk, and asks four people in."""
    marta = stage.people["marta"] = come_in(
        stage, stage.running.link, Name="Marta Kuipers", Mail_address="marta@meridian.example", Where_you_are="Brussels"
    )
    marta.goto(f"{stage.url}/settings")
    fill(marta, A_new_desk="World desk")
    marta.get_by_label("Its clock").last.fill("Europe/Brussels")
    press(marta, "Make it")
    marta.locator("#f-agency").fill("Meridian News")
    marta.locator("#f-first_year").fill("1999")
    marta.locator("form", has=marta.locator("#f-agency")).get_by_role("button", name="Save").click()
    for name, zone, role, title in PEOPLE:
        who = name.partition(" ")[0].lower()
        marta.goto(f"{stage.url}/people/new")
        fill(marta, Name=name, Mail_address=f"{who}@meridian.example", Title=title, Where_they_live=zone)
        marta.get_by_label(f"World desk: {role}").check()
        press(marta, "Send the invitation")
    for name, *_ in PEOPLE:
        who = name.partition(" ")[0].lower()
        stage.people[who] = come_in(stage, link_in(stage.mail(who, "")))


def a_licensee_is_taken_on(stage: Stage) -> None:
    """With a webhook, whose secret it is given."""
    marta = stage.people["marta"]
    marta.goto(f"{stage.url}/licensees/new")
    fill(marta, Name="Radio Novi Most", Mail_for_notices="desk@novimost.example", Webhook=stage.receiver.url)
    fill(marta, Their_clock="Europe/Belgrade")
    marta.get_by_label("World desk, Brussels").check()
    press(marta, "Save")
    marta.get_by_text("Secret of the webhook").click()
    secret = re.search(r"whsec_\S+", marta.locator("main").inner_text())
    assert secret
    stage.secret = secret[0]


def a_reminder_is_laid(stage: Stage) -> None:
    """Its deadline stands fifteen minutes and some seconds ahead."""
    due = (datetime.now(UTC) + timedelta(minutes=16)).replace(second=0, microsecond=0)
    assign(stage, "PORT/WORKERS", due.astimezone(BRUSSELS), "Nino Kapanadze")
    nino = stage.people["nino"]
    nino.goto(f"{stage.url}/mine")
    press(nino, "Accept")


def a_story_is_offered_to_two_and_the_first_has_it(stage: Stage) -> None:
    stage.story = assign(stage, "GRAIN/CORRIDOR", _in_hours(5), "Olena", "Nino")
    olena, nino = stage.people["olena"], stage.people["nino"]
    olena.goto(f"{stage.url}/mine")
    expect(olena.locator("body")).to_contain_text("Kyiv")
    nino.goto(f"{stage.url}/mine")
    press(olena, "Accept")
    press(nino, "Accept")
    expect(nino.locator("body")).to_contain_text("was a moment faster")


def she_is_signed_out_while_she_writes_and_nothing_is_lost(stage: Stage) -> None:
    """From another device she ends her sessions; what she has typed here is saved all the same."""
    olena = stage.people["olena"]
    write(olena, stage.story, "Ministers meet in Odesa", "Ministers met on Tuesday." + VESSELS)
    elsewhere = stage.seat()
    elsewhere.goto(f"{stage.url}/sign-in")
    sign_in(elsewhere, "olena")
    elsewhere.goto(f"{stage.url}/me")
    press(elsewhere, "End all others")
    elsewhere.context.close()
    press(olena, "Save a version")
    expect(olena.locator("h1")).to_contain_text("You were signed out. Nothing is lost.")
    sign_in(olena, "olena")
    press(olena, "Send it again")
    expect(olena.get_by_role("status")).to_contain_text("Saved as version 1.")
    expect(olena.get_by_label("Copy")).to_have_value("Ministers met on Tuesday." + VESSELS)


def she_files_with_two_clicks_and_goes_back(stage: Stage) -> None:
    """It is filed once; Back gives her the text, and to file the same again does nothing."""
    olena = stage.people["olena"]
    olena.get_by_role("button", name="File to desk").dblclick()
    expect(olena.locator("h1")).to_contain_text("World desk has it")
    olena.go_back()
    expect(olena.get_by_label("Copy")).to_have_value("Ministers met on Tuesday." + VESSELS)
    press(olena, "File to desk")
    expect(olena.locator("h1")).to_contain_text("World desk has it")
    expect(olena.get_by_role("status")).to_contain_text("Version 1 of GRAIN/CORRIDOR was filed")
    stage.mail("marta", "GRAIN/CORRIDOR", saying="Olena Demchuk has filed GRAIN/CORRIDOR, version 1.")


def it_is_returned_and_filed_again(stage: Stage) -> None:
    jonas, olena = stage.people["jonas"], stage.people["olena"]
    jonas.goto(stage.story)
    jonas.get_by_text("Return…").click()
    fill(jonas, **{"What_is_to_be_done?": "Say how many ministers."})
    press(jonas, "Return it")
    stage.mail("olena", "GRAIN/CORRIDOR", saying="Say how many ministers.")
    write(olena, stage.story, "Four ministers meet in Odesa", "Four ministers met on Tuesday." + VESSELS)
    press(olena, "File to desk")
    expect(olena.locator("h1")).to_contain_text("World desk has it")
    stage.mail("marta", "GRAIN/CORRIDOR", saying="Olena Demchuk has filed GRAIN/CORRIDOR, version 2.")
    assert len(stage.mails("marta", "GRAIN/CORRIDOR: filed")) == 2, "of three clicks on the first two were none"


def two_editors_save_at_once_and_the_slower_has_their_text_still(stage: Stage) -> None:
    marta, emil = stage.people["marta"], stage.people["emil"]
    write(marta, stage.story, "Four ministers meet in Odesa", "Four ministers met in Odesa on Tuesday." + VESSELS)
    write(emil, stage.story, "Four ministers gather in Odesa", "Four of them met on Tuesday." + VESSELS)
    press(marta, "Save")
    expect(marta.get_by_role("status").first).to_contain_text("Saved as version 3.")
    press(emil, "Save")
    expect(emil.locator("h1")).to_contain_text("Somebody saved first. Nothing of yours is lost.")
    expect(emil.locator("main")).to_contain_text("Marta Kuipers saved version 3")
    expect(emil.get_by_label("Copy")).to_have_value("Four of them met on Tuesday." + VESSELS)
    emil.get_by_role("link", name="Your text is also kept here").click()
    expect(emil.get_by_label("Copy")).to_have_value(re.compile("^Four of them met on Tuesday."))
    press(emil, "Done with it")
    write_page = f"{stage.story}/write"
    emil.goto(write_page)
    expect(emil.get_by_label("Headline")).to_have_value("Four ministers meet in Odesa")


def it_is_approved_and_put_under_an_embargo(stage: Stage) -> datetime:
    """Gives the minute at which it is to lift."""
    jonas, marta = stage.people["jonas"], stage.people["marta"]
    jonas.goto(stage.story)
    press(jonas, re.compile("Approve v3"))
    lift = (datetime.now(UTC) + timedelta(seconds=70)).replace(second=0, microsecond=0)
    marta.goto(stage.story)
    marta.get_by_text("Embargo…").click()
    fill(marta, Embargo_until=f"{lift.astimezone(BRUSSELS):%Y-%m-%d %H:%M}")
    press(marta, "Set the embargo")
    expect(marta.locator("main .head")).to_contain_text("approved")
    press(marta, "Publish at the lift")
    expect(marta.locator("main .head")).to_contain_text("scheduled")
    assert not stage.receiver.requests
    stage.picture(marta, "scheduled")
    return lift


def a_wire_item_becomes_a_story(stage: Stage) -> None:
    marta = stage.people["marta"]
    marta.goto(f"{stage.url}/wire/sources")
    marta.get_by_label("Name").last.fill("Nordpress")
    marta.get_by_label("Address").last.fill(stage.feed.url_of("/feed"))
    press(marta, "Add the source")
    marta.goto(f"{stage.url}/wire")
    expect(marta.locator("main")).to_contain_text("Explosion reported", timeout=20_000)
    marta.get_by_text("Explosion reported at port of Odesa").first.click()
    fill(marta, Slug="ODESA/BLAST")
    marta.locator("#open-story").get_by_role("button", name="Open a story").click()
    expect(marta.locator("main")).to_contain_text("Wires it stands on")


def one_declines_with_a_reason_and_another_is_reassigned(stage: Stage) -> None:
    """The editor hears why at once; who had it is told, and what they had open says so."""
    marta, olena, nino = (stage.people[who] for who in ("marta", "olena", "nino"))
    story = assign(stage, "RAIL/FREIGHT", _in_hours(20), "Nino")
    nino.goto(f"{stage.url}/mine")
    nino.locator("article", has_text="RAIL/FREIGHT").get_by_role("link", name="Decline…").click()
    fill(nino, **{"If_not,_why?": "On a train until Friday"})
    press(nino, "Decline")
    stage.mail("marta", "RAIL/FREIGHT", saying="On a train until Friday")

    marta.goto(story)
    marta.get_by_role("link", name="Ask somebody…").click()
    marta.get_by_label(re.compile("Olena")).check()
    press(marta, "Offer it to them")
    olena.goto(f"{stage.url}/mine")
    olena.locator("article", has_text="RAIL/FREIGHT").get_by_role("button", name="Accept").click()
    olena.goto(f"{stage.url}/mine")
    olena.locator("article", has_text="RAIL/FREIGHT").get_by_role("link", name="RAIL/FREIGHT").click()
    hers = olena.url

    marta.goto(story)
    marta.get_by_role("link", name="Move, reassign, cancel…").click()
    marta.get_by_text("not correspondents of this desk").click()
    marta.get_by_label(re.compile("Emil")).check()
    marta.locator("#f-why-reassign").fill("She is at sea")
    press(marta, "Reassign")
    stage.mail("olena", "RAIL/FREIGHT: given to somebody else", saying="She is at sea")
    olena.goto(hers)
    expect(olena.locator("main")).to_contain_text("Marta Kuipers took RAIL/FREIGHT from you")
    stage.mail("emil", "RAIL/FREIGHT")


def the_question_mark_lists_the_keys(stage: Stage) -> None:
    marta = stage.people["marta"]
    marta.goto(f"{stage.url}/")
    marta.keyboard.press("?")
    expect(marta.get_by_role("dialog")).to_contain_text("Keys on this page")
    marta.keyboard.press("Escape")
    expect(marta.get_by_role("dialog")).to_be_hidden()


def the_embargo_lifts_by_itself_and_the_licensee_acknowledges(stage: Stage, lift: datetime) -> None:
    """An open page shows it; following the licensee's link changes nothing, the press does."""
    marta = stage.people["marta"]
    marta.goto(stage.story)
    published = stage.notices(1, seconds=100)
    assert datetime.now(UTC) >= lift
    assert published["type"] == "story.published"
    expect(marta.locator(".steps")).to_contain_text("Published", timeout=5_000)
    reader = stage.seat()
    reader.goto(link_in(stage.mail("desk@novimost.example", "GRAIN/CORRIDOR"), "receipts"))
    fill(reader, **{"Who_are_you?": "D. Petrović"})
    press(reader, "We have read it and act on it")
    expect(reader.locator("main")).to_contain_text("Received: D. Petrović said so")
    reader.context.close()


def the_reminder_comes_by_itself(stage: Stage) -> None:
    def reminded() -> bool:
        return any("min" in text for text in stage.mails("nino", "PORT/WORKERS"))

    wait(reminded, 100, "the reminder")


def it_is_corrected(stage: Stage) -> None:
    """Edition 2, approved by somebody else; two clicks on Publish make one edition and one notice."""
    marta, jonas = stage.people["marta"], stage.people["jonas"]
    marta.goto(stage.story)
    marta.get_by_text("Correct or update…").click()
    fill(marta, What_was_wrong="Four ministers met.", What_is_right="Five ministers met.")
    press(marta, "Prepare edition 2")
    fill(marta, Copy="Five ministers met on Tuesday." + VESSELS)
    press(marta, "Save")
    jonas.goto(stage.story)
    press(jonas, re.compile("Approve v"))
    marta.goto(stage.story)
    marta.get_by_role("button", name="Publish edition 2", exact=True).dblclick()
    expect(marta.locator("main .head")).to_contain_text("published")
    corrected = stage.notices(2)
    assert corrected["type"] == "story.corrected"
    assert "Five ministers" in str(corrected)


def it_is_killed(stage: Stage) -> None:
    """At once, and for good."""
    marta = stage.people["marta"]
    marta.goto(stage.story)
    marta.get_by_text("Kill…").click()
    fill(marta, **{"Why?_Licensees_read_this.": "The meeting never took place."})
    press(marta, "Kill this story")
    assert stage.notices(3)["type"] == "story.killed"
    marta.goto(stage.story)
    expect(marta.locator("main")).to_contain_text("Everything that happened")
    stage.picture(marta, "killed")


def _in_hours(hours: int) -> datetime:
    return datetime.now(BRUSSELS) + timedelta(hours=hours)
