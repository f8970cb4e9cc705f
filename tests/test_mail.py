import asyncio
import email
import email.policy
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Invalid
from desk.mail import SmtpMailer, mail_address, mail_bytes
from desk.net import Handed, Mailer
from tests.fakes import DrippingSmtp, FakeMailer, SmtpServer, client_tls, closed_port

SENT = datetime(2026, 11, 24, 14, 37, 5, tzinfo=timezone(timedelta(hours=1)))
DESK = ("Meridian News, foreign desk", "desk@meridian.example")
OLENA = ("Олена Демчук", "olena@meridian.example")


def written(
    *,
    subject: str = "RUSSIA-IRAN/PACT is due",
    text: str = "Due at 16:00.\n",
    html: str | None = None,
    sender: tuple[str, str] = DESK,
    to: tuple[str, str] = OLENA,
    references: tuple[str, ...] = (),
    headers: dict[str, str] | None = None,
) -> bytes:
    return mail_bytes(
        message_id="<rung.1@meridian.example>",
        sender=sender,
        to=to,
        subject=subject,
        text=text,
        html=html,
        date=SENT,
        references=references,
        headers=headers,
    )


def read(wire: bytes) -> EmailMessage:
    message = email.message_from_bytes(wire, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


# What is written


def test_a_plain_mail_is_written_as_it_is_read() -> None:
    assert written(references=("<story.9@meridian.example>", "<story.8@meridian.example>")) == (
        b"Date: Tue, 24 Nov 2026 13:37:05 +0000\r\n"
        b'From: "Meridian News, foreign desk" <desk@meridian.example>\r\n'
        b"To: =?utf-8?b?0J7Qu9C10L3QsCDQlNC10LzRh9GD0Lo=?= <olena@meridian.example>\r\n"
        b"Message-ID: <rung.1@meridian.example>\r\n"
        b"References: <story.9@meridian.example> <story.8@meridian.example>\r\n"
        b"In-Reply-To: <story.8@meridian.example>\r\n"
        b"Subject: RUSSIA-IRAN/PACT is due\r\n"
        b"Auto-Submitted: auto-generated\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Due at 16:00.\r\n"
    )


def test_a_mail_with_html_gives_the_text_first() -> None:
    message = read(written(text="Ödön, by 16:00 Київ", html="<p>Ödön, by <b>16:00</b> Київ</p>"))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert body_of(message, "plain") == "Ödön, by 16:00 Київ\r\n"
    assert body_of(message, "html") == "<p>Ödön, by <b>16:00</b> Київ</p>\r\n"


def test_headers_of_ones_own_are_added_and_ours_cannot_be_replaced() -> None:
    wire = written(headers={"List-Unsubscribe": "<https://desk.example/stop?t=" + "x" * 300 + ">", "X-Kind": "rung"})
    assert read(wire)["List-Unsubscribe"].endswith("xxx>")
    assert b"\r\nX-Kind: rung\r\n" in wire
    for name in ("Subject", "bcc", "Content-Type", "Bad Name", "Bad:", ""):
        with pytest.raises(ValueError, match="not a header"):
            written(headers={name: "x"})


def test_a_mail_is_the_same_bytes_every_time() -> None:
    assert written(html="<p>x</p>") == written(html="<p>x</p>")


def test_a_date_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zone"):
        mail_bytes(message_id="<a@b>", sender=DESK, to=OLENA, subject="", text="", date=SENT.replace(tzinfo=None))


def single_spaced(value: str) -> str:
    return " ".join(part for part in value.split(" ") if part).strip()


def decoded(header: str) -> str:
    return str(make_header(decode_header(header)))


words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=300)
anything = st.text(max_size=200)


@given(words, words)
def test_any_subject_and_name_arrive_as_they_were_written(subject: str, name: str) -> None:
    wire = written(subject=subject, to=(name, "olena@meridian.example"))
    # The old parser, since the newer one puts blanks between the encoded words of a name.
    message = email.message_from_bytes(wire, policy=email.policy.compat32)
    assert decoded(message["Subject"]) == single_spaced(subject)
    shown, address = parseaddr(message["To"].replace("\r\n", ""))
    assert (decoded(shown), address) == (" ".join(name.split()), "olena@meridian.example")
    head, _, _ = wire.partition(b"\r\n\r\n")
    assert max(len(line) for line in head.split(b"\r\n")) <= 78


@given(st.text(st.characters(exclude_categories=["Cs"])), st.none() | st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_arrives_as_it_was_written_in_short_seven_bit_lines(text: str, html: str | None) -> None:
    wire = written(text=text, html=html)
    assert wire.isascii()
    assert b"\0" not in wire
    assert not re.search(rb"[^\r]\n|\r[^\n]", wire)
    assert max(len(line) for line in wire.split(b"\r\n")) <= 78
    message = read(wire)
    for kind, given_text in (("plain", text), ("html", html)):
        if given_text is not None:
            part = message.get_body((kind,))
            assert part is not None
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            assert payload.decode().replace("\r\n", "\n").rstrip("\n") == re.sub(r"\r\n?", "\n", given_text).rstrip(
                "\n"
            )


@pytest.mark.parametrize(
    "name",
    [
        "Kuipers, Marta",
        "Kuipers, Márta",
        'O"Neil, "Nell"',
        "Новини; <радіо>, ніч",
        "a@b.example, c@d.example",
        "Desk (night), back\\slash",
    ],
)
def test_a_name_with_commas_and_quotes_is_one_recipient_to_an_old_parser_and_a_new_one(name: str) -> None:
    wire = written(to=(name, "marta@meridian.example"))
    (one,) = read(wire)["To"].addresses
    assert (one.display_name, one.addr_spec) == (name, "marta@meridian.example")
    old = email.message_from_bytes(wire, policy=email.policy.compat32)["To"].replace("\r\n", "")
    ((shown, address),) = getaddresses([old])
    assert (decoded(shown), address) == (name, "marta@meridian.example")


@given(anything, anything, anything, anything, anything)
def test_nothing_that_is_given_can_add_a_header(
    subject: str, name: str, address: str, earlier: str, extra: str
) -> None:
    try:
        wire = written(
            subject=subject,
            sender=(name, address),
            to=(name, "olena@meridian.example"),
            references=(earlier,) if earlier.startswith("<") else (),
            headers={"X-Kind": extra},
        )
    except Invalid:
        return
    names = [line.partition(b":")[0] for line in wire.partition(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] != b" "]
    expected = "Date From To Message-ID References In-Reply-To Subject Auto-Submitted X-Kind MIME-Version"
    assert set(names) <= {*expected.encode().split(), b"Content-Type", b"Content-Transfer-Encoding"}
    assert len(names) == len(set(names))


@pytest.mark.parametrize("breaking", ["\n", "\r", "\r\n", "\0", "\x0b", "\x85"])
def test_a_line_break_in_any_header_is_refused(breaking: str) -> None:
    bad = f"Hello{breaking}Bcc: everyone@meridian.example"
    for header in (
        {"subject": bad},
        {"sender": (bad, "desk@meridian.example")},
        {"to": ("", f"olena@meridian.example{breaking}x")},
        {"to": (bad, "olena@meridian.example")},
        {"references": (f"<a{breaking}@b>",)},
        {"headers": {"X-Kind": bad}},
    ):
        with pytest.raises(Invalid):
            written(**header)


def test_text_that_is_no_unicode_is_refused() -> None:
    for part in ({"subject": "\ud800"}, {"text": "\ud800"}, {"html": "\ud800"}):
        with pytest.raises(Invalid):
            written(**part)  # type: ignore[arg-type]  # one keyword at a time


@pytest.mark.parametrize("address", ["olena@meridian.example", " o'neil+desk@a-b.example ", "root@localhost"])
def test_a_plain_address_passes(address: str) -> None:
    assert mail_address(address) == address.strip()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("ödön@meridian.example", "letters outside a–z"),
        ("odon@méridian.example", "letters outside a–z"),
        ("", "is not a mail address"),
        ("olena", "is not a mail address"),
        ("olena@", "is not a mail address"),
        ("a b@c.example", "is not a mail address"),
        ("a@b@c.example", "is not a mail address"),
        ("a..b@c.example", "is not a mail address"),
        ("Olena <olena@c.example>", "is not a mail address"),
        ("a@b.example,c@d.example", "is not a mail address"),
        ("x" * 65 + "@c.example", "is not a mail address"),
        ("x@" + "c" * 300, "is not a mail address"),
        ("a@b.example\n", ""),
    ],
)
def test_what_is_no_plain_address_is_refused_with_its_sentence(address: str, sentence: str) -> None:
    if not sentence:
        assert mail_address(address) == address.strip()
        return
    with pytest.raises(Invalid, match=sentence) as refusal:
        mail_address(address, field="mail")
    assert refusal.value.field == "mail"


# What is sent


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def mailer(server: SmtpServer) -> Iterator[SmtpMailer]:
    mailer = SmtpMailer(server.url, timeout=2)
    yield mailer
    mailer.close()


def send(mailer: Mailer, wire: bytes | None = None) -> Handed:
    return mailer.send(wire or written(), sender="desk@meridian.example", to="olena@meridian.example")


def test_a_mail_is_taken_as_it_was_written(server: SmtpServer, mailer: SmtpMailer) -> None:
    wire = written(text=".\n..a line of dots\n.\nÖdön")
    assert send(mailer, wire) == Handed("taken", "250 2.0.0 Taken")
    (mail,) = server.mails
    assert (mail.sender, mail.to) == ("desk@meridian.example", "olena@meridian.example")
    assert mail.wire == wire


def test_bytes_with_bare_line_ends_are_sent_with_whole_ones(server: SmtpServer, mailer: SmtpMailer) -> None:
    assert send(mailer, b"Subject: x\n\n.\rlast").outcome == "taken"
    assert server.mails[0].wire == b"Subject: x\r\n\r\n.\r\nlast\r\n"


def test_several_mails_go_over_one_connection_whatever_becomes_of_each(server: SmtpServer, mailer: SmtpMailer) -> None:
    outcomes = []
    for behaviour in ("accept", "no such mailbox", "later", "refuse", "accept"):
        server.behaviour = behaviour
        outcomes.append(send(mailer))
    assert outcomes == [
        Handed("taken", "250 2.0.0 Taken"),
        Handed("refused", "550 5.1.1 No such mailbox here"),
        Handed("later", "451 4.3.0 Try again later"),
        Handed("refused", "554 5.7.1 Not this one"),
        Handed("taken", "250 2.0.0 Taken"),
    ]
    assert (len(server.mails), server.connections) == (2, 1)


def test_a_connection_that_went_away_between_two_mails_is_made_again(server: SmtpServer, mailer: SmtpMailer) -> None:
    assert send(mailer).outcome == "taken"
    server.hang_up()
    assert send(mailer).outcome == "taken"
    assert server.connections == 2
    mailer.close()
    assert send(mailer).outcome == "taken"


@pytest.mark.parametrize("behaviour", ["drop", "hang"])
def test_a_mail_that_was_sent_and_not_answered_is_unknown(server: SmtpServer, behaviour: str) -> None:
    mailer = SmtpMailer(server.url, timeout=0.3)
    server.behaviour = behaviour  # type: ignore[assignment]  # one of its words
    assert send(mailer).outcome == "unknown"
    assert len(server.mails) == 1
    server.behaviour = "accept"
    assert send(mailer).outcome == "taken"
    mailer.close()


@pytest.mark.parametrize(
    ("at", "outcome"),
    [("greeting", "later"), ("EHLO", "later"), ("MAIL", "later"), ("DATA", "later"), (".", "unknown")],
)
def test_a_server_that_lets_its_answers_drip_does_not_stretch_the_time_a_hand_over_may_take(
    at: str, outcome: str
) -> None:
    with DrippingSmtp(at) as dripping:
        mailer = SmtpMailer(dripping.url, timeout=0.3)
        began = time.monotonic()
        handed = send(mailer)
        assert 0.2 < time.monotonic() - began < 1.5
    assert handed == Handed(outcome, "The mail server took longer than 0.3 s.")  # type: ignore[arg-type]  # one of its words
    assert dripping.mails == (outcome == "unknown")


def test_all_the_steps_of_a_hand_over_share_one_time_limit(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer comes soon enough by itself; together they take too long."""
    reply = SMTP.push

    async def slowly(self: SMTP, status: str | bytes) -> None:
        await asyncio.sleep(0.15)
        await reply(self, status)

    monkeypatch.setattr(SMTP, "push", slowly)
    assert send(SmtpMailer(server.url, timeout=0.4)).outcome == "later"
    assert server.mails == []


def test_a_connection_that_breaks_before_the_data_was_sent_is_tried_again(
    server: SmtpServer, mailer: SmtpMailer
) -> None:
    for behaviour in ("drop early", "busy"):
        server.behaviour = behaviour
        assert send(mailer).outcome == "later"
    server.behaviour = "accept"
    assert send(mailer).outcome == "taken"
    assert len(server.mails) == 1


def test_a_mail_server_that_is_not_there_is_tried_again() -> None:
    with closed_port() as port:
        handed = send(SmtpMailer(f"smtp://127.0.0.1:{port}", timeout=1))
    assert handed.outcome == "later"
    assert handed.said.startswith(f"Nothing answers at 127.0.0.1:{port}: the connection was refused.")
    assert send(SmtpMailer("smtp://a..b", timeout=1)).outcome == "later"


def test_an_address_that_is_none_is_refused_before_the_server_hears_of_it(
    server: SmtpServer, mailer: SmtpMailer
) -> None:
    for address in ("ödön@meridian.example", "a@b.example>\r\nDATA", ""):
        assert mailer.send(b"x", sender="desk@meridian.example", to=address).outcome == "refused"
    assert server.connections == 0


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
def test_signing_in_works_in_the_clear_and_under_tls(tls: str | None) -> None:
    with SmtpServer(login=("desk", "p:ss"), tls=tls) as server:  # type: ignore[arg-type]  # one of its words
        url = server.url.replace("p:ss", "p%3Ass")
        mailer = SmtpMailer(url, timeout=2, tls=client_tls())
        assert [send(mailer).outcome, send(mailer).outcome] == ["taken", "taken"]
        assert server.logins == [("desk", "p:ss")]
        mailer.close()
        wrong = SmtpMailer(url.replace("desk:", "Desk:"), timeout=2, tls=client_tls())
        handed = send(wrong)
        assert handed.outcome == "later"
        assert handed.said.startswith("535")


def test_a_server_whose_certificate_is_not_trusted_or_that_offers_no_tls_is_sent_nothing(server: SmtpServer) -> None:
    assert send(SmtpMailer(server.url + "?starttls=1", timeout=2)).outcome == "later"
    for tls in ("starttls", "implicit"):
        with SmtpServer(tls=tls) as secured:
            handed = send(SmtpMailer(secured.url, timeout=2))
            assert handed.outcome == "later"
            assert "certificate" in handed.said.lower()
            assert secured.mails == []
    assert server.mails == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://h:port",
        "smtp://h?tls=1",
        "smtp://[::1",
        "smtp://h:0x",
    ],
)
def test_a_mail_servers_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(Invalid, match="SMTP_URL can't be used"):
        SmtpMailer(url)


def test_the_fake_in_memory_is_a_mailer() -> None:
    fake = FakeMailer(answers=[Handed("unknown")])
    assert [send(fake, b"1").outcome, send(fake, b"2").outcome] == ["unknown", "taken"]
    assert [mail.wire for mail in fake.mails] == [b"1", b"2"]
    assert SENT.astimezone(UTC).hour == 13
