"""The play's stage: the desk that runs, its mail, its people at their browsers, and what their hands do."""

import email
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Locator, Page, expect
from standardwebhooks import Webhook

from tests.browser.desk_runs import Running, desk_up
from tests.fakes import FeedServer, SmtpServer, WebhookReceiver
from tests.fakes import Page as FeedPage

PASSWORD = "a sentence that opens the door"
BRUSSELS = ZoneInfo("Europe/Brussels")
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Nordpress</title><link>http://localhost/</link>
<item><guid>np-1</guid><title>Explosion reported at port of Odesa</title>
<description>Two witnesses heard a blast.</description></item></channel></rss>"""


@dataclass
class Stage:
    """What takes part. `people` are at their browsers, by first name; `secret` is the licensee's, by which it checks
    what it is told; `story` is the address of the story that the play is about."""

    running: Running
    browser: Browser
    smtp: SmtpServer
    receiver: WebhookReceiver
    feed: FeedServer
    pictures: Path
    people: dict[str, Page] = field(default_factory=dict)
    secret: str = ""
    story: str = ""

    @property
    def url(self) -> str:
        return self.running.url

    def seat(self) -> Page:
        """A browser of somebody's own."""
        return self.browser.new_context(viewport={"width": 1440, "height": 900}).new_page()

    def picture(self, page: Page, name: str) -> None:
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    # mail

    def mails(self, who: str, about: str) -> list[str]:
        """The text of the mails to somebody whose subject has `about` in it, in the order they came."""
        found = []
        for mail in list(self.smtp.mails):
            message = email.message_from_bytes(mail.wire, policy=policy.default)
            if mail.to == address(who) and about in str(message["subject"]):
                body = message.get_body(("plain",))
                found.append(body.get_content() if body is not None else "")
        return found

    def mail(self, who: str, about: str, *, saying: str = "", seconds: float = 20) -> str:
        """The newest such mail that says `saying`, waited for."""

        def come() -> list[str]:
            return [text for text in self.mails(who, about) if saying in text]

        wait(lambda: bool(come()), seconds, f"a mail to {who} about {about} that says {saying!r}")
        return come()[-1]

    def notice(self) -> dict[str, Any]:
        """The newest notice by webhook, its signature checked as a licensee would check it."""
        request = self.receiver.requests[-1]
        headers = {name.lower(): value for name, value in request.headers.items()}
        Webhook(self.secret).verify(request.body, headers)
        found: dict[str, Any] = json.loads(request.body)
        return found

    def notices(self, n: int, *, seconds: float = 20) -> dict[str, Any]:
        """The nth notice, waited for."""
        wait(lambda: len(self.receiver.requests) >= n, seconds, f"notice {n}")
        assert len(self.receiver.requests) == n
        return self.notice()


@contextmanager
def stage(browser: Browser, folder: Path, pictures: Path, env: dict[str, str]) -> Iterator[Stage]:
    """Set the stage: a desk, a mail server, a licensee's receiver, a feed."""
    with (
        SmtpServer() as smtp,
        WebhookReceiver() as receiver,
        FeedServer({"/feed": FeedPage(FEED)}) as feed,
        desk_up(folder, env={**env, "SMTP_URL": smtp.url}) as running,
    ):
        yield Stage(running, browser, smtp, receiver, feed, pictures)


def address(who: str) -> str:
    """Somebody's mail address: ours by their first name, others' as it is."""
    return who if "@" in who else f"{who}@meridian.example"


def wait(holds: Callable[[], bool], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.1)


# hands


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """The button of that name."""
    page.get_by_role("button", name=name, exact=isinstance(name, str)).first.click()
    page.wait_for_load_state()


def fill(page: Page | Locator, **typed: str) -> None:
    """Fields by their labels; underscores stand for blanks."""
    for label, text in typed.items():
        page.get_by_label(label.replace("_", " ")).fill(text)


def come_in(stage: Stage, link: str, **more: str) -> Page:
    """Follow a one-time link in a fresh browser, choose a password, and be in."""
    page = stage.seat()
    page.goto(link)
    fill(page, **more, Password=PASSWORD)
    press(page, "Come in")
    expect(page.locator("body")).not_to_contain_text("Come in")
    return page


def sign_in(page: Page, who: str) -> None:
    """By address and password."""
    fill(page, Mail_address=address(who), Password=PASSWORD)
    press(page, "Sign in")


def assign(stage: Stage, slug: str, due: datetime, *names: str) -> str:
    """Marta makes a story and asks these people; gives the story's address."""
    page = stage.people["marta"]
    page.goto(f"{stage.url}/stories/new")
    page.get_by_label("Slug").fill(slug)
    page.locator("#f-deadline").fill(f"{due:%Y-%m-%d %H:%M}")
    fill(page, Working_title="Ministers meet over a new shipping lane", Places="Odesa, Istanbul")
    for name in names:
        page.get_by_label(re.compile(name)).check()
    press(page, "Assign it")
    expect(page.locator("h1").first).to_contain_text(slug)
    return page.url


def write(page: Page, story: str, headline: str, body: str) -> None:
    """Open the copy and type."""
    page.goto(f"{story}/write")
    fill(page, Headline=headline, Copy=body)


def link_in(text: str, kind: str = "come-in") -> str:
    """The link of that kind in a mail."""
    found = re.search(rf"http\S+/{kind}/\w+", text)
    assert found, text
    return found[0]
