"""Mail: a message as bytes (RFC 5322), and one connection to the mail server that takes it.

The bytes are written here line by line, seven-bit and the same for the same input, so that a frozen delivery
and a golden file read alike under every Python.
"""

import binascii
import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime

from desk import trouble
from desk.addresses import time_limit
from desk.errors import Invalid
from desk.mailboxes import ATOMS
from desk.mailboxes import mail_address as mail_address
from desk.net import Handed, Outcome, one_line
from desk.servers import MailServer
from desk.smtp import Line

LONGEST_LINE = 998
WRAP = 76
GOODBYE = 5.0  # seconds for a QUIT

_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_OURS = {"date", "from", "to", "cc", "bcc", "sender", "subject", "message-id", "in-reply-to", "references"}
_OURS |= {"auto-submitted", "mime-version", "content-type", "content-transfer-encoding"}


def mail_bytes(
    *,
    message_id: str,
    sender: tuple[str, str],
    to: tuple[str, str],
    subject: str,
    text: str,
    html: str | None = None,
    date: datetime,
    references: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One finished message, CRLF and seven-bit, marked as sent by a machine (RFC 3834).

    `sender` and `to` are (name, address); `message_id` and `references` are written `<left@right>`, oldest
    first, the last one being what this answers; `date` is aware. With `html` the message is
    multipart/alternative. Raises Invalid for a line break or control character in a header, a bad address, or
    text that is no Unicode.
    """
    if date.tzinfo is None:
        raise ValueError("the date of a mail needs a zone")
    lines = [
        f"Date: {format_datetime(date.astimezone(UTC))}",
        _from_or_to("From", sender),
        _from_or_to("To", to),
        f"Message-ID: {_message_id(message_id)}",
    ]
    if references:
        lines.append(_wrapped("References", [_message_id(earlier) for earlier in references]))
        lines.append(f"In-Reply-To: {references[-1]}")
    lines += [_subject(subject), "Auto-Submitted: auto-generated"]
    lines += [_extra(name, value) for name, value in (headers or {}).items()]
    lines.append("MIME-Version: 1.0")
    return "\r\n".join([*lines, *_content(text, html, message_id)]).encode("ascii")


def _from_or_to(name: str, person: tuple[str, str]) -> str:
    address = mail_address(person[1], field=name.lower())
    phrase = " ".join(_plain(name, person[0]).split())
    if not phrase:
        return f"{name}: {address}"
    if re.fullmatch(rf"{ATOMS}(?: {ATOMS})*", phrase) and "=?" not in phrase and len(phrase) <= 60:
        written = phrase
    elif phrase.isascii() and "=?" not in phrase and len(phrase) <= 60:
        written = '"' + re.sub(r'(["\\])', r"\\\1", phrase) + '"'
    else:
        written = _encoded(name, phrase)
    line = f"{name}: {written}"
    return f"{line} <{address}>" if len(line) + len(address) < WRAP else f"{line}\r\n <{address}>"


def _subject(subject: str) -> str:
    subject = _plain("Subject", subject)
    if subject.isascii() and "=?" not in subject and len(subject) <= WRAP - len("Subject: "):
        return f"Subject: {subject}"
    return f"Subject: {_encoded('Subject', subject)}"


def _extra(name: str, value: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name) or name.lower() in _OURS:
        raise ValueError(f"not a header to be added: {name!r}")
    value = _plain(name, value)
    if not value.isascii():
        raise Invalid("The header %(name)s must be plain ASCII.", name=name)
    return _wrapped(name, value.split())


def _plain(name: str, value: str) -> str:
    """One line with single blanks; what could end a header line, or is no character at all, is refused."""
    value = value.replace("\t", " ")
    if any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000 for char in value):
        raise Invalid("%(name)s of a mail is one line, without control characters.", field=name.lower(), name=name)
    return " ".join(part for part in value.split(" ") if part).strip()


def _encoded(name: str, value: str) -> str:
    return Header(value, "utf-8", maxlinelen=WRAP, header_name=name).encode(linesep="\r\n")


def _wrapped(name: str, words: Sequence[str]) -> str:
    lines = [f"{name}:"]
    for word in words:
        if len(word) > LONGEST_LINE - len(name) - 2:
            raise Invalid("The header %(name)s is too long for a mail.", name=name)
        if len(lines[-1]) + 1 + len(word) > WRAP and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)


def _message_id(value: str) -> str:
    if len(value) > 250 or not _MESSAGE_ID.fullmatch(value):
        raise Invalid("%(value)s is not a Message-ID.", value=one_line(value))
    return value


def _content(text: str, html: str | None, message_id: str) -> Iterator[str]:
    if html is None:
        yield from _part("plain", text)
        return
    # A hash over what it divides cannot stand in it.
    divided = "\0".join((message_id, text, html)).encode("utf-8", "replace")
    boundary = "=_" + hashlib.sha256(divided).hexdigest()[:32]
    yield "Content-Type: multipart/alternative;"
    yield f' boundary="{boundary}"'
    yield ""
    for subtype, content in (("plain", text), ("html", html)):
        yield f"--{boundary}"
        yield from _part(subtype, content)
    yield f"--{boundary}--"
    yield ""


def _part(subtype: str, content: str) -> Iterator[str]:
    lines = re.split(r"\r\n|\r|\n", content.rstrip("\r\n"))
    seven_bit = all(line.isascii() and line.isprintable() and len(line) <= WRAP + 2 for line in lines)
    yield f"Content-Type: text/{subtype}; charset=utf-8"
    yield f"Content-Transfer-Encoding: {'7bit' if seven_bit else 'quoted-printable'}"
    yield ""
    if seven_bit:
        yield from lines
    else:
        try:
            # An LF at each line's end lets binascii tell our line breaks, which it then keeps.
            packed = binascii.b2a_qp("\n".join(lines).encode("utf-8"), istext=True)
        except UnicodeEncodeError:
            raise Invalid("The mail holds something that is no text.", field="text") from None
        yield from packed.decode("ascii").split("\n")
    yield ""


# Answers to MAIL or RCPT that complain of us (no sign-in, no TLS), not of this message.
_ABOUT_US = {530, 534, 535, 538}


class SmtpMailer:
    """A Mailer over SMTP (RFC 5321). One instance for one thread; it keeps its connection between sends.

    `url` is smtp://user:password@host:port?starttls=1 or smtps://…; Invalid if it is neither. `timeout` seconds
    are all that a hand-over may take, from the look-up of the name to the last answer. Trouble with the connection
    or the sign-in is `later`; a 5xx to the message is `refused`; no answer after the end of the data is `unknown`,
    and only that.
    """

    def __init__(
        self, url: str, *, timeout: float = 20.0, tls: ssl.SSLContext | None = None, helo: str | None = None
    ) -> None:
        self._server = MailServer.of(url)
        self._timeout = timeout
        self._tls = tls
        self._helo = helo or _own_name()
        self._line: Line | None = None

    def send(self, wire: bytes, *, sender: str, to: str) -> Handed:
        try:
            sender, to = mail_address(sender), mail_address(to)
        except Invalid as error:
            return Handed("refused", one_line(str(error)))
        with time_limit(self._timeout):
            return self._send(wire, sender, to)

    def _send(self, wire: bytes, sender: str, to: str) -> Handed:
        data_sent = clean = False
        try:
            line = self._connected()
            for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}>", "DATA"):
                code, said = line.docmd(command)
                if code != 354 if command == "DATA" else not 200 <= code < 300:
                    clean = 400 <= code < 600 and code != 421
                    return _turned_away(code, said)
            line.send(_stuffed(wire))
            data_sent = True
            line.send(b".\r\n")
            code, said = line.getreply()
            clean = 200 <= code < 600 and code != 421
            return _answered(code, said)
        except smtplib.SMTPResponseException as error:
            return _lost(data_sent, f"{error.smtp_code} {_words(error.smtp_error)}")
        except (OSError, smtplib.SMTPException) as error:
            return _lost(data_sent, self._why(error))
        finally:
            if not clean:
                self._drop()

    def greet(self) -> Handed:
        """Connect and sign in, and send nothing: whether mail could go out now, and what the server said if not."""
        try:
            with time_limit(self._timeout):
                self._connected()
        except smtplib.SMTPResponseException as error:
            return _lost(data_sent=False, why=f"{error.smtp_code} {_words(error.smtp_error)}")
        except (OSError, smtplib.SMTPException) as error:
            return _lost(data_sent=False, why=self._why(error))
        return Handed("taken", "the mail server answers")

    def close(self) -> None:
        """Say goodbye and hang up; the next send connects again."""
        try:
            if self._line is not None:
                with time_limit(GOODBYE):
                    self._line.quit()
        except (OSError, smtplib.SMTPException):
            pass  # it has hung up already
        finally:
            self._drop()

    def _connected(self) -> Line:
        if self._line is not None:
            # RSET clears what a refused message left behind, and finds a server that has hung up meanwhile.
            try:
                if self._line.rset()[0] == 250:
                    return self._line
            except (OSError, smtplib.SMTPException):
                pass
            self._drop()
        self._line = self._connect()
        return self._line

    def _connect(self) -> Line:
        server = self._server
        line = Line(self._helo, self._context() if server.implicit_tls else None)
        try:
            line.call(server.host, server.port)
            if server.starttls:
                line.starttls(context=self._context())
            line.ehlo_or_helo_if_needed()
            if server.user:
                line.login(server.user, server.password)
        except BaseException:
            line.close()
            raise
        return line

    def _why(self, error: Exception) -> str:
        seconds = f"{self._timeout:g} s"
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return f"The mail server took longer than {seconds}."
        return str(trouble.of(error, f"{self._server.host}:{self._server.port}"))

    def _context(self) -> ssl.SSLContext:
        self._tls = self._tls or ssl.create_default_context()
        return self._tls

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()


def _turned_away(code: int, said: bytes) -> Handed:
    """The answer that ended a hand-over before its data."""
    final = 500 <= code < 600 and code not in _ABOUT_US
    return Handed("refused" if final else "later", one_line(f"{code} {_words(said)}"))


def _answered(code: int, said: bytes) -> Handed:
    """The answer to the end of the data."""
    outcomes: dict[int, Outcome] = {2: "taken", 4: "later", 5: "refused"}
    return Handed(outcomes.get(code // 100, "unknown"), one_line(f"{code} {_words(said)}"))


def _lost(data_sent: bool, why: str) -> Handed:
    return Handed("unknown" if data_sent else "later", one_line(why))


def _words(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _stuffed(wire: bytes) -> bytes:
    """Bytes as DATA wants them (RFC 5321 4.5.2): CRLF at each line's end, a dot before a leading dot."""
    wire = re.sub(rb"\r\n|\r|\n", b"\r\n", wire)
    wire = re.sub(rb"(?m)^\.", b"..", wire)
    return wire if wire.endswith(b"\r\n") else wire + b"\r\n"


def _own_name() -> str:
    name = socket.gethostname()
    return name if name.isascii() and "." in name else "[127.0.0.1]"
