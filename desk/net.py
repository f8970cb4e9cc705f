"""The way out: how this desk hands over mails and webhooks and fetches feeds.

The two Protocols stand for the world outside: the workers are given a Mailer, a Poster and a Fetcher, and only
the entry points make the real ones. What may be connected to is decided in `desk/addresses.py`.
"""

import base64
import binascii
import hashlib
import hmac
import re
import ssl
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal, Protocol

import httpcore
import httpx

from desk import trouble
from desk.addresses import Dns, guarded_pool, parse, seconds_left, system_dns, time_limit
from desk.addresses import Resolved as Resolved
from desk.addresses import check_address as check_address
from desk.addresses import is_public as is_public
from desk.errors import AddressRefused, Invalid, TooLarge, Unreachable
from desk.trouble import one_line as one_line

Outcome = Literal["taken", "later", "refused", "gone", "unknown"]

DAY = 24 * 60 * 60
REPLY_BYTES = 64 * 1024
AGENT = "Dateline"

# What can go wrong on the way and may go right the next time.
_FAILURES = (Unreachable, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


@dataclass(frozen=True)
class Handed:
    """How one hand-over ended.

    `taken`: the other side has it. `later`: try again. `refused`: never for this message. `gone`: never again
    to this address. `unknown`: all was sent and nothing answered, so that it may or may not have been taken.
    `said` is what the server answered, one line of at most 300 characters; `retry_after` is in seconds.
    """

    outcome: Outcome
    said: str = ""
    retry_after: int | None = None


class Mailer(Protocol):
    def send(self, wire: bytes, *, sender: str, to: str) -> Handed:
        """Hand one finished message to the mail server; expected failures are outcomes, never raised."""


class Poster(Protocol):
    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Handed:
        """Hand one body to a webhook; expected failures are outcomes, never raised."""


@dataclass(frozen=True)
class Fetched:
    """What a source answered.

    `etag` and `modified` are for the next request; `moved_to` is where the source lives from now on (only
    permanent redirects count); `retry_after` is in seconds; `said` tells a person why it is `later`.
    """

    status: Literal["new", "unchanged", "gone", "later"]
    data: bytes = b""
    etag: str | None = None
    modified: str | None = None
    charset: str | None = None
    content_type: str | None = None
    moved_to: str | None = None
    retry_after: int | None = None
    said: str = ""


class Fetcher(Protocol):
    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Fetched:
        """Fetch a source if it changed. Raises AddressRefused and TooLarge; other failures are `later`."""


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0.0 for one attempt.

    `secret` is `whsec_` and the base64 of 24 to 64 bytes (Invalid if not); `timestamp` is the attempt's, in
    seconds since 1970; `webhook_id` stays the same over all attempts, so that a receiver can drop a repeat.
    """
    if not re.fullmatch(r"[!-\-/-~]+", webhook_id):
        raise ValueError(f"a webhook-id is visible ASCII without full stops: {webhook_id!r}")
    signed = b"%b.%d.%b" % (webhook_id.encode("ascii"), timestamp, body)
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(digest).decode("ascii"),
    }


class HttpPoster:
    """Webhooks over one pool of connections; safe to share between threads, made after a fork.

    A redirect is a failure (Standard Webhooks), 410 means `gone`, the Retry-After of 429 and 503 is honoured.
    At most 64 kB of the answer are read, and `timeout` seconds are all that a hand-over may take. An address
    that may not be talked to is `refused`.
    """

    def __init__(
        self, *, private: bool, timeout: float = 15.0, tls: ssl.SSLContext | None = None, dns: Dns = system_dns
    ) -> None:
        self._timeout = timeout
        self._pool = guarded_pool(private=private, tls=tls, dns=dns, connections=64)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Handed:
        lines = {"User-Agent": AGENT, "Accept-Encoding": "identity", **headers}
        with time_limit(self._timeout):
            try:
                with _asking(self._pool, "POST", parse(url), lines, body) as answer:
                    return _judge(answer)
            except AddressRefused as error:
                return Handed("refused", one_line(str(error)))
            except _FAILURES as error:
                return Handed("later", _why(error, self._timeout))

    def close(self) -> None:
        self._pool.close()


class HttpFetcher:
    """Feeds by GET: asks only for what changed, follows redirects with every hop checked, unpacks gzip and
    deflate; `max_bytes` counts after unpacking, and `timeout` seconds cover the whole chain."""

    def __init__(
        self,
        *,
        private: bool,
        max_bytes: int = 10_000_000,
        timeout: float = 30.0,
        max_redirects: int = 5,
        tls: ssl.SSLContext | None = None,
        dns: Dns = system_dns,
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._max_redirects = max_redirects
        self._pool = guarded_pool(private=private, tls=tls, dns=dns, connections=32)

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Fetched:
        with time_limit(self._timeout):
            try:
                return self._follow(parse(url), etag, modified)
            except _FAILURES as error:
                return Fetched("later", etag=etag, modified=modified, said=_why(error, self._timeout))

    def close(self) -> None:
        self._pool.close()

    def _follow(self, target: httpx.URL, etag: str | None, modified: str | None) -> Fetched:
        lines = {
            "User-Agent": AGENT,
            "Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5",
            "Accept-Encoding": "gzip, deflate",
        }
        if etag and _can_be_sent(etag):
            lines["If-None-Match"] = etag
        if modified and _can_be_sent(modified):
            lines["If-Modified-Since"] = modified
        moved_to, for_good = None, True
        for _hop in range(self._max_redirects + 1):
            with _asking(self._pool, "GET", target, lines) as answer:
                location = answer.headers.get("location")
                if answer.status not in (301, 302, 303, 307, 308) or not location:
                    return self._read(answer, etag, modified, moved_to)
                for_good = for_good and answer.status in (301, 308)
            target = _next_hop(target, location)
            moved_to = str(target) if for_good else moved_to
        return Fetched("later", etag=etag, modified=modified, said=f"More than {self._max_redirects} redirects.")

    def _read(self, answer: "_Answer", etag: str | None, modified: str | None, moved_to: str | None) -> Fetched:
        if answer.status == 410:
            return Fetched("gone", said=answer.line)
        if answer.status == 304 and (etag or modified):
            etag = answer.stamp("etag") or etag
            modified = answer.stamp("last-modified") or modified
            return Fetched("unchanged", etag=etag, modified=modified, moved_to=moved_to, said=answer.line)
        if answer.status != 200:
            said = trouble.status(answer.line, answer.status)
            return Fetched("later", etag=etag, modified=modified, retry_after=answer.retry_after, said=said)
        kind = answer.headers.get("content-type", "")
        charset = re.search(r"charset\s*=\s*[\"']?([^\s;\"']+)", kind, re.IGNORECASE)
        return Fetched(
            "new",
            data=_body(answer, self._max_bytes),
            etag=answer.stamp("etag"),
            modified=answer.stamp("last-modified"),
            charset=charset[1].lower()[:40] if charset else None,
            content_type=kind.partition(";")[0].strip().lower()[:100] or None,
            moved_to=moved_to,
            said=answer.line,
        )


# The parts of an exchange


@dataclass(frozen=True)
class _Answer:
    status: int
    line: str
    headers: httpx.Headers
    chunks: Iterator[bytes]

    @property
    def retry_after(self) -> int | None:
        """The Retry-After of a 429 or 503 in seconds, a day at most; a date counts from the server's own."""
        value = self.headers.get("retry-after", "").strip() if self.status in (429, 503) else ""
        if re.fullmatch(r"[0-9]{1,9}", value):
            return min(int(value), DAY)
        try:
            wait = parsedate_to_datetime(value) - parsedate_to_datetime(self.headers.get("date", ""))
        except (ValueError, TypeError, OverflowError):  # TypeError: one of them names no zone
            return None
        return min(max(int(wait.total_seconds()), 0), DAY)

    def stamp(self, name: str) -> str | None:
        value: str | None = self.headers.get(name)
        return value if value and _can_be_sent(value) else None


def _can_be_sent(stamp: str) -> bool:
    """Whether what a server sent as ETag or Last-Modified can go back to it as it came."""
    return re.fullmatch(r"[ -~]{1,255}", stamp) is not None


@contextmanager
def _asking(
    pool: httpcore.ConnectionPool,
    method: str,
    target: httpx.URL,
    lines: Mapping[str, str],
    body: bytes | None = None,
) -> Iterator[_Answer]:
    url = httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path)
    headers = [(b"Host", target.netloc)]
    headers += [(name.encode("ascii"), value.encode("latin-1")) for name, value in lines.items()]
    left = seconds_left()
    timeouts = {"connect": left, "read": left, "write": left, "pool": left}
    try:
        with pool.stream(method, url, headers=headers, content=body, extensions={"timeout": timeouts}) as response:
            reason = response.extensions.get("reason_phrase", b"").decode("latin-1")
            line = one_line(f"{response.status} {reason}")
            yield _Answer(response.status, line, httpx.Headers(response.headers), response.iter_stream())
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        port = target.port or (443 if target.scheme == "https" else 80)
        raise trouble.of(error, f"{target.host}:{port}") from error


def _judge(answer: _Answer) -> Handed:
    said = f"{answer.line}: {answer.headers.get('location', '')}" if 300 <= answer.status < 400 else answer.line
    read = bytearray()
    try:
        for chunk in answer.chunks:
            read += chunk
            if len(read) > REPLY_BYTES:
                break
    except _FAILURES:
        read.clear()  # the status has been given; what came after it decides nothing
    if answer.status >= 400 and read:
        said = f"{said}: {read[:2000].decode('utf-8', 'replace')}"
    if 200 <= answer.status < 300:
        return Handed("taken", one_line(said))
    if answer.status == 410:
        return Handed("gone", one_line(said))
    return Handed("later", one_line(said), answer.retry_after)


def _body(answer: _Answer, limit: int) -> bytes:
    declared = answer.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    coding = answer.headers.get("content-encoding", "").strip().lower() or "identity"
    if coding == "identity":
        pieces: Iterator[bytes] = answer.chunks
    elif coding in ("gzip", "x-gzip", "deflate"):
        pieces = _unpacked(answer.chunks, limit)
    else:
        raise Unreachable("The answer is packed in a way that was not asked for: %(coding)s.", coding=coding)
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _unpacked(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Unpack gzip (of one or more members) and deflate, never more than a little over `limit` at a time."""
    packed = 0
    unpacker = None
    try:
        for chunk in chunks:
            packed += len(chunk)
            if packed > limit:
                raise _too_large(limit)
            rest = chunk
            while rest:
                seconds_left()
                if unpacker is None or (unpacker.eof and rest[0] == 0x1F):
                    unpacker = zlib.decompressobj(_window(rest))
                if unpacker.eof:
                    break  # what follows the last member is padding
                yield unpacker.decompress(rest, limit + 1)
                rest = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error:
        raise Unreachable("The answer could not be unpacked.") from None
    if unpacker is not None and not unpacker.eof:
        raise Unreachable("The answer broke off.")


def _window(start: bytes) -> int:
    if start[0] == 0x1F:
        return zlib.MAX_WBITS | 16
    # "deflate" means zlib's format, but some servers leave its header away; its first nibble tells.
    return zlib.MAX_WBITS if start[0] & 0x0F == 8 else -zlib.MAX_WBITS


def _too_large(limit: int) -> TooLarge:
    return TooLarge("The answer is larger than %(limit)s bytes.", limit=limit)


def _why(error: Exception, timeout: float) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return f"No answer within {timeout:g} s."
    return one_line(str(error))


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise Invalid("A webhook secret is “whsec_” and the base64 of 24 to 64 bytes.", field="secret")
    return key


def _next_hop(target: httpx.URL, location: str) -> httpx.URL:
    try:
        return parse(str(target.join(location)))
    except httpx.InvalidURL:
        raise Unreachable("It redirects to what is not an address: %(url)s", url=location) from None
