"""One story from assignment to kill, played by signed-in people in a real browser, with real web, worker and beat."""

import email
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect
from standardwebhooks import Webhook

from tests.browser.desk_runs import Running, desk_up
from tests.fakes import FeedServer, SmtpServer, WebhookReceiver
from tests.fakes import Page as FeedPage

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.xdist_group("play")]

PASSWORD = "a sentence that opens the door"
BRUSSELS = ZoneInfo("Europe/Brussels")
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Nordpress</title><link>http://localhost/</link>
<item><guid>np-1</guid><title>Explosion reported at port of Odesa</title>
<description>Two witnesses heard a blast.</description></item></channel></rss>"""


class Desk:
    """The play's stage: the running desk, its mail, its people's browsers."""

    def __init__(self, running: Running, browser: Browser, smtp: SmtpServer) -> None:
        self.running, self.browser, self.smtp = running, browser, smtp

    def mails(self, to: str, subject: str) -> list[str]:
        """The text of mails to somebody whose subject has `subject` in it, in the order they came."""
        found = []
        for mail in list(self.smtp.mails):
            message = email.message_from_bytes(mail.wire, policy=policy.default)
            if mail.to == to and subject in str(message["subject"]):
                body = message.get_body(("plain",))
                found.append(body.get_content() if body is not None else "")
        return found

    def mail(self, to: str, subject: str, *, seconds: float = 20) -> str:
        """The newest such mail, waited for."""
        wait(lambda: bool(self.mails(to, subject)), seconds, f"a mail to {to} about {subject}")
        return self.mails(to, subject)[-1]

    def come_in(self, link: str) -> Page:
        """Follow a one-time link in a fresh browser, choose a password, and be in."""
        page = self.browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(link)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Come in").click()
        expect(page.locator("body")).not_to_contain_text("Come in")
        return page

    def press(self, page: Page, name: str) -> None:
        page.get_by_role("button", name=name, exact=True).first.click()
        page.wait_for_load_state()


def wait(holds: Callable[[], bool], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"waited {seconds} s for {what}"
        time.sleep(0.1)


@contextmanager
def stage(browser: Browser, folder: Path, env: dict[str, str]) -> Iterator[Desk]:
    with SmtpServer() as smtp, desk_up(folder, env={**env, "SMTP_URL": smtp.url}) as running:
        yield Desk(running, browser, smtp)


def the_play(desk: Desk, pictures: Path) -> None:
    """Invite, assign, offer to two, accept, write, file, return, approve, embargo, remind, wire, correct, kill."""
    url = desk.running.url

    # the first administrator comes in, makes a desk, and asks three people in
    editor = desk.browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    editor.goto(desk.running.link)
    editor.get_by_label("Name").fill("Marta Kuipers")
    editor.get_by_label("Mail address").fill("marta@meridian.example")
    editor.get_by_label("Where you are").fill("Brussels")
    editor.get_by_label("Password").fill(PASSWORD)
    desk.press(editor, "Come in")
    editor.goto(f"{url}/settings")
    editor.get_by_label("A new desk").fill("World desk")
    editor.get_by_label("Its clock").last.fill("Europe/Brussels")
    desk.press(editor, "Make it")
    editor.locator("#f-agency").fill("Meridian News")
    editor.locator("#f-first_year").fill("1999")
    editor.locator("form", has=editor.locator("#f-agency")).get_by_role("button", name="Save").click()
    for name, address, zone, role, title in (
        ("Olena Demchuk", "olena@meridian.example", "Europe/Kyiv", "correspondent", "Black Sea Correspondent"),
        ("Nino Kapanadze", "nino@meridian.example", "Asia/Tbilisi", "correspondent", ""),
        ("Jonas Weber", "jonas@meridian.example", "Europe/Berlin", "approver", ""),
    ):
        editor.goto(f"{url}/people/new")
        editor.get_by_label("Name").fill(name)
        editor.get_by_label("Mail address").fill(address)
        editor.get_by_label("Title").fill(title)
        editor.get_by_label("Where they live").fill(zone)
        editor.get_by_label(f"World desk: {role}").check()
        desk.press(editor, "Send the invitation")
    olena, nino, jonas = (
        desk.come_in(link_in(desk.mail(f"{who}@meridian.example", ""))) for who in ("olena", "nino", "jonas")
    )

    # a licensee with a webhook, and a feed
    with WebhookReceiver() as receiver, FeedServer({"/feed": FeedPage(FEED)}) as feed:
        editor.goto(f"{url}/licensees/new")
        editor.get_by_label("Name").fill("Radio Novi Most")
        editor.get_by_label("Mail for notices").fill("desk@novimost.example")
        editor.get_by_label("Webhook").fill(receiver.url)
        editor.get_by_label("Their clock").fill("Europe/Belgrade")
        desk.press(editor, "Save")
        editor.get_by_text("Secret of the webhook").click()
        secret = re.search(r"whsec_\S+", editor.locator("main").inner_text())
        assert secret

        # a reminder is to come by itself: fifteen minutes and some seconds ahead
        due = (datetime.now(UTC) + timedelta(minutes=16)).replace(second=0, microsecond=0)
        assign(desk, editor, "PORT/WORKERS", due.astimezone(BRUSSELS), ["Nino Kapanadze"])
        nino.goto(f"{url}/mine")
        desk.press(nino, "Accept")

        # a story is offered to two; the first to accept has it
        assign(desk, editor, "GRAIN/CORRIDOR", datetime.now(BRUSSELS) + timedelta(hours=5), ["Olena", "Nino"])
        story = editor.url
        olena.goto(f"{url}/mine")
        expect(olena.locator("body")).to_contain_text("in Kyiv" if False else "Kyiv")
        nino.goto(f"{url}/mine")
        desk.press(olena, "Accept")
        desk.press(nino, "Accept")
        expect(nino.locator("body")).to_contain_text("was a moment faster")

        # she writes, files; it is returned; she files again
        write(desk, olena, story, "Ministers meet in Odesa", "Ministers met on Tuesday.\n\nEleven vessels wait.")
        desk.mail("marta@meridian.example", "GRAIN/CORRIDOR")
        jonas.goto(story)
        jonas.get_by_text("Return…").click()
        jonas.get_by_label("What is to be done?").fill("Say how many ministers.")
        desk.press(jonas, "Return it")
        desk.mail("olena@meridian.example", "GRAIN/CORRIDOR")
        write(
            desk, olena, story, "Four ministers meet in Odesa", "Four ministers met on Tuesday.\n\nEleven vessels wait."
        )

        # approved, published under an embargo that lifts by itself
        jonas.goto(story)
        jonas.get_by_role("button", name=re.compile("Approve v")).click()
        lift = (datetime.now(UTC) + timedelta(seconds=70)).replace(second=0, microsecond=0)
        editor.goto(story)
        editor.get_by_text("Embargo, time…").click()
        editor.get_by_label("Embargo until").fill(f"{lift.astimezone(BRUSSELS):%Y-%m-%d %H:%M}")
        desk.press(editor, "Set")
        expect(editor.locator("main .head")).to_contain_text("scheduled")
        assert not receiver.requests
        editor.screenshot(path=pictures / "scheduled.png")

        # meanwhile a wire item becomes a story
        editor.goto(f"{url}/wire/sources")
        editor.get_by_label("Name").last.fill("Nordpress")
        editor.get_by_label("Address").last.fill(feed.url_of("/feed"))
        desk.press(editor, "Add the source")
        editor.goto(f"{url}/wire")
        expect(editor.locator("main")).to_contain_text("Explosion reported", timeout=20_000)
        editor.get_by_text("Explosion reported at port of Odesa").first.click()
        editor.get_by_label("Slug").fill("ODESA/BLAST")
        desk.press(editor, "Open a story")
        expect(editor.locator("main")).to_contain_text("Wires it stands on")

        # the embargo lifts: an open page shows it, and the licensee is told, signed
        editor.goto(story)
        expect(editor.locator(".steps")).to_contain_text("Published", timeout=5_000)
        wait(lambda: bool(receiver.requests), 100, "the notice of edition 1")
        assert datetime.now(UTC) >= lift
        published = notice(receiver, secret[0])
        assert published["type"] == "story.published"
        desk.mail("desk@novimost.example", "GRAIN/CORRIDOR")

        # the licensee acknowledges: following the link changes nothing, the press does
        reader = desk.browser.new_context().new_page()
        reader.goto(re.search(r"http\S+/receipts/\w+", desk.mail("desk@novimost.example", "GRAIN/CORRIDOR"))[0])  # type: ignore[index]  # it is there
        reader.get_by_label("Who are you?").fill("D. Petrović")
        desk.press(reader, "We have read it and act on it")
        expect(reader.locator("main")).to_contain_text("Acknowledged by D. Petrović")

        # the reminder came by itself
        reminder = desk.mail("nino@meridian.example", "PORT/WORKERS", seconds=100)
        wait(
            lambda: any("min" in text for text in desk.mails("nino@meridian.example", "PORT/WORKERS")), 100, "reminder"
        )
        assert reminder

        # corrected: edition 2, approved by somebody else
        editor.goto(story)
        editor.get_by_text("Correct or update…").click()
        editor.get_by_label("What was wrong").fill("Four ministers met on Tuesday.")
        editor.get_by_label("What is right").fill("Five ministers met on Tuesday.")
        desk.press(editor, "Prepare edition 2")
        editor.get_by_label("Copy").fill("Five ministers met on Tuesday.\n\nEleven vessels wait.")
        desk.press(editor, "Save a version")
        jonas.goto(story)
        jonas.get_by_role("button", name=re.compile("Approve v")).click()
        editor.goto(story)
        desk.press(editor, "Publish edition 2")
        wait(lambda: len(receiver.requests) >= 2, 20, "the notice of the correction")
        corrected = notice(receiver, secret[0])
        assert corrected["type"] == "story.corrected"
        assert "Five ministers" in json.dumps(corrected)

        # killed: at once, and for good
        editor.goto(story)
        editor.get_by_text("Kill…").click()
        editor.get_by_label("Why? Licensees read this.").fill("The meeting never took place.")
        desk.press(editor, "Kill this story")
        wait(lambda: len(receiver.requests) >= 3, 20, "the notice of the kill")
        assert notice(receiver, secret[0])["type"] == "story.killed"
        editor.goto(story)
        expect(editor.locator("main")).to_contain_text("Everything that happened")
        editor.screenshot(path=pictures / "killed.png", full_page=True)


def assign(desk: Desk, page: Page, slug: str, due: datetime, people: list[str]) -> None:
    page.goto(f"{desk.running.url}/stories/new")
    page.get_by_label("Slug").fill(slug)
    page.locator("#f-deadline").fill(f"{due:%Y-%m-%d %H:%M}")
    page.get_by_label("In a line").fill("Ministers meet over a new shipping lane")
    page.get_by_label("Places").fill("Odesa, Istanbul")
    for name in people:
        page.get_by_label(re.compile(name)).check()
    desk.press(page, "Assign it")
    expect(page.locator("h1").first).to_contain_text(slug)


def write(desk: Desk, page: Page, story: str, headline: str, body: str) -> None:
    page.goto(f"{story}/write")
    page.get_by_label("Headline").fill(headline)
    page.get_by_label("Copy").fill(body)
    desk.press(page, "File to desk")
    expect(page.locator("h1")).to_contain_text("World desk has it")


def notice(receiver: WebhookReceiver, secret: str) -> dict[str, object]:
    """The newest notice, its signature checked as a licensee would check it."""
    request = receiver.requests[-1]
    headers = {name.lower(): value for name, value in request.headers.items()}
    Webhook(secret).verify(request.body, headers)
    found: dict[str, object] = json.loads(request.body)
    return found


def link_in(text: str) -> str:
    found = re.search(r"http\S+/come-in/\w+", text)
    assert found, text
    return found[0]


def test_one_story_goes_from_assignment_to_kill(browser: Browser, tmp_path: Path, pictures: Path) -> None:
    with stage(browser, tmp_path, {}) as desk:
        the_play(desk, pictures)
