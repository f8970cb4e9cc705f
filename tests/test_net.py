import base64
import gzip
import ipaddress
import json
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from desk import addresses
from desk.errors import AddressRefused, Invalid, TooLarge, Unreachable
from desk.net import Fetched, Fetcher, Handed, HttpFetcher, HttpPoster, Poster, check_address, is_public, sign
from tests.fakes import (
    FakeDns,
    FakeFetcher,
    FakePoster,
    FeedServer,
    Page,
    WebhookReceiver,
    answering_once,
    client_tls,
    closed_port,
)

LOOPBACK = ["127.0.0.1"]
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
RSS = b"<rss version='2.0'><channel><title>Wire</title></channel></rss>"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    with FeedServer({"/rss": Page(RSS, etag='"one"', modified="Tue, 24 Nov 2026 12:00:00 GMT")}) as feed:
        yield feed


@pytest.fixture
def poster() -> Iterator[HttpPoster]:
    poster = HttpPoster(private=True, timeout=3)
    yield poster
    poster.close()


@pytest.fixture
def fetcher() -> Iterator[HttpFetcher]:
    fetcher = HttpFetcher(private=True, timeout=3, max_bytes=200_000)
    yield fetcher
    fetcher.close()


# Which addresses


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.19.0.1",
        "224.0.0.251",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_of_the_public_internet_is_known_as_such(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "193.0.6.139", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_an_address_of_the_public_internet_passes(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses())
def test_nothing_is_public_that_the_standard_library_calls_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "64:ff9b::", "::"]))
def test_an_ipv4_address_within_an_ipv6_one_is_never_public(address: ipaddress.IPv4Address, prefix: str) -> None:
    assert not is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + int(address)))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://wire.example/rss", "begins with http:// or https://"),
        ("file:///etc/passwd", "begins with http:// or https://"),
        ("wire.example/rss", "begins with http:// or https://"),
        ("http://", "begins with http:// or https://"),
        ("", "begins with http:// or https://"),
        ("https://desk:secret@wire.example/", "Leave name and password out of the address of wire.example"),
        ("http://wire.example:port/", "not an address"),
        ("http://wire\x00.example/", "not an address"),
        ("http://" + "a" * 3000, "longer than 2000"),
        ("http://wire.example/" + "é" * 400, "longer than 2000"),
    ],
)
def test_an_address_that_cannot_be_talked_to_gets_its_own_sentence(url: str, sentence: str) -> None:
    with pytest.raises(AddressRefused, match=sentence) as refusal:
        check_address(url, private=True, dns=FakeDns(), field="webhook")
    assert refusal.value.field == "webhook"
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://017700000001/",
        "http://localhost:8000/",
        "http://0/",
    ],
)
def test_every_spelling_of_a_private_address_is_refused_unless_the_setting_allows_it(url: str) -> None:
    with pytest.raises(AddressRefused, match="private network"):
        check_address(url, private=False)
    assert check_address(url, private=True).addresses


def test_a_name_is_refused_when_only_one_of_its_addresses_is_private() -> None:
    dns = FakeDns({"wire.example": [["193.0.6.139", "10.0.0.7"]]})
    with pytest.raises(AddressRefused, match=r"wire\.example is in a private network"):
        check_address("https://wire.example/rss", private=False, dns=dns)


def test_a_checked_address_says_where_it_leads() -> None:
    dns = FakeDns({"xn--nws-bma.example": [["193.0.6.139"]]})
    resolved = check_address(" https://Néws.example/rss#top ", private=False, dns=dns)
    assert (resolved.host, resolved.port) == ("xn--nws-bma.example", 443)
    assert resolved.addresses == (ipaddress.ip_address("193.0.6.139"),)
    assert "#" not in resolved.url


@pytest.mark.parametrize("url", ["http://nowhere.example/", "http://" + "a" * 70 + ".example/"])
def test_a_name_that_nobody_knows_is_unreachable(url: str) -> None:
    with pytest.raises(Unreachable, match="No server was found"):
        check_address(url, private=False, dns=FakeDns())


def test_a_name_that_answers_differently_after_the_check_is_refused_at_the_connection(
    receiver: WebhookReceiver,
) -> None:
    dns = FakeDns({"licensee.example": [["193.0.6.139"], LOOPBACK]})
    url = receiver.url_of(host="licensee.example")
    assert check_address(url, private=False, dns=dns)
    poster = HttpPoster(private=False, timeout=3, dns=dns)
    handed = poster.post(url, b"{}", {})
    assert handed.outcome == "refused"
    assert "private network" in handed.said
    assert (receiver.requests, receiver.connections) == ([], 0)


def test_the_name_is_looked_up_once_and_the_certificate_is_checked_against_the_name() -> None:
    dns = FakeDns({"wire.example": [LOOPBACK, ["192.0.2.1"]], "other.example": [LOOPBACK]})
    with WebhookReceiver(tls=True) as receiver:
        poster = HttpPoster(private=True, timeout=3, dns=dns, tls=client_tls())
        assert poster.post(receiver.url_of(host="wire.example"), b"{}", {}).outcome == "taken"
        assert receiver.requests[0].headers["host"] == f"wire.example:{receiver.port}"
        wrong = poster.post(receiver.url_of(host="other.example"), b"{}", {})
        poster.close()
    assert dns.asked == ["wire.example", "other.example"]
    assert wrong.outcome == "later"
    assert "certificate" in wrong.said.lower()
    assert len(receiver.requests) == 1


def test_the_next_address_of_a_name_is_tried_when_the_first_does_not_answer(receiver: WebhookReceiver) -> None:
    dns = FakeDns({"licensee.example": [["127.0.0.2", "127.0.0.1"]]})
    poster = HttpPoster(private=True, timeout=3, dns=dns)
    assert poster.post(receiver.url_of(host="licensee.example"), b"{}", {}).outcome == "taken"
    poster.close()


# Webhooks


def test_a_signed_webhook_is_verified_by_the_standard_library_of_the_specification(
    receiver: WebhookReceiver, poster: HttpPoster
) -> None:
    body = json.dumps({"cause": "correction", "right": "Ödön"}).encode()
    stamp = int(datetime.now(UTC).timestamp())
    headers = {"Content-Type": "application/json", **sign(SECRET, "msg_2b", stamp, body)}
    assert poster.post(receiver.url, body, headers) == Handed("taken", "204 No Content")
    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/notices", body)
    assert standardwebhooks.Webhook(SECRET).verify(request.body, request.headers) == json.loads(body)


@given(st.binary(min_size=24, max_size=64), st.integers(0, 2**33), st.text())
def test_every_signature_equals_that_of_the_reference(key: bytes, stamp: int, text: str) -> None:
    try:
        body = text.encode()
    except UnicodeEncodeError:
        return
    secret = "whsec_" + base64.b64encode(key).decode()
    ours = sign(secret, "msg_1", stamp, body)
    theirs = standardwebhooks.Webhook(secret).sign("msg_1", datetime.fromtimestamp(stamp, UTC), body.decode())
    assert ours["webhook-signature"] == theirs
    assert ours["webhook-timestamp"] == str(stamp)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", SECRET.removeprefix("whsec_"), "whsec_é" * 9])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(Invalid, match="whsec_"):
        sign(secret, "msg_1", 0, b"")


@pytest.mark.parametrize("webhook_id", ["", "a.b", "a b", "a\n", "ä"])
def test_a_webhook_id_cannot_be_confused_with_what_is_signed_after_it(webhook_id: str) -> None:
    with pytest.raises(ValueError, match="webhook-id"):
        sign(SECRET, webhook_id, 0, b"")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "taken"), (202, "taken"), (301, "later"), (307, "later"), (404, "later"), (410, "gone"), (500, "later")],
)
def test_the_status_of_an_answer_decides_the_outcome(
    receiver: WebhookReceiver, poster: HttpPoster, status: int, outcome: str
) -> None:
    receiver.status, receiver.body = status, b"<h1>Sorry</h1>\n\x00we are closed"
    handed = poster.post(receiver.url, b"{}", {})
    assert handed.outcome == outcome
    assert handed.said.startswith(str(status))
    assert handed.said.endswith("<h1>Sorry</h1> we are closed") == (status >= 400)


def test_a_redirected_webhook_is_not_followed(receiver: WebhookReceiver, poster: HttpPoster) -> None:
    receiver.status, receiver.location = 301, receiver.url_of("/new")
    handed = poster.post(receiver.url, b"{}", {})
    assert (handed.outcome, len(receiver.requests)) == ("later", 1)
    assert handed.said == f"301 Moved Permanently: {receiver.location}"


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [
        (429, "120", 120),
        (503, "0", 0),
        (503, "Tue, 24 Nov 2026 12:02:30 GMT", 150),
        (503, "Tue, 24 Nov 2026 11:00:00 GMT", 0),
        (503, "999999999", 86400),
        (503, "soon", None),
        (503, "-5", None),
        (503, "Tue, 24 Nov 99999999999999999999 12:02:30 GMT", None),
        (500, "120", None),
        (429, None, None),
    ],
)
def test_retry_after_is_honoured_as_seconds_and_as_a_date(
    receiver: WebhookReceiver, poster: HttpPoster, status: int, value: str | None, seconds: int | None
) -> None:
    receiver.status, receiver.retry_after = status, value
    receiver.date = "Tue, 24 Nov 2026 12:00:00 GMT"
    handed = poster.post(receiver.url, b"{}", {})
    assert (handed.outcome, handed.retry_after) == ("later", seconds)


def test_a_private_receiver_is_refused_by_default(receiver: WebhookReceiver) -> None:
    handed = HttpPoster(private=False).post(receiver.url, b"{}", {})
    assert handed.outcome == "refused"
    assert "DESK_PRIVATE_ADDRESSES" in handed.said
    assert receiver.connections == 0


def test_a_receiver_that_is_down_slow_or_hangs_up_is_tried_again(receiver: WebhookReceiver) -> None:
    poster = HttpPoster(private=True, timeout=0.3)
    with closed_port() as port:
        down = poster.post(f"http://127.0.0.1:{port}/", b"", {})
    assert down.said.startswith(f"Nothing answers at 127.0.0.1:{port}: the connection was refused.")
    receiver.drop = True
    dropped = poster.post(receiver.url, b"{}", {})
    receiver.drop, receiver.delay = False, 30
    slow = poster.post(receiver.url, b"{}", {})
    unknown = HttpPoster(private=True, dns=FakeDns()).post("http://nowhere.example/", b"", {})
    poster.close()
    assert [handed.outcome for handed in (down, dropped, slow, unknown)] == ["later"] * 4
    assert dropped.said.endswith(" broke the connection off.")
    assert slow.said == "No answer within 0.3 s."
    assert unknown.said == "No server was found under the name nowhere.example."


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    with FeedServer({"/": Page(status=200, endless=b"x" * 65536)}) as feed:
        poster = HttpPoster(private=True, timeout=5)
        started = time.monotonic()
        assert poster.post(feed.url_of(), b"{}", {}).outcome == "taken"
        assert time.monotonic() - started < 2
        poster.close()


@pytest.mark.parametrize(
    ("page", "outcome"),
    [(Page(b"x" * 1000, drip=0.02), "taken"), (Page(b"x", drip_head=0.02), "later")],
    ids=["body", "head"],
)
def test_a_receiver_that_lets_its_answer_drip_does_not_stretch_the_time_a_hand_over_may_take(
    page: Page, outcome: str
) -> None:
    with FeedServer({"/notices": page}) as dripping:
        poster = HttpPoster(private=True, timeout=0.3)
        began = time.monotonic()
        assert poster.post(dripping.url_of("/notices"), b"{}", {}).outcome == outcome
        assert 0.2 < time.monotonic() - began < 1.5
        poster.close()


def test_a_receiver_that_takes_the_body_in_sips_does_not_stretch_that_time() -> None:
    with sipping(every=0.1) as port:
        poster = HttpPoster(private=True, timeout=0.4)
        began = time.monotonic()
        handed = poster.post(f"http://127.0.0.1:{port}/", b"x" * 20_000_000, {})
        assert time.monotonic() - began < 1.5
        poster.close()
    assert (handed.outcome, handed.said) == ("later", "No answer within 0.4 s.")


@contextmanager
def sipping(every: float) -> Iterator[int]:
    """A port whose server reads a little of what it is sent, then waits, over and over."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                while not stop.wait(every):
                    line.recv(200_000)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        stop.set()
        thread.join(5)


def test_several_posts_share_one_connection(receiver: WebhookReceiver, poster: HttpPoster) -> None:
    assert [poster.post(receiver.url, b"{}", {}).outcome for _ in range(3)] == ["taken"] * 3
    assert receiver.connections == 1


def test_the_fakes_in_memory_are_a_poster_and_a_fetcher() -> None:
    poster: Poster = (kept := FakePoster(answers=[Handed("later", "503")]))
    assert [poster.post("http://x/", b"1", {}).outcome for _ in range(2)] == ["later", "taken"]
    assert [post.body for post in kept.posts] == [b"1", b"1"]
    fetcher: Fetcher = FakeFetcher({"http://x/": Fetched("new", b"<rss/>"), "http://y/": TooLarge("Too large.")})
    assert fetcher.get("http://x/").data == b"<rss/>"
    with pytest.raises(TooLarge):
        fetcher.get("http://y/")


# Feeds


def test_a_feed_is_fetched_once_and_then_only_if_it_changed(feed: FeedServer, fetcher: HttpFetcher) -> None:
    first = fetcher.get(feed.url_of("/rss"))
    assert (first.status, first.data) == ("new", RSS)
    assert (first.content_type, first.charset) == ("application/rss+xml", "utf-8")
    assert (first.etag, first.modified) == ('"one"', "Tue, 24 Nov 2026 12:00:00 GMT")
    again = fetcher.get(feed.url_of("/rss"), etag=first.etag, modified=first.modified)
    assert (again.status, again.data) == ("unchanged", b"")
    assert (again.etag, again.modified) == (first.etag, first.modified)
    feed.pages["/rss"].etag = '"two"'
    assert fetcher.get(feed.url_of("/rss"), etag=again.etag, modified=again.modified).status == "new"
    by_date = fetcher.get(feed.url_of("/rss"), modified=first.modified)
    assert by_date.status == "unchanged"


def test_a_stamp_that_could_not_be_sent_back_is_not_kept_and_one_that_was_kept_is_not_sent(
    fetcher: HttpFetcher, feed: FeedServer
) -> None:
    odd = "Вт, 24 ноя 2026 13:00:00 GMT"
    head = f"HTTP/1.1 200 OK\r\nLast-Modified: {odd}\r\nETag: “v1”\r\nContent-Length: {len(RSS)}\r\n\r\n"
    with answering_once(head.encode() + RSS) as port:
        fetched = fetcher.get(f"http://127.0.0.1:{port}/rss")
    assert (fetched.status, fetched.etag, fetched.modified) == ("new", None, None)
    assert fetcher.get(feed.url_of("/rss"), etag="“v1”", modified=odd).status == "new"
    assert not {"if-none-match", "if-modified-since"} & {name.lower() for name in feed.requests[-1].headers}


def test_only_permanent_redirects_move_a_source(feed: FeedServer, fetcher: HttpFetcher) -> None:
    feed.redirect("/old", "/moved", 301)
    feed.redirect("/moved", feed.url_of("/today"), 308)
    feed.redirect("/today", "/rss", 302)
    fetched = fetcher.get(feed.url_of("/old"))
    assert (fetched.status, fetched.data) == ("new", RSS)
    assert fetched.moved_to == feed.url_of("/today")
    assert fetcher.get(feed.url_of("/today")).moved_to is None
    feed.redirect("/lost", "/nothing", 301)
    assert fetcher.get(feed.url_of("/lost")).moved_to is None


@pytest.mark.parametrize("to", ["http://inside.example/admin", "http://127.0.0.2/admin", "http://[::1]/"])
def test_a_redirect_into_the_private_network_is_refused_at_that_hop(
    feed: FeedServer, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    # For once the feed's own loopback address counts as public, and its neighbour as private.
    monkeypatch.setattr(addresses, "_NOT_PUBLIC_4", [ipaddress.ip_network("127.0.0.2/32")])
    dns = FakeDns({"wire.example": [LOOPBACK], "inside.example": [["127.0.0.2"]]})
    feed.redirect("/away", to)
    fetcher = HttpFetcher(private=False, timeout=3, dns=dns)
    assert fetcher.get(feed.url_of("/rss", host="wire.example")).status == "new"
    with pytest.raises(AddressRefused, match="private network"):
        fetcher.get(feed.url_of("/away", host="wire.example"))
    assert [request.path for request in feed.requests] == ["/rss", "/away"]
    fetcher.close()


@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://wire.example/", "http://a:b@wire.example/"])
def test_a_redirect_to_what_is_no_web_address_is_refused(feed: FeedServer, fetcher: HttpFetcher, to: str) -> None:
    feed.redirect("/away", to)
    with pytest.raises(AddressRefused):
        fetcher.get(feed.url_of("/away"))


def test_redirects_in_a_circle_end(feed: FeedServer, fetcher: HttpFetcher) -> None:
    feed.redirect("/circle", "/circle", 301)
    fetched = fetcher.get(feed.url_of("/circle"), etag='"one"')
    assert (fetched.status, fetched.said, fetched.etag) == ("later", "More than 5 redirects.", '"one"')
    assert len(feed.requests) == 6


@pytest.mark.parametrize(
    ("page", "status", "seconds"),
    [
        (Page(status=410), "gone", None),
        (Page(status=404), "later", None),
        (Page(status=304), "later", None),
        (Page(status=301), "later", None),
        (Page(status=503, headers={"Retry-After": "600"}), "later", 600),
        (Page(status=429, headers={"Retry-After": "7"}), "later", 7),
        (Page(RSS, cut_after=10), "later", None),
        (Page(RSS, headers={"Content-Encoding": "br"}), "later", None),
        (Page(RSS, headers={"Content-Encoding": "gzip"}), "later", None),
        (Page(gzip.compress(RSS)[:-6], headers={"Content-Encoding": "gzip"}), "later", None),
    ],
)
def test_what_a_source_cannot_give_now_is_said(
    feed: FeedServer, fetcher: HttpFetcher, page: Page, status: str, seconds: int | None
) -> None:
    feed.pages["/other"] = page
    fetched = fetcher.get(feed.url_of("/other"))
    assert (fetched.status, fetched.data, fetched.retry_after) == (status, b"", seconds)
    assert fetched.said


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (gzip.compress(RSS, mtime=0), "gzip"),
        (gzip.compress(RSS[:9], mtime=0) + gzip.compress(RSS[9:], mtime=0), "x-gzip"),
        (gzip.compress(RSS, mtime=0) + b"\0" * 512, "gzip"),
        (zlib.compress(RSS), "deflate"),
        (zlib.compress(RSS)[2:-4], "deflate"),
        (RSS, "identity"),
        (b"", "gzip"),
    ],
)
def test_packed_feeds_are_unpacked(feed: FeedServer, fetcher: HttpFetcher, packed: bytes, coding: str) -> None:
    feed.pages["/packed"] = Page(packed, headers={"Content-Encoding": coding})
    assert fetcher.get(feed.url_of("/packed")).data == (RSS if packed else b"")
    assert "gzip" in feed.requests[0].headers["accept-encoding"]


def test_a_gzip_bomb_is_too_large(feed: FeedServer, fetcher: HttpFetcher) -> None:
    feed.pages["/bomb"] = Page(b"\0" * 50_000_000, packed="gzip")
    with pytest.raises(TooLarge, match="200000 bytes"):
        fetcher.get(feed.url_of("/bomb"))


def test_a_feed_without_end_and_one_that_says_so_beforehand_are_too_large(
    feed: FeedServer, fetcher: HttpFetcher
) -> None:
    feed.pages["/endless"] = Page(endless=b"x" * 10_000)
    feed.pages["/long"] = Page(b"x" * 200_001)
    feed.pages["/just"] = Page(b"x" * 200_000)
    for path in ("/endless", "/long"):
        with pytest.raises(TooLarge):
            fetcher.get(feed.url_of(path))
    assert len(fetcher.get(feed.url_of("/just")).data) == 200_000


@pytest.mark.parametrize("page", [Page(RSS, drip=0.02), Page(RSS, drip_head=0.02)], ids=["body", "headers"])
def test_a_server_that_lets_bytes_drip_is_cut_by_the_total_time(feed: FeedServer, page: Page) -> None:
    feed.pages["/slow"] = page
    fetcher = HttpFetcher(private=True, timeout=0.3)
    started = time.monotonic()
    fetched = fetcher.get(feed.url_of("/slow"))
    assert time.monotonic() - started < 1
    assert (fetched.status, fetched.said) == ("later", "No answer within 0.3 s.")
    fetcher.close()


def test_a_resolver_that_hangs_is_cut_by_the_total_time() -> None:
    fetcher = HttpFetcher(private=True, timeout=0.2, dns=lambda host, port: time.sleep(1) or LOOPBACK)  # type: ignore[func-returns-value]  # sleep answers None
    started = time.monotonic()
    assert fetcher.get("http://wire.example/").status == "later"
    assert time.monotonic() - started < 0.8


def test_a_private_source_is_refused_by_default(feed: FeedServer) -> None:
    with pytest.raises(AddressRefused, match="private network"):
        HttpFetcher(private=False).get(feed.url_of("/rss"))
    assert feed.connections == 0


@given(st.binary(max_size=400), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 F\r\nLocation: "]))
def test_no_bytes_from_a_server_raise_anything_unforeseen(answer: bytes, head: bytes) -> None:
    with answering_once(head + answer) as port:
        fetcher = HttpFetcher(private=True, timeout=2, max_bytes=1000, tls=client_tls())
        with suppress(AddressRefused, TooLarge):
            assert fetcher.get(f"http://127.0.0.1:{port}/").status in ("new", "gone", "later")
        fetcher.close()
