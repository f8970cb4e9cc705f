"""The world outside, in small: a mail server, a webhook's receiver and a feed's server on loopback sockets, and
a Mailer and a Poster in memory. Each server is a context manager; its switches may be turned while it runs."""

import asyncio
import gzip
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from desk.errors import DeskError
from desk.net import Fetched, Handed

# In memory

TAKEN = Handed("taken", "OK")


@dataclass(frozen=True)
class Mail:
    wire: bytes
    sender: str
    to: str


@dataclass
class FakeMailer:
    """A Mailer that keeps what it was given and answers with `answers` in turn, then with `otherwise`."""

    answers: list[Handed] = field(default_factory=list)
    otherwise: Handed = TAKEN
    mails: list[Mail] = field(default_factory=list)

    def send(self, wire: bytes, *, sender: str, to: str) -> Handed:
        self.mails.append(Mail(wire, sender, to))
        return self.answers.pop(0) if self.answers else self.otherwise


@dataclass(frozen=True)
class Post:
    url: str
    body: bytes
    headers: dict[str, str]


@dataclass
class FakePoster:
    """A Poster that keeps what it was given and answers as FakeMailer does, or by address from `by_url`."""

    answers: list[Handed] = field(default_factory=list)
    otherwise: Handed = TAKEN
    by_url: dict[str, Handed] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Handed:
        self.posts.append(Post(url, body, dict(headers)))
        if url in self.by_url:
            return self.by_url[url]
        return self.answers.pop(0) if self.answers else self.otherwise


@dataclass
class FakeFetcher:
    """A Fetcher that answers by address from `by_url`: a Fetched, or an error to raise."""

    by_url: dict[str, Fetched | DeskError] = field(default_factory=dict)
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Fetched:
        self.asked.append((url, etag, modified))
        answer = self.by_url.get(url, Fetched("later", said="404 Not Found"))
        if isinstance(answer, DeskError):
            raise answer
        return answer


# A mail server

SmtpBehaviour = Literal[
    "accept",
    "later",  # 451 to the data
    "refuse",  # 554 to the data
    "no such mailbox",  # 550 to the recipient
    "busy",  # 421 to the recipient, and hangs up
    "hang",  # takes the data and never answers
    "drop",  # takes the data and hangs up without an answer
    "drop early",  # hangs up at the recipient
]


class SmtpServer:
    """An SMTP server that records what it took, also when it then said nothing (`hang`, `drop`)."""

    def __init__(
        self,
        behaviour: SmtpBehaviour = "accept",
        *,
        login: tuple[str, str] | None = None,
        tls: Literal["starttls", "implicit"] | None = None,
    ) -> None:
        self.behaviour: SmtpBehaviour = behaviour
        self.mails: list[Mail] = []
        self.connections = 0
        self.logins: list[tuple[str, str]] = []
        self.port = 0
        self._login = login
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._lines: set[SMTP] = set()
        self._thread = threading.Thread(target=self._run, name="smtp", daemon=True)

    @property
    def url(self) -> str:
        user = ":".join(self._login) + "@" if self._login else ""
        if self._tls == "implicit":
            return f"smtps://{user}localhost:{self.port}"
        starttls = "?starttls=1" if self._tls == "starttls" else ""
        return f"smtp://{user}localhost:{self.port}{starttls}"

    def hang_up(self) -> None:
        """Close every open connection, as a server does with an idle one."""
        done = threading.Event()

        def close() -> None:
            for line in self._lines:
                if line.transport is not None:
                    line.transport.abort()  # type: ignore[attr-defined]  # aiosmtpd types it as its base
            self._lines.clear()
            self._loop.call_soon(done.set)

        self._loop.call_soon_threadsafe(close)
        done.wait(5)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(5), "the mail server did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    # aiosmtpd's hooks

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.behaviour == "no such mailbox":
            return "550 5.1.1 No such mailbox here"
        if self.behaviour == "busy":
            asyncio.get_running_loop().call_later(0.02, _abort, server)
            return "421 4.3.2 Closing for the night"
        if self.behaviour == "drop early":
            _abort(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.behaviour == "later":
            return "451 4.3.0 Try again later"
        if self.behaviour == "refuse":
            return "554 5.7.1 Not this one"
        wire = envelope.original_content or b""
        self.mails.append(Mail(wire, envelope.mail_from or "", envelope.rcpt_tos[0]))
        if self.behaviour == "hang":
            await asyncio.sleep(3600)
        if self.behaviour == "drop":
            _abort(server)
        return "250 2.0.0 Taken"

    # the loop in its thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        tls = server_tls() if self._tls == "implicit" else None
        server = self._loop.run_until_complete(self._loop.create_server(self._new_line, "127.0.0.1", 0, ssl=tls))
        self.port = server.sockets[0].getsockname()[1]
        self._loop.call_soon(self._up.set)
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for line in self._lines:
            _abort(line)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    def _new_line(self) -> SMTP:
        self.connections += 1
        line = SMTP(
            self,
            loop=self._loop,
            hostname="mail.example",
            tls_context=server_tls() if self._tls == "starttls" else None,
            require_starttls=self._tls == "starttls",
            auth_require_tls=False,
            authenticator=self._authenticate,
        )
        self._lines.add(line)
        return line

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        self.logins.append(given)
        return AuthResult(success=given == self._login, handled=False)


class DrippingSmtp:
    """An SMTP server that answers in whole lines until it comes to the step `at` (`greeting`, `EHLO`, `MAIL`, `DATA`,
    or `.` for the end of the data), and there lets its answer drip, a byte every 20 ms, without an end."""

    def __init__(self, at: str) -> None:
        self.at = at
        self.mails = 0
        self._stopping = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="dripping smtp", daemon=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._listening.close()
        self._thread.join(5)

    def _serve(self) -> None:
        line, _ = self._listening.accept()
        with line, line.makefile("rb") as heard, suppress(OSError):
            self._say(line, "greeting", "220 mail.example")
            for command in heard:
                step = command.split()[0].decode().upper()
                self._say(line, step, "354 Go on" if step == "DATA" else "250 OK")
                if step == "DATA":
                    while (data := heard.readline()) not in (b".\r\n", b""):
                        pass
                    self.mails += data != b""
                    self._say(line, ".", "250 Taken")

    def _say(self, line: socket.socket, step: str, answer: str) -> None:
        while step == self.at and not self._stopping.wait(0.02):
            line.sendall(b"2")
        line.sendall(f"{answer}\r\n".encode())


def _abort(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.abort()  # type: ignore[attr-defined]  # aiosmtpd types it as its base


# HTTP


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class _HttpServer:
    """A threaded HTTP/1.1 server; a subclass says how it answers."""

    def __init__(self, *, tls: bool = False) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.stopping = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = 10

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, self.rfile.read(length))
                outer.requests.append(request)
                try:
                    outer.answer(self, request)
                except OSError:
                    self.close_connection = True  # the other side has had enough

            do_GET = do_POST = answer  # noqa: N815  # http.server's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
                pass

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self.scheme = "https" if tls else "http"
        if tls:
            self._server.socket = server_tls().wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def answer(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        raise NotImplementedError

    def url_of(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection is what many a test wants."""


class WebhookReceiver(_HttpServer):
    """A licensee's receiver: records every request, answers as its switches say.

    `delay` is in seconds, before the answer; `statuses` are used up in turn before `status`.
    """

    def __init__(self, status: int = 204, *, tls: bool = False) -> None:
        super().__init__(tls=tls)
        self.status = status
        self.statuses: list[int] = []
        self.delay = 0.0
        self.retry_after: str | None = None
        self.location: str | None = None
        self.date: str | None = None
        self.body = b""
        self.drop = False

    @property
    def url(self) -> str:
        return self.url_of("/notices")

    def answer(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        self.stopping.wait(self.delay)
        if self.drop:
            handler.close_connection = True
            return
        handler.send_response_only(self.statuses.pop(0) if self.statuses else self.status)
        stated = {"Retry-After": self.retry_after, "Location": self.location, "Date": self.date}
        for name, value in stated.items():
            if value is not None:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        handler.wfile.write(self.body)


@dataclass
class Page:
    """What a feed server has at one path."""

    data: bytes = b""
    status: int = 200
    content_type: str = "application/rss+xml; charset=utf-8"
    etag: str | None = None
    modified: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    packed: Literal["gzip", None] = None
    drip: float = 0.0  # seconds between single bytes of the body
    drip_head: float = 0.0  # the same for the headers
    endless: bytes = b""  # sent over and over, chunked, until the other side has had enough
    cut_after: int | None = None  # hangs up after so many bytes of the body


class FeedServer(_HttpServer):
    """A source's server: pages by path, conditional requests answered as the pages' stamps say."""

    def __init__(self, pages: Mapping[str, Page] | None = None, *, tls: bool = False) -> None:
        super().__init__(tls=tls)
        self.pages: dict[str, Page] = dict(pages or {})

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self.pages[path] = Page(status=status, headers={"Location": to})

    def answer(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        page = self.pages.get(request.path, Page(status=404))
        status, data = page.status, page.data
        if status == 200 and _same(page, request):
            status, data = 304, b""
        if page.packed == "gzip":
            data = gzip.compress(data)
        if page.drip_head:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: very\r\n" * 100:
                self._slowly(handler, bytes([byte]), page.drip_head)
        handler.send_response_only(status)
        handler.send_header("Content-Type", page.content_type)
        stamps = {"ETag": page.etag, "Last-Modified": page.modified}
        for name, value in {**stamps, **page.headers}.items():
            if value is not None:
                handler.send_header(name, value)
        if page.packed:
            handler.send_header("Content-Encoding", page.packed)
        if page.endless:
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            while not self.stopping.is_set():
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(page.endless), page.endless))
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        if page.drip:
            for byte in data:
                self._slowly(handler, bytes([byte]), page.drip)
        elif page.cut_after is not None:
            handler.wfile.write(data[: page.cut_after])
            handler.close_connection = True
        else:
            handler.wfile.write(data)

    def _slowly(self, handler: BaseHTTPRequestHandler, byte: bytes, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise ConnectionAbortedError
        handler.wfile.write(byte)


def _same(page: Page, request: Request) -> bool:
    if page.etag is not None and "if-none-match" in request.headers:
        return request.headers["if-none-match"] == page.etag
    return page.modified is not None and request.headers.get("if-modified-since") == page.modified


# Names and certificates


@dataclass
class FakeDns:
    """A resolver that answers from `names`; a list of lists is answered in turn, the last one for good."""

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.names:
            raise OSError(f"no such name: {host}")
        turns = self.names[host]
        return turns.pop(0) if len(turns) > 1 else turns[0]


class _Tls:
    server: ClassVar[ssl.SSLContext | None] = None


def server_tls() -> ssl.SSLContext:
    """The server's side, with a certificate for wire.example and localhost."""
    if _Tls.server is None:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(CERTIFICATE + KEY)
            file.flush()
            _Tls.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            _Tls.server.load_cert_chain(Path(file.name))
    return _Tls.server


def client_tls() -> ssl.SSLContext:
    """The client's side, which trusts that certificate and checks names."""
    return ssl.create_default_context(cadata=CERTIFICATE)


@contextmanager
def closed_port() -> Iterator[int]:
    """A port on loopback on which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextmanager
def answering_once(answer: bytes) -> Iterator[int]:
    """A port that answers its first connection with these bytes, whatever they are, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line, suppress(OSError):
                line.recv(65536)
                line.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


# Made for these tests and trusted by nothing else.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBujCCAWGgAwIBAgIUSTR9bVRI+2GjPfXrbhUn52TO7xowCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMd2lyZS5leGFtcGxlMCAXDTI2MTEyNTAwMjcwNloYDzIxMjYx
MTAxMDAyNzA2WjAXMRUwEwYDVQQDDAx3aXJlLmV4YW1wbGUwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQydr1mAIQQLb04d7mbJ5c7kvTVib1cl96G/pvayuyRlyUQ
W9Vfu6Xn5HSnqcQsHU+qn4K5Cp0tcP+g4HYRKl1Ho4GIMIGFMB0GA1UdDgQWBBQ7
yCKoeaUyHoE/XgbS/KgiLFn4nTAfBgNVHSMEGDAWgBQ7yCKoeaUyHoE/XgbS/Kgi
LFn4nTAiBgNVHREEGzAZggx3aXJlLmV4YW1wbGWCCWxvY2FsaG9zdDAPBgNVHRMB
Af8EBTADAQH/MA4GA1UdDwEB/wQEAwIChDAKBggqhkjOPQQDAgNHADBEAiAh+A8W
m3pIlsZNJm1Wxd63XpmPLYv6IWuoc8lpvFWEHQIgZ+9hOJ8xDvq5Pm7onh7uUPLs
5jzsqCZdS2RvclBznD4=
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgL0aKRoohIY4jlGAo
A7BI9ZZCLhxGoSA+8UAWMELC4nmhRANCAAQydr1mAIQQLb04d7mbJ5c7kvTVib1c
l96G/pvayuyRlyUQW9Vfu6Xn5HSnqcQsHU+qn4K5Cp0tcP+g4HYRKl1H
-----END PRIVATE KEY-----
"""
